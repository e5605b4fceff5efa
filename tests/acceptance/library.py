"""Real code that nobody here wrote: a library's source distribution, by pip as it is configured."""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest

NAME, VERSION = "idna", "3.10"
DIGEST = "12f65c9b470abda6dc35cf8e63cc574b1c52b11df2c86030af0ac09b01b13ea9"
LIMIT_S = 300.0


def unpack(target: Path) -> None:
    """The library's source tree at `target`, which must not be there yet."""
    folder = target.with_name(f"{NAME}-{VERSION}")
    with tarfile.open(_archive()) as archive:
        archive.extractall(target.parent)  # noqa: S202 (its digest is known)
    folder.rename(target)


def _archive() -> Path:
    """The source distribution, fetched once a machine into the person's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    kept = Path(base, "ropewalk-tests", f"{NAME}-{VERSION}.tar.gz")
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            _download(folder).replace(kept)
    found = hashlib.sha256(kept.read_bytes()).hexdigest()
    assert found == DIGEST, f"{kept} is not {NAME} {VERSION} as published: delete it"
    return kept


def _download(folder: str) -> Path:
    words = ["download", "--quiet", "--no-binary", ":all:", "--no-deps", "--dest", folder]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *words, f"{NAME}=={VERSION}"],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode:
        pytest.fail(
            f"The acceptance test needs {NAME} {VERSION} from the package index once, and pip could "
            f"not fetch its source distribution:\n{done.stderr}",
            pytrace=False,
        )
    return next(Path(folder).glob("*.tar.gz"))

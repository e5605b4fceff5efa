"""The wheel alone, away from the checkout: everything that a race needs is inside."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.person import Person

ROOT = Path(__file__).parents[2]
LIMIT_S = 110.0

pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `pip wheel` builds it, from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(source))
    return next(folder.glob("ropewalk-*.whl"))


@pytest.fixture
def ann(wheel: Path, tmp_path: Path) -> Iterator[Person]:
    """Somebody who installed the wheel, beside the dependencies that this environment has."""
    environment = tmp_path / "venv"
    call(sys.executable, "-m", "venv", "--without-pip", str(environment))
    python = environment / "bin" / "python"
    pip("--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    site = Path(call(str(python), "-c", "import ropewalk; print(ropewalk.__path__[0])").strip())
    (site.parent / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    place = tmp_path / "ann"
    place.mkdir()
    person = Person(place, program=[str(environment / "bin" / "ropewalk")], environment={})
    person.begins({"a.py": "x = 1\n", "test_a.py": TEST})
    try:
        yield person
    finally:
        person.leaves()


TEST = "import a\n\n\ndef test_x():\n    assert a.x == 2\n"


def pip(*words: str) -> None:
    call(sys.executable, "-m", "pip", "--quiet", *words)


def call(*argv: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        argv, cwd="/", env=kept, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert done.returncode == 0, f"{argv}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_what_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        mode = archive.getinfo("ropewalk/runner/shell/bin/git").external_attr >> 16
    there = {
        str(one.relative_to(ROOT / "src"))
        for pattern in ("*.py", "data/*", "runner/shell/**/*")
        for one in (ROOT / "src" / "ropewalk").rglob(pattern)
        if one.is_file()
    }
    assert mode & 0o111 == 0o111
    assert there <= names
    assert "ropewalk/py.typed" in names
    assert {name.partition("/")[0] for name in names} == {"ropewalk", dist_info(names)}


def dist_info(names: set[str]) -> str:
    return next(name.partition("/")[0] for name in names if ".dist-info/" in name)


def test_a_race_with_the_installed_program(ann: Person) -> None:
    assert re.fullmatch(r"ropewalk \d+\.\d+\.\d+\S*\n", ann.sees("--version"))
    brief = "Set x to 2\n#1:\nwrite a.py x = 2\n#2:\nwrite a.py x = 3"
    ann.sees("run", "-n", "2", "--agent", "scripted", "--trust", "--yes", brief)
    found = ann.reads("compare", "1")
    assert [(row["alias"], row["why"]) for row in found["rows"]] == [
        ("1.1", "all checks, fixes the failing one"),
        ("1.2", "pytest fails"),
    ]
    ann.sees("merge", "1.1")
    assert (ann.repo / "a.py").read_text() == "x = 2\n"
    daemon = Path(f"/proc/{ann.daemon()}/cmdline").read_bytes().split(b"\0")
    assert daemon[0].startswith(os.fsencode(ann.program[0]).removesuffix(b"ropewalk"))

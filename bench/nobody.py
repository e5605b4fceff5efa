"""A benchmark as a user without privileges: started early, told when it is its turn."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534
PREPARED = "prepared"
LIMIT_S = 3600.0
Figures = dict[str, float | int]


class Nobody:
    """The other user's benchmark; none where there is no process."""

    def __init__(self, process: subprocess.Popen[str] | None) -> None:
        """`process` says `prepared`, waits for a line, and prints its figures as its last line."""
        self._process = process

    def prepared(self) -> None:
        """Wait until it rests."""
        if self._process and self._process.stdout:
            self._process.stdout.readline()

    def figures(self) -> Figures:
        """Let it measure. Empty, and said, where it cannot be."""
        if not self._process:
            return {}
        out, _ = self._process.communicate("go\n", timeout=LIMIT_S)
        if self._process.returncode:
            print(f"SKIPPED rootless: it failed as user {NOBODY}", file=sys.stderr)
            return {}
        return json.loads(out.splitlines()[-1])


@contextmanager
def nobody(module: str, *words: str) -> Iterator[Nobody]:
    """A benchmark module as that user, with a home of its own."""
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if os.geteuid() != 0:
        print("rootless: you are no root, so the figures are those already", file=sys.stderr)
        yield Nobody(None)
    elif not python or not shutil.which("setpriv"):
        print("SKIPPED rootless: no python3 in /usr/bin, or no setpriv", file=sys.stderr)
        yield Nobody(None)
    else:
        room = _room()
        process = _started(python, room, module, *words)
        try:
            yield Nobody(process)
        finally:
            process.kill()
            process.communicate()
            shutil.rmtree(room, ignore_errors=True)


def _room() -> Path:
    """A home."""
    room = Path(tempfile.mkdtemp(prefix="ropewalk-bench-"))
    room.chmod(0o755)
    (room / ".gitconfig").write_text("[safe]\n\tdirectory = *\n")
    os.chown(room, NOBODY, NOBODY)
    return room


def _started(python: str, room: Path, module: str, *words: str) -> subprocess.Popen[str]:
    paths = [str(Path(__file__).parents[1]), *(one for one in sys.path if one)]
    paths.append(sysconfig.get_path("purelib"))
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return subprocess.Popen(
        [*become, python, "-m", module, *words],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(room),
            "TMPDIR": str(room),
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

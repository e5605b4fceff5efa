"""Runs in a box, started by real runners, as root and as a user without privileges."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ropewalk.core.box import Box
from ropewalk.core.codec import dump
from ropewalk.core.records import Exit, Limits
from ropewalk.hosts.folder import RunFolder
from ropewalk.hosts.launch import SCRIPT
from ropewalk.ports import RunSpec

NOBODY = 65534
PATIENCE_S = 15.0
PATH = "/usr/local/bin:/usr/bin:/bin"
START = """
import json, os, sys
from ropewalk.runner import linux, start
if (user := int(sys.argv[1])) != os.geteuid():
    os.setgroups([]); os.setgid(user); os.setuid(user)
    linux._prctl(4, 1)  # as after an exec by that user
start._become(json.loads(sys.argv[2])) if os.fork() == 0 else None
"""


class Boxed:
    """A home, a workspace and a secret of a user, who starts runs in boxes."""

    def __init__(self, *, root: bool, overlay: bool = True) -> None:
        """`root` False: as a user without privileges, also when the tests are root's."""
        self.user = 0 if root else (os.geteuid() or NOBODY)
        self.top = Path(tempfile.mkdtemp(prefix="rw-box-", dir="/var/tmp"))
        self.top.chmod(0o755)
        self.home, self.runs = self.top / "person", self.top / "runs"
        self.secret = self.write(self.home / ".ssh/id_rsa", "SECRET\n", 0o600)
        self.runs.mkdir()
        self.workspace = self.top / "at/tree"
        self.workspace.mkdir(parents=True)
        self.mount = self._overlay() if overlay else None
        self.box = Box(rung="full", home=str(self.home))
        self.join: dict[str, int] = {}
        self.hidden: dict[str, str] = {}
        self._count = 0
        self.give()

    def _overlay(self) -> dict[str, object]:
        for name in ("lower", "ws/upper", "ws/work"):
            (self.top / name).mkdir(parents=True)
        self.write(self.top / "lower/file", "of the base\n")
        paths = {one: str(self.top / "ws" / one) for one in ("upper", "work", "lock")}
        return {"at": str(self.workspace), "lower": [str(self.top / "lower")], **paths}

    def write(self, path: Path, text: str, mode: int = 0o644) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def give(self) -> None:
        """Let all of it be the user's."""
        if os.geteuid() != self.user:
            for one in (self.top, *self.top.rglob("*")):
                os.chown(one, self.user, self.user, follow_symlinks=False)

    def spec(self, *argv: str, **more) -> RunSpec:
        self._count += 1
        environment = {"PATH": PATH, "HOME": str(self.home), **more.pop("environment", {})}
        known = {"id": f"r{self._count}", "epoch": 1, "cwd": str(self.workspace), "workspace": "w"}
        known |= {"environment": environment, "limits": Limits(), "box": self.box, "stdin": False}
        return RunSpec(argv=argv, **{**known, **more})

    def start(self, spec: RunSpec) -> RunFolder:
        """Start it. OSError: it was refused."""
        folder = RunFolder(self.runs, spec.id)
        order = {"spec": dump(spec), "folder": str(folder.path), "mount": self.mount}
        done = subprocess.run(
            [sys.executable, "-c", START, str(self.user), json.dumps(self.join)],
            pass_fds=list(self.join.values()),
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=PATIENCE_S,
            env={"PYTHONPATH": str(Path(SCRIPT).parents[2]), "PATH": PATH, **self.hidden},
            check=False,
        )
        assert done.stdout, done.stderr.decode() + self.log(folder)
        answer = json.loads(done.stdout)
        if not answer["ok"]:
            raise OSError(answer["message"])
        return folder

    def log(self, folder: RunFolder) -> str:
        with suppress(OSError):
            return (folder.path / "runner.log").read_text()
        return ""

    def finish(self, folder: RunFolder) -> tuple[str, Exit]:
        """Wait for its end; what it said on standard output, then on error, and how it ended."""
        until = time.monotonic() + PATIENCE_S
        while folder.alive():
            assert time.monotonic() < until, self.log(folder)
            time.sleep(0.01)
        over, _ = folder.exit()
        frames = [one for part in folder.frames(0) for one in part]
        both = [
            [one.payload for one in frames if one.kind == kind] for kind in ("stdout", "stderr")
        ]
        said = b"".join(b"".join(one) for one in both)
        assert over, said.decode() + self.log(folder)
        return said.decode("utf-8", "replace"), over

    def sh(self, script: str, **more) -> str:
        """What a shell script says in a box."""
        return self.finish(self.start(self.spec("sh", "-c", script, **more)))[0]

    def python(self, script: str, *words: str, **more) -> str:
        """The same of a program in Python, of the system's."""
        argv = ("/usr/bin/python3", "-I", "-S", "-c", script, *words)
        return self.finish(self.start(self.spec(*argv, **more)))[0]

    def without(self) -> dict[str, Box | None]:
        """For a run that is in no box."""
        return {"box": None}

    def change(self, **more) -> None:
        """Of the box of runs that are started from now on."""
        self.box = replace(self.box, **more)

    def end(self) -> None:
        """Kill what lives, and remove all."""
        for path in self.runs.glob("*/run.json"):
            with suppress(OSError, ValueError):
                if RunFolder(self.runs, path.parent.name).alive():
                    os.kill(json.loads(path.read_text())["pid"], signal.SIGKILL)
        work = self.top / "ws/work/work"
        if work.exists():
            work.chmod(0o700)
        shutil.rmtree(self.top)

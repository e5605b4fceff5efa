"""Somebody at a terminal: a repository, an instance of their own, and the program as they type it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.machine import HANDED_ON

SOURCE = Path(__file__).parents[1] / "src"
LIMIT_S = 90.0


class Person:
    """`place` holds all that is theirs. `program` is what `ropewalk` is to them."""

    def __init__(
        self,
        place: Path,
        *,
        program: Sequence[str] = (sys.executable, "-m", "ropewalk"),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.place, self.program = place, tuple(program)
        self.home, self.repo = place / "state", place / "repo"
        self.environment = {
            "HOME": str(place),
            "ROPEWALK_HOME": str(self.home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            **HANDED_ON,
            **({"PYTHONPATH": str(SOURCE)} if environment is None else environment),
        }

    def begins(self, files: Mapping[str, str] | None = None) -> None:
        """A repository of these files, or of those that are there."""
        self.repo.mkdir(exist_ok=True)
        for name, text in (files or {}).items():
            (self.repo / name).write_text(text)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ann")
        self.git("config", "user.email", "ann@example.org")
        self.git("add", "-A")
        self.git("commit", "-qm", "First")

    def git(self, *words: str) -> str:
        done = self.call("git", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def types(self, *words: str, text: str = "") -> "subprocess.CompletedProcess[str]":
        return self.call(*self.program, *words, text=text)

    def sees(self, *words: str, code: int = 0) -> str:
        """What a command says that ends with `code`."""
        done = self.types(*words)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def reads(self, *words: str) -> Any:
        """The JSON of a command."""
        return json.loads(self.sees(*words, "--json"))

    def call(self, *argv: str, text: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            argv,
            cwd=self.repo if self.repo.exists() else self.place,
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )

    def daemon(self) -> int:
        """The process of the host daemon; 0 if there is none."""
        try:
            return int((self.home / "host" / "host.lock").read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def leaves(self) -> None:
        """Ends all that was started: agents, hub, host daemon."""
        hub = self.reads("hub", "status").get("pid", 0)
        daemon = self.daemon()
        if hub:
            self.types("stop", "--all")
            self.sees("hub", "stop")
        until(lambda: not alive(hub), "the hub's end")
        with contextlib.suppress(ProcessLookupError):
            if alive(daemon):
                os.kill(daemon, signal.SIGTERM)
        until(lambda: not alive(daemon), "the host daemon's end")
        for about in self.home.glob("host/runs/*/run.json"):
            runner = json.loads(about.read_text())["pid"]
            if alive(runner) and b"runner" in Path(f"/proc/{runner}/cmdline").read_bytes():
                os.kill(runner, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether it runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(condition: Any, what: str, limit_s: float = 60.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)

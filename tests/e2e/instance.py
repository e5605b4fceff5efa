"""A whole instance as a person has it: the real program on a home of its own, and its end.

`Instance` runs the command line in a subprocess, waits for conditions, and afterwards ends every process
that belongs to its home, by id, and asserts that none is left.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.machine import HANDED_ON

SOURCE = Path(__file__).parents[2] / "src"
LIMIT_S = 60.0
STATE = str(Path(tempfile.gettempdir(), f"ropewalk-tests-{os.getuid()}"))
"""Where the instances of all tests agree on ports, though each has a person's directory of its own."""

T = TypeVar("T")


@dataclass(frozen=True)
class Said:
    """What one call of the program came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def __str__(self) -> str:
        return f"exit {self.code}\n{self.out}{self.err}"


class Instance:
    """One home, and whoever types there."""

    def __init__(self, home: Path, *, source: Path = SOURCE, **environment: str) -> None:
        """`source` is the program's; `environment` is added to that of every call."""
        self.home, self.source = home, source
        self.person = home.parent / f"{home.name}-person"
        self.person.mkdir(parents=True, exist_ok=True)
        self._environment = environment

    def environment(self, **more: str) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {
            "PATH": path,
            "PYTHONPATH": str(self.source),
            "HOME": str(self.person),
            "ROPEWALK_HOME": str(self.home),
            "XDG_STATE_HOME": STATE,
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "GIT_CONFIG_NOSYSTEM": "1",
            "PYTHONWARNINGS": "error",
            **HANDED_ON,
            **self._environment,
            **more,
        }

    def types(self, *words: str, at: Path, text: str = "", limit_s: float = LIMIT_S) -> Said:
        """A command line typed in a directory, without a terminal."""
        done = subprocess.run(
            [sys.executable, "-m", "ropewalk", *words],
            cwd=at,
            env=self.environment(),
            input=text.encode(),
            capture_output=True,
            timeout=limit_s,
            check=False,
        )
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    def does(self, *words: str, at: Path, text: str = "") -> Said:
        """The same, and it goes well."""
        said = self.types(*words, at=at, text=text)
        assert said.code == 0, f"{words}: {said}"
        return said

    def asks(self, *words: str, at: Path) -> Any:
        """The JSON of a command that goes well."""
        return self.does(*words, "--json", at=at).json

    def starts(self, *words: str, at: Path, text: str = "") -> Any:
        """A task, detached and agreed to; its JSON."""
        said = self.does("run", "--detach", "--json", "--yes", "--trust", *words, at=at, text=text)
        return said.json

    def attempt(self, alias: str, at: Path) -> Any:
        return self.asks("show", alias, at=at)

    def reads(self, file: str, alias: str, at: Path) -> str:
        """A file of a workspace, as a person sees it there."""
        return self.does("shell", alias, "--", "cat", file, at=at).out

    def writes(self, file: str, text: str, alias: str, at: Path) -> None:
        """A person's own edit in a workspace."""
        self.does("shell", alias, "--", "sh", "-c", 'printf %s "$1" > "$2"', "-", text, file, at=at)

    def until(self, alias: str, good: Callable[[Any], bool], at: Path) -> Any:
        """The attempt, once it is so."""
        return until(lambda: found if good(found := self.attempt(alias, at)) else None, alias)

    # --- processes

    def processes(self) -> set[int]:
        """Every process whose directory, environment, command or open files lie in this home."""
        mine = os.fsencode(self.home)
        return {pid for pid in every_pid() if pid != os.getpid() and _belongs(pid, mine)}

    def hub_pid(self) -> int:
        return int(self.asks("hub", "status", at=self.person)["pid"])

    def host_pid(self) -> int:
        lock = self.home / "host" / "host.lock"
        return int(until(lambda: lock.exists() and lock.read_text(), "no host daemon"))

    def runner_pids(self) -> list[int]:
        """The runners that live."""
        found = (self.home / "host" / "runs").glob("*/run.json")
        pids = [int(json.loads(one.read_text())["pid"]) for one in found]
        return [one for one in pids if Path(f"/proc/{one}").exists()]

    def kill_all(self) -> None:
        """As a power cut would: all at once, until none is left."""

        def none() -> bool:
            left = self.processes()
            for pid in left:
                kill(pid)
            return not left

        until(none, "processes outlive SIGKILL")

    def end(self) -> None:
        """Stop what runs, the gentle way first."""
        self.types("stop", "--all", at=self.person)
        self.types("hub", "stop", at=self.person)
        self.kill_all()


@contextmanager
def instance(home: Path, *, source: Path = SOURCE, **environment: str) -> Iterator[Instance]:
    """An instance that leaves no process behind."""
    one = Instance(home, source=source, **environment)
    try:
        yield one
    finally:
        one.end()
        assert not one.processes()


def until(
    look: Callable[[], T], what: object, limit_s: float = LIMIT_S, pause_s: float = 0.05
) -> T:
    """What `look` finds, once it is something."""
    end = time.monotonic() + limit_s
    while not (found := look()):
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(pause_s)
    return found


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    """Signal a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def gone(pid: int) -> None:
    """Wait until a process has ended."""
    until(lambda: not _runs(pid), f"process {pid} does not end")


def every_pid() -> list[int]:
    return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _belongs(pid: int, home: bytes) -> bool:
    place = Path(f"/proc/{pid}")
    if not _runs(pid):
        return False
    try:
        texts = [(place / "cmdline").read_bytes(), (place / "environ").read_bytes()]
        links = [place / "cwd", *(place / "fd").iterdir()]
        texts += [os.fsencode(os.readlink(one)) for one in links]  # noqa: PTH115 (it may dangle)
    except OSError:
        return False
    return any(home + mark in one + b"\0" for one in texts for mark in (b"/", b"\0"))

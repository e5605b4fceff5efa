"""An instance of Ropewalk of its own: its home in a temporary directory, its processes ended with it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import ropewalk
from bench.processes import alive, marked
from bench.sample import sample
from bench.waiting import until
from ropewalk.client.hub import Hub
from ropewalk.core.errors import RopewalkError
from ropewalk.core.views import EventView

START_S = 30.0
SOURCE = str(Path(ropewalk.__file__).parents[1])
HIDING = ("ROPEWALK_POSIX_ONLY", "ROPEWALK_CONTAINMENT")
"""What hides parts of the machine; the instance has it, too."""


class Instance:
    """Hub, host daemon, runners and agents below one directory, and a sample repository.

    Every process of it has the directory in its environment or arguments: hub and host by their home,
    runners by TMPDIR, agents by ROPEWALK_BENCH. That is how orphans are found.
    """

    def __init__(self, *, at_once: int = 128, keep_spools: bool = False) -> None:
        """`at_once` is how many attempts may run side by side. Nothing is started yet."""
        self.directory = Path(tempfile.mkdtemp(prefix="ropewalk-bench-"))
        self.home = self.directory / "home"
        self.repository = sample(self.directory / "repository")
        self.home.mkdir()
        (self.home / "config.toml").write_text(
            f"[limits]\nattempts = {at_once}\nmemory_keep_mb = 64\n"
        )
        self.client = Hub(str(self.home))
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": SOURCE,
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory),
            "LANG": "C.UTF-8",
            "ROPEWALK_HOME": str(self.home),
            "ROPEWALK_KEEP_SPOOLS": str(int(keep_spools)),
            **{name: os.environ[name] for name in HIDING if name in os.environ},
        }
        self._hub: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """With its hub running; a SIGTERM ends everything as well."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Everything ended, the directory gone."""
        self.close()

    # --- processes

    def start(self) -> None:
        """Start the hub; returns when it answers."""
        with (self.directory / "hub.log").open("ab") as log:
            self._hub = subprocess.Popen(
                [sys.executable, "-m", "ropewalk.wiring", "hub", str(self.home)],
                env=self.environment,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self._answers, START_S, "the hub answers")

    def _answers(self) -> bool:
        if self._hub is None or self._hub.poll() is not None:
            raise RuntimeError(f"the hub ended:\n{self.said()}")
        return self.client.seen() is not None

    def said(self) -> str:
        """What the hub wrote to its log."""
        return (self.directory / "hub.log").read_text(errors="replace")[-4000:]

    @property
    def hub(self) -> int:
        """The hub's pid."""
        assert self._hub
        return self._hub.pid

    @property
    def host(self) -> int:
        """The host daemon's pid; 0: none lives."""
        with suppress(OSError, ValueError):
            pid = int((self.home / "host" / "host.lock").read_text())
            return pid if alive(pid) else 0
        return 0

    def kill_hub(self) -> None:
        """kill -9 of the hub."""
        assert self._hub
        self._hub.kill()
        self._hub.wait(10)

    def kill_host(self) -> bool:
        """kill -9 of the host daemon; False: none lived."""
        pid = self.host
        return bool(pid) and kill(pid)

    def processes(self) -> list[int]:
        """All living processes of this instance."""
        return marked(str(self.directory))

    def close(self) -> None:
        """End the hub first, so that nothing is started anew, then all the rest; twice is harmless."""
        if self._hub is not None and self._hub.poll() is None:
            self.kill_hub()
        while found := self.processes():
            for pid in found:
                kill(pid)
            until(lambda: not any(map(alive, found)), 20, "all processes end")
        shutil.rmtree(self.directory, ignore_errors=True)

    # --- work

    def task(self, brief: str, count: int) -> dict[str, Any]:
        """A task of scripted agents; the API's view of it."""
        body = {
            "directory": str(self.repository),
            "brief": brief,
            "agents": ["scripted"],
            "count": count,
            "environment": {"PATH": os.environ["PATH"], "ROPEWALK_BENCH": str(self.directory)},
            "trust": True,
            "consent": True,
            "actor": "bench",
        }
        return self.client.post("/v1/tasks", body)

    def act(self, verb: str, ids: list[str], **more: object) -> dict[str, Any]:
        """A verb on tasks or attempts. RuntimeError: it failed for one of them."""
        body = {"ids": ids, "directory": str(self.repository), "actor": "bench", **more}
        acted = self.client.post(f"/v1/act/{verb}", body)
        failed = [one for one in acted["results"] if one["error"]]
        if failed:
            raise RuntimeError(f"{verb}: {failed[0]}")
        return acted

    def attempts(self) -> list[dict[str, Any]]:
        """Every attempt of every task, as the board shows them."""
        query = {"directory": str(self.repository), "all": 1}
        tasks = self.client.get("/v1/board", query)["tasks"]
        return [attempt for task in tasks for attempt in task["attempts"]]

    def newest(self) -> int:
        """The number of the newest event."""
        return self.act("stop", [])["seq"]

    def events(self, after: int = 0) -> list[EventView]:
        """All that was recorded since, read back through the API."""
        stream = self.client.events("", after=after)
        try:
            return list(stream)
        finally:
            stream.close()

    def reachable(self) -> bool:
        """Whether the hub answers at all."""
        with suppress(RopewalkError):
            return self.client.seen() is not None
        return False


def kill(pid: int) -> bool:
    """kill -9; False: it was gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True

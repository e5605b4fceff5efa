"""The runs of a host: started once each, found on disk."""

import asyncio
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from ropewalk.core.errors import Refused, RopewalkError
from ropewalk.hosts.folder import RunFolder
from ropewalk.hosts.homes import Home, at_home, no_home
from ropewalk.hosts.keepers import Keepers
from ropewalk.hosts.launch import Launcher
from ropewalk.ports import Run, RunSpec

Planner = Callable[[str], Mapping[str, object] | None]
AT_ONCE = 4
WARM_S = 10.0
GONE = ".gone-"
"""Begins the names of folders that are being deleted; no run's id begins with a dot."""
LEAVING_S = 10.0  # a runner whose run is over serves its last readers a little longer


def forget(folder: RunFolder) -> None:
    """Delete a run's folder: one that dies meanwhile leaves the whole of it, or what `sweep_forgotten` takes away."""
    gone = folder.path.with_name(f"{GONE}{secrets.token_hex(8)}")
    with suppress(FileNotFoundError):
        folder.path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def sweep_forgotten(runs: Path) -> None:
    """Remove what was half deleted when a daemon died. Only while there is no other daemon."""
    for path in runs.glob(f"{GONE}*"):
        shutil.rmtree(path, ignore_errors=True)


class HostRuns:
    """Idempotent start by the run's id; everything else is read from `runs/`."""

    def __init__(self, runs: Path, keepers: Keepers, plan: Planner, home: Home = no_home) -> None:
        """`runs` is the folder of all runs; `plan` tells how a workspace is mounted, `home` where its home is."""
        self._home = home
        self._runs = runs
        self._keepers = keepers
        self._plan = plan
        self._starting: dict[str, asyncio.Task[Run]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._launcher = Launcher()
        self._resting: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Start no more runs; those there are go on."""
        if self._resting:
            self._resting.cancel()
        self._launcher.close()

    async def start(self, spec: RunSpec) -> Run:
        """Start a run, or answer with the one that is there."""
        task = self._starting.get(spec.id)
        if task is None:
            task = asyncio.create_task(self._start(spec))
            self._starting[spec.id] = task
            task.add_done_callback(lambda _: self._starting.pop(spec.id, None))
        return await asyncio.shield(task)

    async def every(self) -> list[Run]:
        """All runs; one whose folder is damaged is left out."""
        return await asyncio.to_thread(self._every)

    async def any_alive(self) -> bool:
        """Whether a runner lives."""
        return any(run.state == "alive" for run in await self.every())

    async def forget(self, run: str) -> None:
        """Delete a run that is over; one that is not there is forgotten already. Refused: it lives."""
        folder = RunFolder(self._runs, run)
        until = time.monotonic() + LEAVING_S
        while folder.alive():
            if time.monotonic() > until or not (await asyncio.to_thread(folder.exit))[0]:
                raise Refused(f"run {run} is still alive", hint="Stop it first.")
            await asyncio.sleep(0.02)
        await asyncio.to_thread(forget, folder)

    async def _start(self, spec: RunSpec) -> Run:
        folder = RunFolder(self._runs, spec.id)
        async with self._places:
            if not folder.exists():
                await asyncio.to_thread(self._launch, spec, folder)
                self._rest(WARM_S)
            return await asyncio.to_thread(folder.state)

    def _rest(self, seconds: float) -> None:
        """Let go of what makes starting fast, once nothing was started for a while."""
        if self._resting is None:
            loop = asyncio.get_running_loop()
            self._resting = loop.call_later(seconds, self._rested)

    def _rested(self) -> None:
        self._resting = None
        if left := self._launcher.close(WARM_S):
            self._rest(left)

    def _launch(self, spec: RunSpec, folder: RunFolder) -> None:
        """Start; what a start that failed half way left behind is cleared first."""
        if folder.path.exists() and not folder.alive():
            forget(folder)
        mount = self._plan(spec.workspace) if spec.workspace else None
        spec = at_home(spec, self._home)
        if mount is None:
            self._launcher.launch(spec, folder.path)
            return
        with self._keepers.entering(spec.workspace) as joined:
            self._launcher.launch(spec, folder.path, mount, joined)
            self._keepers.began(spec.workspace, spec.id)

    def _every(self) -> list[Run]:
        found: list[Run] = []
        for path in sorted(self._runs.iterdir()):
            try:
                found.append(RunFolder(self._runs, path.name).state())
            except (RopewalkError, OSError):  # or one that is being forgotten
                continue
        return found

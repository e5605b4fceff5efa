"""Visits: a person enters a workspace; a run of ours holds its mount until their program has ended."""

import json
import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

from ropewalk.core.box import Box
from ropewalk.core.errors import Refused, RopewalkError
from ropewalk.core.records import Limits
from ropewalk.hosts.folder import RunFolder
from ropewalk.hosts.launch import SCRIPT
from ropewalk.hosts.runs import HostRuns, Planner
from ropewalk.ports import RunSpec, Visit

PREFIX = "visit-"
PROGRAM = (sys.executable, "-I", "-S", SCRIPT)
LIMIT_S = 7 * 86_400.0


class Visits:
    """Lets visitors in."""

    def __init__(self, folder: Path, runs: Path, host: HostRuns, plan: Planner) -> None:
        """`folder` is where pipes are made, `runs` the folder of all runs."""
        self._folder = folder
        self._runs = runs
        self._host = host
        self._plan = plan

    async def let_in(self, workspace: str, box: Box | None = None, path: str = "") -> Visit:
        """The way into a workspace; see `ports.Runs.visit`. NotFound: there is no such workspace."""
        plan = self._plan(workspace)
        if plan is None and box is None:
            return Visit(argv=(), pipe="")
        path = str(plan["at"]) if plan else path
        await self._sweep()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{PREFIX}{workspace[:60]}-{secrets.token_hex(4)}"
        pipe = self._folder / name
        os.mkfifo(pipe, 0o600)
        spec = RunSpec(
            id=name,
            epoch=1,
            argv=("hold",),
            hold=str(pipe),
            cwd=path,
            environment={"PATH": os.environ.get("PATH", "")},
            limits=Limits(deadline_s=LIMIT_S),
            stdin=False,
            workspace=workspace,
            box=box,
        )
        try:
            await self._host.start(spec)
            about = RunFolder(self._runs, name).about()
        except BaseException:
            pipe.unlink(missing_ok=True)
            raise
        words = ("visit", about["socket"], path)
        if box is not None and box.rung != "none":
            words = ("join", about["socket"], path, json.dumps(about["box"]))
        return Visit(argv=(*PROGRAM, *words), pipe=str(pipe))

    async def _sweep(self) -> None:
        """Forget the runs of visits that are over."""
        for path in self._runs.glob(f"{PREFIX}*"):
            with suppress(Refused, RopewalkError):
                if not RunFolder(self._runs, path.name).alive():
                    (self._folder / path.name).unlink(missing_ok=True)
                    await self._host.forget(path.name)


def sweep_pipes(folder: Path, runs: Path) -> None:
    """Remove the pipes of visits that are over. Only while nobody is let in."""
    for pipe in folder.glob(f"{PREFIX}*"):
        if pipe.is_fifo() and not RunFolder(runs, pipe.name).alive():
            pipe.unlink(missing_ok=True)

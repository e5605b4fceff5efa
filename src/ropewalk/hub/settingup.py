"""Commands of ours in a workspace, one after the other, each a run that a restarted hub finds again."""

import asyncio
import shlex
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ropewalk.core import events as e
from ropewalk.core.boxing import Kind
from ropewalk.core.errors import NotFound, Outside, Refused, RopewalkError
from ropewalk.core.payload import Payload
from ropewalk.core.placeholders import Filling
from ropewalk.core.records import Limits
from ropewalk.core.setup import filled, inside, variables
from ropewalk.core.setuptable import Command
from ropewalk.core.state import Task
from ropewalk.hub.boxing import Boxing
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.watching import OUTPUT_BYTES, Watched, watch
from ropewalk.ports import Runs, RunSpec

Tell = Callable[[e.Event], Awaitable[None]]
LOOK_S = 60.0
"""How long nothing may happen before it is looked whether a set-up is still wanted."""

AGAIN_S = 2.0
"""How long a run that was killed may take to be seen dead, before it is killed again."""


class Lost(Outside):
    """The runner of a set-up was killed: what it did is half done."""


class Unwanted(RopewalkError):
    """Nobody wants the set-up any more; its run was ended."""


async def say_nothing(_: e.Event) -> None:
    """Nobody wants to hear how it goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearer:
    """Who waits for a set-up: is told how it goes, and says whether it is still wanted."""

    tell: Tell = say_nothing
    wanted: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where commands run. The names of their runs begin with `key`; `name` is what the workspace is called."""

    key: str
    workspace: str
    filling: Filling
    name: str
    kind: Kind = "set-up"


@dataclass(slots=True)
class Building:
    """A set-up under way, and all who wait for it. Whoever comes later hears what runs now."""

    work: asyncio.Task[None] | None = None
    hearers: list[Hearer] = field(default_factory=list[Hearer])
    said: e.SetupStarted | None = None

    async def join(self, hearer: Hearer) -> None:
        """Wait for it as well."""
        self.hearers.append(hearer)
        if self.said is not None:
            await hearer.tell(self.said)

    async def tell(self, event: e.Event) -> None:
        """Tell everybody."""
        self.said = event if isinstance(event, e.SetupStarted) else None
        for one in list(self.hearers):
            await one.tell(event)

    def wanted(self) -> bool:
        """Whether somebody still waits."""
        return any(one.wanted() for one in self.hearers)


class SettingUp:
    """Runs commands in workspaces."""

    def __init__(self, ledger: Ledger, runs: Runs, boxing: Boxing) -> None:
        """`ledger` knows the projects, and when something happens."""
        self._ledger = ledger
        self._boxing = boxing
        self._runs = runs

    def environment(self, task: Task, filling: Filling, name: str) -> dict[str, str]:
        """The variables of whatever runs in a workspace of a task."""
        return inside(task.environment, self.own(task, filling, name))

    def own(self, task: Task, filling: Filling, name: str) -> dict[str, str]:
        """Those of them that the set-up says."""
        root = self._ledger.world.projects[task.project].path
        return variables(task.setup, filling, root=root, name=name)

    async def run(
        self, task: Task, bench: Bench, commands: Sequence[Command], hearer: Hearer
    ) -> None:
        """All commands, each after the one before; those that have run already are not run again.

        Refused: one failed. Unwanted, Lost. Then nothing of the runs is kept, and the next call begins anew.
        """
        left_s = task.setup.limit_s
        try:
            for number, command in enumerate(commands, 1):
                argv = filled(command, bench.filling)
                said = shlex.join(argv)
                await hearer.tell(
                    e.SetupStarted(command=said, number=number, commands=len(commands))
                )
                name = f"{bench.key}-{number}"
                watched = await self.one(task, bench, name, argv, left_s, hearer.wanted)
                ended = _ended(said, watched)
                if ended.code != 0:
                    await self.forget(bench.key, len(commands))
                await hearer.tell(ended)
                left_s = max(1.0, left_s - ended.duration_s)
                if ended.code != 0:
                    raise _failed(ended, watched, task.setup.limit_s)
        except (Unwanted, Lost):
            await self.forget(bench.key, len(commands))
            raise

    async def one(
        self,
        task: Task,
        bench: Bench,
        run: str,
        argv: Command,
        limit_s: float,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Watched:
        """One command to its end, as the run of that name. Unwanted, Lost."""
        environment = self.environment(task, bench.filling, bench.name)
        box = await self._boxing.box(task, bench.kind, argv, path=environment.get("PATH", ""))
        spec = RunSpec(
            id=run,
            epoch=1,
            argv=argv,
            cwd=bench.filling.path,
            environment=environment,
            limits=Limits(deadline_s=limit_s, output_bytes=OUTPUT_BYTES),
            stdin=False,
            workspace=bench.workspace,
            box=box,
        )
        await self._runs.start(spec)
        watching = asyncio.create_task(watch(self._runs, run), name=f"watch {run}")
        try:
            await self.waited(watching, wanted)
            watched = watching.result()
        except Unwanted:
            await self._end(run, watching)
            raise
        finally:
            watching.cancel()
        if watched.exit.cause == "lost":
            raise Lost("The set-up's runner was killed.")
        return watched

    async def tear_down(self, task: Task, bench: Bench) -> list[e.Event]:
        """All commands of the task's teardown, whatever becomes of each; what they said, and which failed."""
        found: list[e.Event] = []
        limit_s = task.setup.teardown_limit_s
        for number, command in enumerate(task.setup.teardown, 1):
            argv = filled(command, bench.filling)
            said = shlex.join(argv)
            try:
                watched = await self.one(task, bench, f"{bench.key}-{number}", argv, limit_s)
            except (Refused, Lost) as error:
                why = "its runner was killed." if isinstance(error, Lost) else error.message
                found.append(e.Noted(text=f"teardown failed: {said}: {why}"))
                continue
            ended = _ended(said, watched)
            found += [e.Noted(text=f"teardown: {said}"), ended]
            if ended.code != 0:
                words = _words(ended, watched, limit_s)
                found.append(e.Noted(text=f"teardown failed: {words}"))
        return found

    async def forget(self, key: str, commands: int) -> None:
        """Let go of the runs of so many commands: nobody will ask for them again."""
        for number in range(1, commands + 1):
            with suppress(NotFound):
                await self._runs.forget(f"{key}-{number}")

    async def waited(self, work: asyncio.Task[Any], wanted: Callable[[], bool]) -> None:
        """Wait until a task of ours is over. Unwanted: that is no longer wanted, and the task goes on."""
        while not work.done():
            seen = self._ledger.durable
            if not wanted():
                raise Unwanted("The set-up was stopped.")
            moved = asyncio.create_task(self._ledger.moved_past(seen, LOOK_S))
            await asyncio.wait({work, moved}, return_when=asyncio.FIRST_COMPLETED)
            moved.cancel()

    async def _end(self, run: str, watching: asyncio.Task[Watched]) -> None:
        """Kill it until its end was seen: who watches it may take the line from us before the word is out."""
        while not watching.done():
            with suppress(Outside, NotFound):
                _, line = await self._runs.dial(run, 1)
                try:
                    await line.signal(signal.SIGKILL)
                finally:
                    await line.close()
            await asyncio.wait({watching}, timeout=AGAIN_S)
        watching.result()


def _ended(said: str, watched: Watched) -> e.SetupEnded:
    late = "\n(ended at its time limit)" if watched.exit.cause == "deadline" else ""
    return e.SetupEnded(
        command=said,
        code=watched.exit.code,
        duration_s=watched.duration_s,
        output=Payload.of((watched.exit.error or watched.tail()) + late),
    )


def _failed(ended: e.SetupEnded, watched: Watched, limit_s: float) -> Refused:
    hint = "mend [setup] in ropewalk.toml and commit it, or resume to try again."
    if watched.exit.cause == "deadline":
        hint = (
            'give it more time (limit = "1h" in [setup]) and commit that, or resume to try again.'
        )
    words = _words(ended, watched, limit_s)
    return Refused(f"The set-up failed: {words}", hint=f"See `ropewalk log`; {hint}")


def _words(ended: e.SetupEnded, watched: Watched, limit_s: float) -> str:
    """The command, how it ended, and the last that it said."""
    how = "was ended" if ended.code is None else f"ended with {ended.code}"
    if watched.exit.cause == "deadline":
        how = f"hit the time limit of {limit_s:g} s"
    lines = (watched.exit.error or watched.tail()).strip().splitlines()
    said = f": {lines[-1].strip()[:200]}" if lines else ""
    return f"{ended.command} {how}{said}"

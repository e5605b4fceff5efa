"""The scheduler: does what state wants, once at a time, again after a failure, anew after a restart."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

from ropewalk.core import events as e
from ropewalk.core.admission import Room, admit
from ropewalk.core.errors import Bug, Outside, RopewalkError, named
from ropewalk.core.lifecycle import draft
from ropewalk.core.state import Attempt, Task, World
from ropewalk.core.wanted import Effect, RunCheck, at_rest, wanted
from ropewalk.hub.ledger import Ledger

LOG = logging.getLogger(__name__)

TRIES = 6
"""How often an effect is tried when something outside fails, before it is given up."""


class Worker(Protocol):
    """Who does effects of some kinds."""

    def handlers(self) -> dict[type[Effect], Callable[..., Awaitable[None]]]:
        """For each kind of effect, what does it."""
        ...

    def failed(self, effect: Effect, error: RopewalkError) -> Sequence[e.Draft]:
        """The events that say that an effect was given up."""
        ...


class Evidencer(Protocol):
    """Who knows which evidence is missing."""

    def missing(self) -> list[e.Draft]:
        """Events for evidence that some tree wants and nobody asked for yet."""
        ...

    def runnable(self) -> Iterable[RunCheck]:
        """Checks that may run now, within the limits."""
        ...


class Merger(Protocol):
    """Who knows which merges may go on."""

    def cleared(self) -> Iterable[Effect]:
        """Merges whose evidence is complete."""
        ...


class Scheduler:
    """Compares wanted with seen whenever something happened; idle it costs nothing."""

    def __init__(
        self,
        ledger: Ledger,
        workers: Sequence[Worker],
        evidencer: Evidencer,
        merger: Merger,
        room: Callable[[], Awaitable[Room]],
        attach: Callable[[Attempt], None],
    ) -> None:
        """`room` tells what there is room for; `attach` makes sure that a live run is followed."""
        self._ledger = ledger
        self._workers = {kind: worker for worker in workers for kind in worker.handlers()}
        self._evidencer = evidencer
        self._merger = merger
        self._room = room
        self._attach = attach
        self._doing: dict[Effect, asyncio.Task[None]] = {}
        self._dirty: set[str] = set(ledger.world.attempts)
        self._wake = asyncio.Event()
        self._wake.set()
        ledger.listeners.append(self._heard)

    @property
    def busy(self) -> int:
        """How many effects are being done."""
        return len(self._doing)

    def poke(self) -> None:
        """Look again at what is queued."""
        self._wake.set()

    def _heard(self, news: Sequence[e.Recorded]) -> None:
        self._dirty.update(one.draft.attempt for one in news if type(one.event) is not e.TextAdded)
        self._wake.set()

    async def run(self) -> None:
        """Schedule until cancelled; what is being done is cancelled as well (and derived again later)."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await self._wake.wait()
                    self._wake.clear()
                    await self._review(group)
        finally:
            self._doing.clear()

    async def _review(self, group: asyncio.TaskGroup) -> None:
        world = self._ledger.world
        dirty, self._dirty = self._dirty, set()
        attempts = [world.attempts[one] for one in dirty if one in world.attempts]
        for attempt in attempts:
            if attempt.process == "alive":
                self._attach(attempt)
            for effect in wanted(attempt):
                self._begin(group, effect)
        await self._settle(attempts)
        await self._admit()
        if missing := self._evidencer.missing():
            await self._ledger.record(missing)
        for effect in (*self._evidencer.runnable(), *self._merger.cleared()):
            self._begin(group, effect)
        await self._close({one.task for one in attempts})

    # --- doing ---------------------------------------------------------------------------------

    def _begin(self, group: asyncio.TaskGroup, effect: Effect) -> None:
        if effect not in self._doing:
            self._doing[effect] = group.create_task(self._do(effect), name=repr(effect))

    async def _do(self, effect: Effect) -> None:
        worker = self._workers[type(effect)]
        try:
            await self._persist(worker, effect)
        finally:
            self._doing.pop(effect, None)
            self._dirty.add(effect.subject)
            self._wake.set()

    async def _persist(self, worker: Worker, effect: Effect) -> None:
        for delay in [0.2 * 2**n for n in range(TRIES - 1)] + [0.0]:
            try:
                await worker.handlers()[type(effect)](effect)
                return
            except Exception as failure:
                error = named(failure)
                if isinstance(error, Bug):
                    LOG.error("%r failed", effect, exc_info=failure)
                if not isinstance(error, Outside) or not delay:
                    await self._give_up(worker, effect, error)
                    return
                await asyncio.sleep(delay)

    async def _give_up(self, worker: Worker, effect: Effect, error: RopewalkError) -> None:
        await self._ledger.record(worker.failed(effect, error))

    # --- what follows by itself ----------------------------------------------------------------

    async def _settle(self, attempts: Sequence[Attempt]) -> None:
        """An attempt that was stopped while it was prepared ends once nothing is done for it."""
        now = self._ledger.clock.now()
        busy = {one.subject for one in self._doing}
        drafts = [
            draft(one, e.TurnEnded(turn=one.turn, outcome="stopped"), actor="hub", now=now)
            for one in attempts
            if one.stop
            and one.state == "preparing"
            and one.process != "alive"
            and one.id not in busy
        ]
        if drafts:
            await self._ledger.record(drafts)

    async def _admit(self) -> None:
        world = self._ledger.world
        if not any(one.state == "queued" for one in world.attempts.values()):
            return
        admission = admit(world, await self._room())
        now = self._ledger.clock.now()
        drafts = [
            e.Draft(
                event=e.AttemptAdmitted(),
                project=one.project,
                task=one.task,
                attempt=one.id,
                epoch=one.epoch + 1,
                observed=now,
            )
            for one in (world.attempts[key] for key in admission.start)
        ]
        drafts += [
            draft(world.attempts[key], e.StopAsked(cause="room"), actor="hub", now=now)
            for key in admission.park
        ]
        if drafts:
            await self._ledger.record(drafts)

    async def _close(self, tasks: set[str]) -> None:
        world = self._ledger.world
        now = self._ledger.clock.now()
        drafts = [
            e.Draft(event=e.TaskClosed(), project=one.project, task=one.id, observed=now)
            for one in (world.tasks[key] for key in tasks if key in world.tasks)
            if not one.closed and self._finished(world, one)
        ]
        if drafts:
            await self._ledger.record(drafts)

    def _finished(self, world: World, task: Task) -> bool:
        attempts = world.of_task(task.id)
        busy = {one.subject for one in self._doing}
        return all(
            one.decision in ("dropped", "merged")
            and at_rest(one)
            and one.workspace != "ready"
            and one.id not in busy
            for one in attempts
        )

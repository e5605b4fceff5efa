"""The scheduler: does what state wants, once at a time, again after a failure, anew after a restart."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Protocol

from ropewalk.core import events as e
from ropewalk.core.admission import Room, admit, takes_room
from ropewalk.core.errors import Bug, Outside, RopewalkError, named
from ropewalk.core.lifecycle import draft
from ropewalk.core.state import Attempt, Task, World
from ropewalk.core.wanted import (
    CommitMerge,
    Deliver,
    Effect,
    KeepFiles,
    Prepare,
    Restore,
    RunCheck,
    SetBack,
    Snapshot,
    Start,
    TakeEdits,
    Trash,
    at_rest,
    wanted,
)
from ropewalk.hub.claims import Claims
from ropewalk.hub.ledger import Ledger

LOG = logging.getLogger(__name__)

TRIES = 6
"""How often an effect is tried when something outside fails, before it is given up."""

PAUSE_S = 10.0
"""How long an effect rests that was done or given up and is wanted all the same."""

MEMORY_S = 10.0
"""How long to wait before the free memory is looked at again, when only that keeps somebody waiting."""

NO_DISK = "waits for disk: {}, so no workspace is made; see what could go: ropewalk gc"

ON_FILES = (Prepare, Start, Deliver, Snapshot, KeepFiles, SetBack, TakeEdits, Trash, Restore)
"""Effects that need the files of a workspace to themselves."""


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

    async def missing(self, tasks: Collection[str]) -> list[e.Draft]:
        """Events for evidence that some tree of these tasks wants and nobody asked for yet."""
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
        claims: Claims,
    ) -> None:
        """`room` tells what there is room for; `attach` makes sure that a live run is followed."""
        self._ledger = ledger
        self._workers = {kind: worker for worker in workers for kind in worker.handlers()}
        self._evidencer = evidencer
        self._merger = merger
        self._room = room
        self._attach = attach
        self._claims = claims
        self._doing: dict[Effect, asyncio.Task[None]] = {}
        self._dirty: set[str] = set(ledger.world.attempts)
        self._tasks: set[str] = set(ledger.world.tasks)
        self._retry: asyncio.TimerHandle | None = None
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
        facts = [one.draft for one in news if type(one.event) is not e.TextAdded]
        self._dirty.update(one.attempt for one in facts)
        self._tasks.update(one.task for one in facts)
        if facts:
            self._wake.set()

    async def run(self) -> None:
        """Schedule until cancelled; what is being done is cancelled as well (and derived again later)."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await self._wake.wait()
                    self._wake.clear()
                    dirty, self._dirty = self._dirty, set()
                    tasks, self._tasks = self._tasks, set()
                    try:
                        await self._review(group, dirty, tasks)
                    except Exception as error:
                        self._review_later(dirty, tasks, error)
        finally:
            if self._retry is not None:
                self._retry.cancel()
            self._doing.clear()

    def _review_later(self, dirty: set[str], tasks: set[str], error: Exception) -> None:
        """Nothing that goes wrong in one review ends the hub; all of it is looked at again."""
        if not isinstance(error, Outside):
            LOG.error("A review failed.", exc_info=error)
        self._dirty |= dirty
        self._tasks |= tasks
        self._later(1.0)

    def _later(self, seconds: float) -> None:
        if self._retry is not None:
            self._retry.cancel()
        self._retry = asyncio.get_running_loop().call_later(seconds, self._wake.set)

    async def _review(self, group: asyncio.TaskGroup, dirty: set[str], tasks: set[str]) -> None:
        world = self._ledger.world
        attempts = [world.attempts[one] for one in dirty if one in world.attempts]
        for attempt in attempts:
            if attempt.process == "alive":
                self._attach(attempt)
            for effect in wanted(attempt):
                self._begin(group, effect)
        await self._settle(attempts)
        await self._admit()
        tasks = tasks | {one.task for one in attempts}
        if missing := await self._evidencer.missing(tasks):
            await self._ledger.record(missing)
        for effect in (*self._evidencer.runnable(), *self._merger.cleared()):
            self._begin(group, effect)
        await self._close(tasks)

    # --- doing ---------------------------------------------------------------------------------

    def _begin(self, group: asyncio.TaskGroup, effect: Effect) -> None:
        if effect in self._doing:
            return
        on_files = isinstance(effect, ON_FILES)
        if on_files and not self._claims.take(effect.subject):
            return
        self._doing[effect] = group.create_task(self._do(effect), name=repr(effect))

    async def _do(self, effect: Effect) -> None:
        try:
            await self._persist(self._workers[type(effect)], effect)
            if self._still_wanted(effect):
                await asyncio.sleep(PAUSE_S)
        finally:
            self._doing.pop(effect, None)
            if isinstance(effect, ON_FILES):
                self._claims.release(effect.subject)
            self.look_at(effect.subject)

    def look_at(self, attempt: str) -> None:
        """Look again at what an attempt wants."""
        known = self._ledger.world.attempts.get(attempt)
        evidence = self._ledger.world.evidence.get(attempt)
        self._dirty.add(attempt)
        self._tasks.update(one.task for one in (known, evidence) if one is not None)
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
                if not self._still_wanted(effect):
                    return

    async def _give_up(self, worker: Worker, effect: Effect, error: RopewalkError) -> None:
        """Say so in the record; a fault in saying so must not end the others' work."""
        try:
            await self._ledger.record(worker.failed(effect, error))
        except Exception as fault:
            LOG.error("%r cannot be given up.", effect, exc_info=fault)

    def _still_wanted(self, effect: Effect) -> bool:
        world = self._ledger.world
        if isinstance(effect, RunCheck):
            found = world.evidence.get(effect.subject)
            return found is not None and not found.finished and found.again == effect.epoch
        if isinstance(effect, CommitMerge):
            return effect in self._merger.cleared()
        attempt = world.attempts.get(effect.subject)
        return attempt is not None and effect in wanted(attempt)

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
            world.no_disk = frozenset()
            return
        room = await self._room()
        admission = admit(world, room)
        short = sum(one.state == "queued" for one in world.attempts.values()) - len(admission.start)
        if short and sum(map(takes_room, world.attempts.values())) < room.attempts:
            self._later(MEMORY_S)
        now = self._ledger.clock.now()
        fresh = set(admission.no_disk) - world.no_disk
        world.no_disk, world.disk_words = frozenset(admission.no_disk), room.no_disk
        drafts = [
            draft(
                world.attempts[key],
                e.Noted(text=NO_DISK.format(room.no_disk)),
                actor="hub",
                now=now,
            )
            for key in sorted(fresh)
        ]
        drafts += [
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
        if any(one.task == task.id and not one.finished for one in world.evidence.values()):
            return False
        return all(
            one.decision in ("dropped", "merged")
            and at_rest(one)
            and one.workspace != "ready"
            and one.id not in busy
            for one in attempts
        )

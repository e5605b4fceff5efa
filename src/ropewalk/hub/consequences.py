"""What follows by itself: queued attempts start, stopped ones end, finished tasks are closed."""

from collections.abc import Awaitable, Callable, Collection, Sequence

from ropewalk.core import events as e
from ropewalk.core.admission import Admission, Room, admit, takes_room
from ropewalk.core.lifecycle import draft
from ropewalk.core.state import Attempt, Task, World
from ropewalk.core.wanted import at_rest
from ropewalk.hub.ledger import Ledger

NO_DISK = "waits for disk: {}, so no workspace is made; see what could go: ropewalk gc"


class Consequences:
    """Records what follows from the state without anybody asking. `busy`: for whom something is being done."""

    def __init__(self, ledger: Ledger, room: Callable[[], Awaitable[Room]]) -> None:
        """`room` tells what there is room for."""
        self._ledger = ledger
        self._room = room

    async def settle(self, attempts: Sequence[Attempt], busy: Collection[str]) -> None:
        """An attempt that was stopped while it was prepared ends once nothing is done for it."""
        now = self._ledger.clock.now()
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

    async def admit(self) -> bool:
        """Let those start for whom there is room. True: only memory keeps somebody waiting."""
        world = self._ledger.world
        if not any(one.state == "queued" for one in world.attempts.values()):
            world.no_disk = frozenset()
            return False
        room = await self._room()
        admission = admit(world, room)
        queued = sum(one.state == "queued" for one in world.attempts.values())
        live = sum(map(takes_room, world.attempts.values()))
        drafts = self._admitted(world, admission, NO_DISK.format(room.no_disk))
        world.no_disk, world.disk_words = frozenset(admission.no_disk), room.no_disk
        if drafts:
            await self._ledger.record(drafts)
        return queued > len(admission.start) and live < room.attempts

    def _admitted(self, world: World, admission: Admission, no_disk: str) -> list[e.Draft]:
        now = self._ledger.clock.now()
        fresh = sorted(set(admission.no_disk) - world.no_disk)
        waiting = [
            draft(world.attempts[key], e.Noted(text=no_disk), actor="hub", now=now) for key in fresh
        ]
        starting = [
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
        parking = [
            draft(world.attempts[key], e.StopAsked(cause="room"), actor="hub", now=now)
            for key in admission.park
        ]
        return waiting + starting + parking

    async def close(self, tasks: Collection[str], busy: Collection[str]) -> None:
        """Close those of the tasks that are finished."""
        world = self._ledger.world
        now = self._ledger.clock.now()
        drafts = [
            e.Draft(event=e.TaskClosed(), project=one.project, task=one.id, observed=now)
            for one in (world.tasks[key] for key in tasks if key in world.tasks)
            if not one.closed and _finished(world, one, busy)
        ]
        if drafts:
            await self._ledger.record(drafts)


def _finished(world: World, task: Task, busy: Collection[str]) -> bool:
    if any(one.task == task.id and not one.finished for one in world.evidence.values()):
        return False
    return all(
        one.decision in ("dropped", "merged")
        and at_rest(one)
        and one.workspace != "ready"
        and one.id not in busy
        for one in world.of_task(task.id)
    )

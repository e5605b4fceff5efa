"""Admission: which queued attempts may start now. By number and by memory, oldest first."""

from dataclasses import dataclass, replace

from ropewalk.core.state import Attempt, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What there is room for: `attempts` at once, and memory and disk in MB beyond what shall stay free.

    `budget_mb` is what workspaces, bases and trash may take in all (0: as much as there is). `no_disk` says in
    words why there is no room on the disk.
    """

    attempts: int
    free_mb: int
    disk_mb: int = 0
    budget_mb: int = 0
    no_disk: str = "the disk is about to be full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Who may start, and which idle attempts give their process back so that others can.

    `no_disk`: who waits only because the disk is about to be full.
    """

    start: tuple[str, ...] = ()
    park: tuple[str, ...] = ()
    no_disk: tuple[str, ...] = ()


def within(room: Room, taken_mb: int) -> Room:
    """The room, where so much of the budget is taken."""
    left = room.budget_mb - taken_mb - 1
    if not room.budget_mb or left >= 0 or room.disk_mb < 0:
        return room
    said = f"{taken_mb} MB of {room.budget_mb} MB (disk_mb) are taken"
    return replace(room, disk_mb=left, no_disk=said)


def admit(world: World, room: Room) -> Admission:
    """Oldest first; the first is always let in where nothing else runs, however little memory there is.

    What was let in and has no process yet does not show in the free memory: its need is taken off. Where the
    disk is about to be full, nobody gets a new workspace; who has one may go on.
    """
    living = [one for one in world.attempts.values() if takes_room(one)]
    waiting = sorted(
        (
            one
            for one in world.attempts.values()
            if one.state == "queued" and one.process != "alive"
        ),
        key=lambda one: (one.queued_at, one.task, one.number),
    )
    queued = [one for one in waiting if one.workspace == "ready" or room.disk_mb >= 0]
    no_disk = tuple(one.id for one in waiting if one not in queued)
    count = len(living)
    free = room.free_mb - sum(one.agent.memory_mb for one in living if one.process != "alive")
    start: list[str] = []
    for attempt in queued:
        fits = count < room.attempts and attempt.agent.memory_mb <= free
        if not fits and count:
            break
        start.append(attempt.id)
        count += 1
        free -= attempt.agent.memory_mb
    idle = [one.id for one in living if _idle(one)]
    short = len(queued) - len(start)
    return Admission(start=tuple(start), park=tuple(idle[:short]), no_disk=no_disk)


def takes_room(attempt: Attempt) -> bool:
    """It has a process, or will have one at once."""
    return attempt.process == "alive" or attempt.state in ("preparing", "working")


def _idle(attempt: Attempt) -> bool:
    at_rest = attempt.state == "ended" and not attempt.snapshot_due and not attempt.inbox
    return attempt.process == "alive" and at_rest and not attempt.stop

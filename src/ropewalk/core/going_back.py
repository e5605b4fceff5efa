"""Going back: what asking for earlier files leads to, or why it is refused. Pure."""

from ropewalk.core import events as e
from ropewalk.core.errors import Conflict, Refused
from ropewalk.core.history import Rewind
from ropewalk.core.lifecycle import (
    alias,
    draft,
    not_merged,
    not_merging,
    not_rewinding,
    picked,
)
from ropewalk.core.state import Attempt, World
from ropewalk.core.turns import Point, number_at, point_of, turn_of


def point(world: World, attempt: Attempt, *, turn: int = 0, number: int = 0) -> Point:
    """Where the files of a version are, or (`number` 0) those at the end of a turn.

    NotFound, Conflict or Refused: there is no such turn or version, or it has no files.
    """
    base = world.tasks[attempt.task].base
    if number:
        version = picked(world, attempt, number)
        return point_of(version, base=base, turn=turn_of(attempt, number))
    found = number_at(attempt, alias(world, attempt), turn)
    return point_of(picked(world, attempt, found) if found else None, base=base, turn=turn)


def set_back(
    world: World,
    attempt: Attempt,
    action: str,
    actor: str,
    now: float,
    *,
    turn: int = 0,
    number: int = 0,
) -> e.Draft:
    """The event that asks for the files of a turn, or (unless it is 0) of a version. Refused and its kin."""
    may_be_set_back(world, attempt)
    to = point(world, attempt, turn=turn, number=number)
    event = e.RewindAsked(
        action=action,
        turn=None if number else turn,
        number=to.number,
        commit=to.commit,
        base=to.base,
    )
    return draft(attempt, event, actor=actor, now=now)


def set_forward(
    world: World, attempt: Attempt, action: str, actor: str, now: float, *, undoes: str
) -> e.Draft:
    """The event that asks for the files as they were before the rewind `undoes`. Refused and its kin."""
    may_be_set_back(world, attempt)
    last = undoable(attempt)
    if last is None or last.action != undoes:
        raise Conflict(
            "There is nothing left of that action to take back.",
            hint=f"See what can be gone back to: ropewalk turns {alias(world, attempt)}",
        )
    version = picked(world, attempt, last.before) if last.before else None
    to = point_of(version, base=world.tasks[attempt.task].base, turn=attempt.turn)
    event = e.RewindAsked(
        action=action, number=to.number, commit=to.commit, base=to.base, undoes=last.action
    )
    return draft(attempt, event, actor=actor, now=now)


def undoable(attempt: Attempt) -> Rewind | None:
    """The last rewind that can be taken back: it is done, and no turn came after it."""
    if attempt.decision in ("dropped", "merged"):
        return None
    done = [one for one in attempt.rewinds if one.step == "done" and not one.undoes]
    return done[-1] if done and done[-1].after == attempt.turn else None


def may_be_set_back(world: World, attempt: Attempt) -> None:
    """Refused or Conflict: its files are somebody's now, or not there."""
    name = alias(world, attempt)
    not_merged(world, attempt)
    if attempt.decision == "dropped":
        raise Conflict(
            f"{name} is dropped.",
            hint=f"Bring it back: ropewalk undo · or go on from it: ropewalk fork {name}",
        )
    if attempt.state != "ended" or (attempt.inbox and attempt.process == "alive"):
        raise Conflict(f"{name} is at work.", hint=f"Wait for it, or stop it: ropewalk stop {name}")
    if attempt.snapshot_due:
        raise Conflict(f"{name}'s last turn is not kept as a version yet.", hint="Try again.")
    not_rewinding(world, attempt)
    not_merging(world, [attempt])
    if attempt.workspace == "trashed":
        raise Conflict(f"{name}'s files are on their way from the trash.", hint="Try again.")
    if attempt.workspace != "ready":
        raise Refused(f"{name} has no files yet.", hint=f"See why: ropewalk show {name}")

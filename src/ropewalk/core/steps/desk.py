"""What a person edited on the desk."""

from dataclasses import replace

from ropewalk.core import events as e
from ropewalk.core import trail
from ropewalk.core.desk import Edits
from ropewalk.core.desk import went as brought_on
from ropewalk.core.state import Attempt
from ropewalk.core.steps.turn import Turn


def _edits_brought(attempt: Attempt, event: e.EditsBrought, draft: e.Draft) -> Attempt:
    edits = Edits(
        action=event.action,
        base=event.base,
        commit=event.commit,
        by=draft.actor,
        at=draft.observed,
    )
    return replace(attempt, brought=(*attempt.brought, edits))


def _edits_taken(attempt: Attempt, event: e.EditsTaken, draft: e.Draft) -> Attempt:
    diff = trail.bare(event.diff) if event.diff else None
    done = {"step": "done", "made": event.number, "diff": diff, "after": attempt.turn}
    return replace(attempt, brought=brought_on(attempt.brought, event.action, **done))


def _edits_conflicted(attempt: Attempt, event: e.EditsConflicted, draft: e.Draft) -> Attempt:
    both = {"onto": event.onto, "merged": event.commit, "paths": event.paths}
    brought = brought_on(attempt.brought, event.action, step="conflict", **both)
    return replace(attempt, brought=brought)


def _edits_left(attempt: Attempt, event: e.EditsLeft, draft: e.Draft) -> Attempt:
    brought = brought_on(attempt.brought, event.action, step="left", reason=event.reason)
    return replace(attempt, brought=brought)


TURNS: dict[type[e.Event], Turn] = {
    e.EditsBrought: _edits_brought,
    e.EditsTaken: _edits_taken,
    e.EditsConflicted: _edits_conflicted,
    e.EditsLeft: _edits_left,
}

"""The change: its versions, and what is said of them."""

from dataclasses import replace

from ropewalk.core import events as e
from ropewalk.core import trail
from ropewalk.core.state import Attempt
from ropewalk.core.steps.turn import Turn


def _version_made(attempt: Attempt, event: e.VersionMade, draft: e.Draft) -> Attempt:
    return replace(
        attempt,
        versions=(*attempt.versions, event.change),
        snapshot_due=0,
        conflicts=(),
        turns=trail.versioned(attempt, event.change),
    )


def _nothing_left(
    attempt: Attempt, event: e.TurnLeftNothing | e.SnapshotFailed, draft: e.Draft
) -> Attempt:
    failed = isinstance(event, e.SnapshotFailed)
    reason = (
        f"its files could not be kept as a version: {event.reason}" if failed else attempt.reason
    )
    files = "lost" if failed else "nothing"
    return replace(
        attempt, snapshot_due=0, reason=reason, turns=trail.kept(attempt, event.turn, files)
    )


def _edits_judged(attempt: Attempt, event: e.EditsJudged, draft: e.Draft) -> Attempt:
    return replace(attempt, edits=(*attempt.edits, event))


TURNS: dict[type[e.Event], Turn] = {
    e.VersionMade: _version_made,
    e.TurnLeftNothing: _nothing_left,
    e.SnapshotFailed: _nothing_left,
    e.EditsJudged: _edits_judged,
}

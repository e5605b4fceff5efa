"""The decision: kept, dropped, merged or rebased."""

from dataclasses import replace
from typing import Any

from ropewalk.core import events as e
from ropewalk.core.servers import stopping
from ropewalk.core.state import Attempt, Merge, Stop
from ropewalk.core.steps.turn import Turn, undecided


def _kept(attempt: Attempt, event: e.Kept, draft: e.Draft) -> Attempt:
    return replace(
        attempt,
        decision="kept",
        action=event.action,
        decided_by=draft.actor,
        kept=event.number,
        decided_at=draft.observed,
    )


def _held(attempt: Attempt, event: e.Held, draft: e.Draft) -> Attempt:
    return replace(attempt, held=event.number)


def _dropped(attempt: Attempt, event: e.Dropped, draft: e.Draft) -> Attempt:
    after = replace(
        attempt,
        decision="dropped",
        action=event.action,
        decided_by=draft.actor,
        inbox=(),
        decided_at=draft.observed,
        stop=_needless(attempt),
        server=stopping(attempt.server, "the attempt was dropped"),
    )
    if attempt.state == "queued":
        return replace(after, state="ended", outcome="stopped", ended_at=draft.observed)
    return after


def _decision_undone(attempt: Attempt, event: e.DecisionUndone, draft: e.Draft) -> Attempt:
    return undecided(attempt)


def _rebased(attempt: Attempt, event: e.Rebased, draft: e.Draft) -> Attempt:
    return replace(attempt, base=event.base, conflicts=event.conflicts)


def _merge_asked(attempt: Attempt, event: e.MergeAsked, draft: e.Draft) -> Attempt:
    merge = Merge(
        action=event.action,
        number=event.number,
        target=event.target,
        mode=event.mode,
        message=event.message,
        unchecked=event.unchecked,
        by=draft.actor,
    )
    return replace(attempt, merge=merge)


def _merge_built(attempt: Attempt, event: e.MergeBuilt, draft: e.Draft) -> Attempt:
    return _merging(
        attempt, event.action, step="built", onto=event.onto, built=event.commit, tree=event.tree
    )


def _merge_committed(attempt: Attempt, event: e.MergeCommitted, draft: e.Draft) -> Attempt:
    return _merging(attempt, event.action, step="committed", commit=event.commit)


def _merged(attempt: Attempt, event: e.Merged, draft: e.Draft) -> Attempt:
    after = _merging(
        attempt,
        event.action,
        step="done",
        onto=event.before,
        commit=event.after,
        checkout=event.checkout,
    )
    number = after.merge.number if after.merge else after.kept
    return replace(
        after,
        decision="merged",
        action=event.action,
        decided_by=draft.actor,
        kept=number,
        stop=_needless(after),
        decided_at=draft.observed,
        conflicts=(),
        server=stopping(after.server, "the attempt was merged"),
    )


def _bounced(attempt: Attempt, event: e.MergeBounced, draft: e.Draft) -> Attempt:
    return _merging(
        attempt,
        event.action,
        step="bounced",
        reason=event.reason,
        hint=event.hint,
        conflicts=event.conflicts,
    )


def _merge_undone(attempt: Attempt, event: e.MergeUndone, draft: e.Draft) -> Attempt:
    after = _merging(attempt, event.action, step="undone")
    return undecided(after)


def _merging(attempt: Attempt, action: str, **changes: Any) -> Attempt:
    if attempt.merge is None or attempt.merge.action != action:
        return attempt
    return replace(attempt, merge=replace(attempt.merge, **changes))


def _needless(attempt: Attempt) -> Stop:
    """A decision makes the process needless, whether it is there already or about to be."""
    runs = attempt.process == "alive" or attempt.state == "preparing"
    return "decision" if runs else attempt.stop


TURNS: dict[type[e.Event], Turn] = {
    e.Kept: _kept,
    e.Held: _held,
    e.Dropped: _dropped,
    e.DecisionUndone: _decision_undone,
    e.Rebased: _rebased,
    e.MergeAsked: _merge_asked,
    e.MergeBuilt: _merge_built,
    e.MergeCommitted: _merge_committed,
    e.Merged: _merged,
    e.MergeBounced: _bounced,
    e.MergeUndone: _merge_undone,
}

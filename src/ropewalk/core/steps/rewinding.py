"""Rewinding: the files of an earlier turn are set back."""

from dataclasses import replace

from ropewalk.core import events as e
from ropewalk.core import trail
from ropewalk.core.state import Attempt
from ropewalk.core.steps.turn import Turn


def _rewind_asked(attempt: Attempt, event: e.RewindAsked, draft: e.Draft) -> Attempt:
    return replace(attempt, rewinds=trail.asked(attempt, event, draft.actor, draft.observed))


def _files_kept(attempt: Attempt, event: e.FilesKept, draft: e.Draft) -> Attempt:
    rewinds = trail.went(attempt, event.action, step="kept", before=event.number)
    return replace(attempt, rewinds=rewinds)


def _rewound(attempt: Attempt, event: e.Rewound, draft: e.Draft) -> Attempt:
    base = next((one.base for one in attempt.rewinds if one.action == event.action), attempt.base)
    return replace(attempt, base=base, conflicts=(), rewinds=trail.arrived(attempt, event))


def _rewind_failed(attempt: Attempt, event: e.RewindFailed, draft: e.Draft) -> Attempt:
    rewinds = trail.went(attempt, event.action, step="failed", reason=event.reason)
    return replace(attempt, rewinds=rewinds)


TURNS: dict[type[e.Event], Turn] = {
    e.RewindAsked: _rewind_asked,
    e.FilesKept: _files_kept,
    e.Rewound: _rewound,
    e.RewindFailed: _rewind_failed,
}

"""What several steps share."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ropewalk.core import events as e
from ropewalk.core.state import Attempt

Circumstances = e.Draft
Turn = Callable[[Attempt, Any, Circumstances], Attempt]
"""From an attempt, an event and its circumstances to the attempt after it."""


def requeue(attempt: Attempt, at: float) -> Attempt:
    """Bring an attempt that ended back into the queue, unless its process is there to be spoken to."""
    back = undecided(attempt) if attempt.decision == "dropped" else attempt
    if back.state != "ended" or back.process == "alive":
        return back
    return replace(back, state="queued", queued_at=at)


def undecided(attempt: Attempt) -> Attempt:
    """As if nobody had decided."""
    return replace(attempt, decision="none", action="", decided_by="", kept=0, decided_at=0.0)

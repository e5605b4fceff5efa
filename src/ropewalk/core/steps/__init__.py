"""Steps: what each event does to the attempt that it is about; a file for each of `core/events/`."""

from ropewalk.core import events as e
from ropewalk.core.state import Attempt
from ropewalk.core.steps import change, conversation, decision, desk, rewinding, serving, work
from ropewalk.core.steps.turn import Turn

TURNS: dict[type[e.Event], Turn] = {
    **work.TURNS,
    **conversation.TURNS,
    **change.TURNS,
    **rewinding.TURNS,
    **decision.TURNS,
    **serving.TURNS,
    **desk.TURNS,
}
"""What each event does to its attempt; events that are not here leave it as it is."""


OF_A_PROCESS: frozenset[type[e.Event]] = frozenset(
    {
        e.AttemptAdmitted,
        e.ProcessStarted,
        e.ProcessEnded,
        e.StartFailed,
        *(kind for kind in conversation.TURNS if kind is not e.MessageQueued),
    }
)
"""What is true of one process only. Files, decisions and messages outlive it."""


def step(attempt: Attempt, draft: e.Draft) -> Attempt:
    """The attempt after an event; unchanged by what an earlier process says, and by mere words."""
    turn = TURNS.get(type(draft.event))
    if turn is None:
        return attempt
    if type(draft.event) in OF_A_PROCESS and 0 < draft.epoch < attempt.epoch:
        return attempt
    return turn(attempt, draft.event, draft)

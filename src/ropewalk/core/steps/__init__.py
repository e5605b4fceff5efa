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


def step(attempt: Attempt, draft: e.Draft) -> Attempt:
    """The attempt after an event; unchanged by events of an epoch that is over, and by mere words."""
    turn = TURNS.get(type(draft.event))
    if turn is None or (draft.epoch and draft.epoch < attempt.epoch):
        return attempt
    return turn(attempt, draft.event, draft)

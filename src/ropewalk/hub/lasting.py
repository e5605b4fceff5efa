"""What a person did that cannot be taken back, in words, with what to do instead."""

from ropewalk.core import events as e
from ropewalk.core.events import Recorded
from ropewalk.core.lifecycle import alias
from ropewalk.core.state import World

LASTING: dict[str, tuple[str, str]] = {
    e.TaskCreated.tag: ("the start of {}", "Throw it away: ropewalk drop {}"),
    e.MessageQueued.tag: ("the message to {}", "Say something else: ropewalk say {} …"),
    e.QuestionAnswered.tag: ("the answer to {}", "Say something else: ropewalk say {} …"),
    e.StopAsked.tag: ("the stop of {}", "Let it go on: ropewalk resume {}"),
    e.ResumeAsked.tag: ("the resume of {}", "Stop it: ropewalk stop {}"),
    e.Rebased.tag: ("the rebase of {}", "See its earlier versions: ropewalk show {}"),
}
"""By the tag of its event: what it is called, and what helps."""


def words(world: World, one: Recorded) -> tuple[str, str]:
    """What it was (`the message to 7.2`), and what to do instead."""
    what, hint = LASTING[one.event.tag]
    attempt, task = world.attempts.get(one.draft.attempt), world.tasks.get(one.draft.task)
    if attempt is not None:
        name = called = alias(world, attempt)
    elif isinstance(one.event, e.TaskCreated):
        name, called = str(one.event.number), f"task {one.event.number}"
    else:
        name, called = (str(task.number), f"task {task.number}") if task else ("", "an attempt")
    return what.format(called), hint.format(name) if name else "ropewalk ls --all"

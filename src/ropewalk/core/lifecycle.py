"""decide: what a command leads to, or why it is refused. Pure: state, command and time in, events out."""

from collections.abc import Callable, Collection
from typing import Any

from ropewalk.core import commands as c
from ropewalk.core import events as e
from ropewalk.core.errors import Conflict, NotFound, Refused
from ropewalk.core.payload import Payload
from ropewalk.core.records import Version
from ropewalk.core.state import Attempt, Question, World


def decide(world: World, command: c.Command, now: float) -> list[e.Draft]:
    """The events that a command leads to. Refused (NotFound, Conflict): nothing happens."""
    attempt = world.attempts.get(command.attempt)
    if attempt is None:
        raise NotFound("There is no such attempt.", hint="See what there is: ropewalk ls --all")
    not_gone(world, attempt)
    return DECISIONS[type(command)](world, attempt, command, now)


def alias(world: World, attempt: Attempt) -> str:
    """What a person calls an attempt: `7.2`."""
    return f"{world.tasks[attempt.task].number}.{attempt.number}"


def draft(attempt: Attempt, event: e.Event, *, actor: str, now: float) -> e.Draft:
    """An event of an attempt, at its present epoch."""
    return e.Draft(
        event=event,
        project=attempt.project,
        task=attempt.task,
        attempt=attempt.id,
        epoch=attempt.epoch,
        actor=actor,
        observed=now,
    )


def reopened(world: World, tasks: Collection[str], actor: str, now: float) -> list[e.Draft]:
    """The events that bring those of the tasks back to life that are closed."""
    return [
        e.Draft(
            event=e.TaskReopened(),
            project=world.tasks[one].project,
            task=one,
            actor=actor,
            observed=now,
        )
        for one in tasks
        if world.tasks[one].closed
    ]


def picked(world: World, attempt: Attempt, number: int) -> Version:
    """The version of that number (0: the newest). Refused where there is none."""
    not_gone(world, attempt)
    name = alias(world, attempt)
    if not attempt.versions:
        raise Refused(f"{name} has no change yet.", hint=f"See what it does: ropewalk show {name}")
    if not number:
        return attempt.versions[-1]
    for version in attempt.versions:
        if version.number == number:
            return version
    raise NotFound(
        f"{name} has no version {number}.",
        hint=f"It has {len(attempt.versions)}: ropewalk show {name}",
    )


# --- conversation --------------------------------------------------------------------------------


def _say(world: World, attempt: Attempt, command: c.Say, now: float) -> list[e.Draft]:
    if not command.text.strip():
        raise Refused("The message is empty.", hint="ropewalk say 7.2 also round the total")
    not_merged(world, attempt)
    event = e.MessageQueued(message=command.message, text=Payload.of(command.text))
    return [draft(attempt, event, actor=command.actor, now=now)]


def _answer(world: World, attempt: Attempt, command: c.Answer, now: float) -> list[e.Draft]:
    question = _question(world, attempt, command.question)
    option = _option(question, command.option)
    event = e.QuestionAnswered(
        question=question.id, option=option, waited_s=max(0.0, now - question.asked)
    )
    return [draft(attempt, event, actor=command.actor, now=now)]


def _question(world: World, attempt: Attempt, wanted: str) -> Question:
    if not attempt.questions:
        raise Conflict(
            f"{alias(world, attempt)} asks nothing now.",
            hint=f"See what it does: ropewalk show {alias(world, attempt)}",
        )
    for question in attempt.questions:
        if wanted in ("", question.id):
            return question
    raise Conflict("That question is no longer open.", hint="See the open ones: ropewalk ls")


def option_keys(question: Question) -> dict[str, str]:
    """One key for each option id: the first letter of its label that is still free, else a number."""
    keys: dict[str, str] = {}
    for place, option in enumerate(question.options, 1):
        letters = [one for one in option.label.lower() if one.isalpha() and one.isascii()]
        free = (one for one in letters if one not in keys.values())
        keys[option.id] = next(free, str(place))
    return keys


def _option(question: Question, wanted: str) -> str:
    keys = option_keys(question)
    for option in question.options:
        if wanted == option.id or wanted.lower() in (option.label.lower(), keys[option.id]):
            return option.id
    offered = " · ".join(f"{keys[one.id]}: {one.label}" for one in question.options)
    raise Refused(f"“{wanted}” is none of the answers.", hint=f"Answer with one of: {offered}")


def _stop(world: World, attempt: Attempt, command: c.Stop, now: float) -> list[e.Draft]:
    ends = server_stopped(attempt, command.actor, now)
    if attempt.state == "ended" and attempt.process != "alive":
        if ends:
            return ends
        raise Conflict(
            f"{alias(world, attempt)} does not run.",
            hint=f"Let it go on: ropewalk resume {alias(world, attempt)}",
        )
    event = e.StopAsked(cause="person", reason=command.reason)
    return [draft(attempt, event, actor=command.actor, now=now), *ends]


def server_stopped(attempt: Attempt, actor: str, now: float) -> list[e.Draft]:
    """The event that ends an attempt's server, if it has one."""
    if attempt.server is None or not attempt.server.live:
        return []
    return [draft(attempt, e.ServerStopAsked(run=attempt.server.run), actor=actor, now=now)]


def _resume(world: World, attempt: Attempt, command: c.Resume, now: float) -> list[e.Draft]:
    name = alias(world, attempt)
    not_merged(world, attempt)
    if attempt.state != "ended":
        raise Conflict(f"{name} is not stopped.", hint=f"See what it does: ropewalk show {name}")
    if attempt.process == "alive":
        raise Conflict(
            f"{name} is there and waits.", hint=f"Tell it what to do: ropewalk say {name} …"
        )
    return [draft(attempt, e.ResumeAsked(), actor=command.actor, now=now)]


def not_gone(world: World, attempt: Attempt) -> None:
    """Refused: the files of its versions went for good."""
    if attempt.gone:
        raise Refused(
            f"{alias(world, attempt)} was dropped, and its versions went for good.",
            hint=f"What it did is in the record: ropewalk log {alias(world, attempt)}",
        )


def not_merging(world: World, attempts: list[Attempt]) -> None:
    """Conflict: one of them is on its way into a branch."""
    for one in attempts:
        if one.merging:
            name = alias(world, one)
            raise Conflict(
                f"{name} is on its way into {one.merge.target if one.merge else ''}.",
                hint=f"See how far it is: ropewalk show {name}",
            )


def not_merged(world: World, attempt: Attempt) -> None:
    """Refused: it is merged."""
    if attempt.decision == "merged":
        raise Refused(
            f"{alias(world, attempt)} is merged already.",
            hint="Take the merge back with ropewalk undo, or start a new task with ropewalk run.",
        )


def not_rewinding(world: World, attempt: Attempt) -> None:
    """Conflict: its files are about to change."""
    if attempt.rewinding:
        raise Conflict(
            f"The files of {alias(world, attempt)} are being set back.", hint="Try again."
        )
    if attempt.bringing:
        name = alias(world, attempt)
        raise Conflict(f"Your edits are on their way into {name}.", hint="Try again.")


# --- decisions -----------------------------------------------------------------------------------


def _keep(world: World, attempt: Attempt, command: c.Keep, now: float) -> list[e.Draft]:
    version = picked(world, attempt, command.number)
    if attempt.decision in ("kept", "merged") and attempt.kept == version.number:
        raise Conflict(f"{alias(world, attempt)} is {attempt.decision} already.")
    not_merged(world, attempt)
    others = siblings(world, attempt) if command.others == "drop" else []
    not_merging(world, [attempt, *others])
    kept = e.Kept(
        action=command.action,
        number=version.number,
        others=tuple(one.id for one in others),
        reason=command.reason,
        reviewed_s=_reviewed(attempt, now),
    )
    return [
        draft(attempt, kept, actor=command.actor, now=now),
        *dropped(others, command.action, "another was kept", command.actor, now),
    ]


def siblings(world: World, attempt: Attempt) -> list[Attempt]:
    """The other attempts of the task that are not decided yet."""
    return [
        one
        for one in world.of_task(attempt.task)
        if one.id != attempt.id and one.decision in ("none", "kept")
    ]


def dropped(
    attempts: list[Attempt], action: str, reason: str, actor: str, now: float
) -> list[e.Draft]:
    """The events that throw these attempts away in one action."""
    return [
        draft(
            one,
            e.Dropped(action=action, reason=reason, reviewed_s=_reviewed(one, now)),
            actor=actor,
            now=now,
        )
        for one in attempts
    ]


def _drop(world: World, attempt: Attempt, command: c.Drop, now: float) -> list[e.Draft]:
    if attempt.decision == "dropped":
        raise Conflict(f"{alias(world, attempt)} is dropped already.", hint="ropewalk undo")
    not_merged(world, attempt)
    not_merging(world, [attempt])
    return dropped([attempt], command.action, command.reason, command.actor, now)


def _undo(world: World, attempt: Attempt, command: c.UndoDecision, now: float) -> list[e.Draft]:
    its = [one for one in world.attempts.values() if one.action == command.action]
    touched = [one for one in its if not one.gone]
    if not touched:
        raise Conflict("There is nothing left of that action to take back.")
    event = e.DecisionUndone(action=command.action)
    return [draft(one, event, actor=command.actor, now=now) for one in touched]


def _ask_merge(world: World, attempt: Attempt, command: c.AskMerge, now: float) -> list[e.Draft]:
    name = alias(world, attempt)
    not_merged(world, attempt)
    version = picked(world, attempt, command.number or attempt.kept)
    if attempt.state in ("working", "preparing"):
        raise Conflict(
            f"{name} is still at work.", hint=f"Wait for it, or stop it: ropewalk stop {name}"
        )
    if attempt.snapshot_due:
        raise Conflict(f"{name}'s last turn is not kept as a version yet.", hint="Try again.")
    if attempt.decision == "dropped":
        raise Conflict(
            f"{name} is dropped.", hint=f"Choose it first: ropewalk keep {name} --keep-others"
        )
    not_rewinding(world, attempt)
    not_merging(world, world.of_task(attempt.task))
    event = e.MergeAsked(
        action=command.action,
        number=version.number,
        target=command.target,
        mode=command.mode,
        message=command.message,
        unchecked=command.unchecked,
    )
    return [draft(attempt, event, actor=command.actor, now=now)]


def _reviewed(attempt: Attempt, now: float) -> float:
    """How long a result was there to be looked at before it was decided, in seconds."""
    return max(0.0, now - attempt.ended_at) if attempt.ended_at else 0.0


DECISIONS: dict[type[c.Command], Callable[[World, Attempt, Any, float], list[e.Draft]]] = {
    c.Say: _say,
    c.Answer: _answer,
    c.Stop: _stop,
    c.Resume: _resume,
    c.Keep: _keep,
    c.Drop: _drop,
    c.AskMerge: _ask_merge,
    c.UndoDecision: _undo,
}

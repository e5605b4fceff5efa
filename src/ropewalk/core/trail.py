"""The trail: what events add to the turns and rewinds that an attempt remembers."""

from dataclasses import replace
from typing import Any, Literal

from ropewalk.core import events as e
from ropewalk.core.history import Rewind, Turn
from ropewalk.core.payload import Payload
from ropewalk.core.records import Version
from ropewalk.core.state import Attempt

Turns = tuple[Turn, ...]
Rewinds = tuple[Rewind, ...]


def begun(attempt: Attempt, event: e.TurnStarted, at: float) -> Turns:
    """With a turn that began: the brief, or the message that leaves the inbox."""
    message = next((one for one in attempt.inbox if one.id == event.message), None)
    turn = Turn(
        number=event.turn,
        by=message.by if message else "",
        prompt=bare(message.text) if message else None,
        started=at,
    )
    return (*(one for one in attempt.turns if one.number != event.turn), turn)


def bare(payload: Payload) -> Payload:
    """Without its text, which may be large, where the store has it."""
    return replace(payload, text=None) if payload.digest else payload


def ended(attempt: Attempt, event: e.TurnEnded, at: float) -> Turns:
    """With the end of the turn that was under way."""

    def end(one: Turn) -> Turn:
        under_way = one.number == attempt.turn and not one.ended
        files = one.files if attempt.workspace == "ready" else "lost"
        return replace(one, ended=at, outcome=event.outcome, files=files) if under_way else one

    return tuple(map(end, attempt.turns))


def versioned(attempt: Attempt, version: Version) -> Turns:
    """With the version that a turn led to."""
    if version.made != "turn":
        return attempt.turns
    return _kept(attempt, version.turn, "version", version.number)


def kept(attempt: Attempt, turn: int, files: Literal["nothing", "lost"]) -> Turns:
    """With a turn that left the files as they were, or whose files could not be kept."""
    newest = attempt.version.number if attempt.version else 0
    return _kept(attempt, turn, files, 0 if files == "lost" else newest)


def _kept(
    attempt: Attempt, turn: int, files: Literal["version", "nothing", "lost"], number: int
) -> Turns:
    return tuple(
        replace(one, files=files, version=number) if one.number == turn else one
        for one in attempt.turns
    )


def asked(attempt: Attempt, event: e.RewindAsked, by: str, at: float) -> Rewinds:
    """With a rewind that was asked for."""
    rewind = Rewind(
        action=event.action,
        number=event.number,
        commit=event.commit,
        base=event.base,
        turn=event.turn,
        undoes=event.undoes,
        by=by,
        at=at,
        after=attempt.turn,
    )
    return (*attempt.rewinds, rewind)


def went(attempt: Attempt, action: str, **changes: Any) -> Rewinds:
    """With what became of a rewind."""
    return tuple(
        replace(one, **changes) if one.action == action else one for one in attempt.rewinds
    )


def arrived(attempt: Attempt, event: e.Rewound) -> Rewinds:
    """With a rewind that is done; the one that it takes back is undone. Nothing to do is nothing done."""
    mine = next((one for one in attempt.rewinds if one.action == event.action), None)
    undone = mine.undoes if mine else ""

    def arrive(one: Rewind) -> Rewind:
        if one.action == event.action:
            step = "done" if event.number or event.ignored in ("some", "all") else "undone"
            return replace(one, made=event.number, ignored=event.ignored, step=step)
        return replace(one, step="undone") if undone and one.action == undone else one

    return tuple(map(arrive, attempt.rewinds))

"""Edits: what a person changed at their desk, on its way into an attempt's files. Pure."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from ropewalk.core.payload import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What lies between the commits `base` and `commit`. `after` is the turn that was the last one then.

    `made` is the version that they led to. In a conflict `merged` has both sides, with markers in `paths`,
    on top of `onto`. `at` in seconds since the epoch.
    """

    action: str
    base: str
    commit: str
    by: str
    at: float
    step: Literal["asked", "done", "conflict", "left"] = "asked"
    after: int = 0
    made: int = 0
    diff: Payload | None = None
    onto: str = ""
    merged: str = ""
    paths: tuple[str, ...] = ()
    reason: str = ""


def went(edits: tuple[Edits, ...], action: str, **changes: Any) -> tuple[Edits, ...]:
    """With what became of some."""
    return tuple(replace(one, **changes) if one.action == action else one for one in edits)


def conflicting(edits: tuple[Edits, ...]) -> Edits | None:
    """The newest ones, if they conflict."""
    last = edits[-1] if edits else None
    return last if last and last.step == "conflict" else None


def began(edits: tuple[Edits, ...], wanted: Edits) -> str:
    """The commit that edits count from: those of before that they go on from and did not come in belong to them."""
    known = {one.commit: one for one in edits if one.step == "conflict"}
    base = wanted.base
    while base in known and known[base].action != wanted.action:
        base = known.pop(base).base
    return base


def untold(edits: tuple[Edits, ...], turn: int, since: int) -> list[Edits]:
    """Those of which the agent does not know: after its last turn, and not gone back behind since."""
    return [one for one in edits if one.step == "done" and one.after == turn and one.made > since]


def told_of(text: str, diffs: list[str]) -> str:
    """The next prompt; it says what the person changed in the files."""
    if not diffs:
        return text
    shown = "\n".join(diffs)
    return f"{text}\n\nNote: the person edited the files here since your last turn:\n\n{shown}"

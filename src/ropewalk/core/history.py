"""What an attempt remembers of its way: turns and rewinds."""

from dataclasses import dataclass
from typing import Literal

from ropewalk.core.events.conversation import Outcome
from ropewalk.core.payload import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn, and the version that holds the files at its end (0: those of the base).

    `by` is the actor who asked, `prompt` what was said; where both are empty it was the brief. `files`
    tells whether the turn made a version, changed nothing, or could not be kept; empty until then.
    """

    number: int
    by: str = ""
    prompt: Payload | None = None
    started: float = 0.0
    ended: float = 0.0
    outcome: Outcome | None = None
    files: Literal["", "version", "nothing", "lost"] = ""
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewind:
    """A way back: to version `number` (0: the base), which is `commit` on `base`.

    `turn` is what the person named (None: the version). `after` is the turn that was the last one when it
    was asked for, `before` the version that held the files then, `made` the version that it led to.
    `ignored` tells which ignored files were set back as well.
    """

    action: str
    number: int
    commit: str
    base: str
    by: str
    at: float
    after: int
    turn: int | None = None
    undoes: str = ""
    before: int = 0
    made: int = 0
    ignored: Literal["", "same", "some", "all"] = ""
    step: Literal["asked", "kept", "done", "failed", "undone"] = "asked"
    reason: str = ""

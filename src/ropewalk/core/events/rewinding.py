"""Events of going back: the files of an attempt set to what they were."""

from dataclasses import dataclass
from typing import Literal

from ropewalk.core.events.envelope import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RewindAsked(Event):
    """The person wants the files as they were in version `number` (0: as in the task's base).

    `turn` is what they named, None where they named a version. `undoes` is the rewind that this one takes
    back; that one's place is then taken by nothing. `commit` and `base` are those of the version.
    """

    tag = "rewind.asked"
    action: str
    number: int
    commit: str
    base: str
    turn: int | None = None
    undoes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesKept(Event):
    """What is there is held as version `number` (0: it is the base), so the files may be set back."""

    tag = "rewind.kept"
    action: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewound(Event):
    """The files are set back, as version `number` (0: they were so already).

    `ignored` tells which of the ignored files were set back as well; `same`: all were as then. Empty: those of
    then are not kept, and none was touched.
    """

    tag = "rewind.done"
    action: str
    number: int
    ignored: Literal["", "same", "some", "all"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewindFailed(Event):
    """The files could not be set back; what was there is held by its version."""

    tag = "rewind.failed"
    action: str
    reason: str

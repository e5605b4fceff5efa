"""Commands: what a person asks for. New ids in them are made by the caller, since core knows no chance."""

from dataclasses import dataclass
from typing import Literal

from ropewalk.core.payload import Payload
from ropewalk.core.records import MergeMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something asked of one attempt by somebody (`actor` as in Draft)."""

    attempt: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(Command):
    """Give the agent a message as its next turn."""

    message: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Command):
    """Answer an open question. `question` empty: the oldest. `option`: id, label or first letter."""

    question: str
    option: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Command):
    """End the turn and the process; files and conversation stay."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Command):
    """Let an attempt that ended go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep(Command):
    """Choose a version (0: the newest); siblings are dropped unless `others` is `keep`."""

    action: str
    number: int = 0
    others: Literal["drop", "keep"] = "drop"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Command):
    """Throw the attempt away, to the trash."""

    action: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskMerge(Command):
    """Bring a version (0: the kept or newest one) into a branch."""

    action: str
    number: int
    target: str
    mode: MergeMode
    message: Payload
    unchecked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoDecision(Command):
    """Take a keep or drop back, on every attempt that it touched."""

    action: str

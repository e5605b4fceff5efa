"""Events of what is said between a person and an agent."""

from dataclasses import dataclass
from typing import Literal

from ropewalk.core.events.envelope import Event
from ropewalk.core.payload import Payload
from ropewalk.core.records import Option, PlanEntry

Outcome = Literal["done", "refused", "failed", "stopped", "timed-out", "interrupted"]
Channel = Literal["message", "thought", "stdout", "stderr", "user"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened(Event):
    """The agent speaks its protocol and has a session that can be named later."""

    tag = "session.opened"
    session: str
    title: str = ""
    can_load: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQueued(Event):
    """A person said something that the agent will get as its next turn."""

    tag = "message.queued"
    message: str
    text: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted(Event):
    """The agent got a prompt: the brief (message empty) or a queued message."""

    tag = "turn.started"
    turn: int
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAdded(Event):
    """The agent wrote something."""

    tag = "text.added"
    channel: Channel
    text: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChanged(Event):
    """A tool call began or changed (an upsert by `call`). Empty fields mean unchanged."""

    tag = "tool.changed"
    call: str
    title: str = ""
    kind: str = ""
    status: str = ""
    detail: Payload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanged(Event):
    """The agent's own plan, whole."""

    tag = "plan.changed"
    entries: tuple[PlanEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageChanged(Event):
    """What the agent says it used so far in this session; claims, not measurements."""

    tag = "usage.changed"
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked(Event):
    """The agent waits for an answer. `question` is its key: the spool position it was read at."""

    tag = "question.asked"
    question: str
    kind: Literal["permission", "question"]
    title: str
    options: tuple[Option, ...]
    detail: Payload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered(Event):
    """Somebody answered."""

    tag = "question.answered"
    question: str
    option: str
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionClosed(Event):
    """The question went away without an answer."""

    tag = "question.closed"
    question: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapMade(Event):
    """Output beyond the quota was not kept."""

    tag = "output.gap"
    channel: Channel
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """Something worth telling that is nobody's words: a protocol fault, an odd line."""

    tag = "noted"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded(Event):
    """The agent stopped working, for a reason that was seen."""

    tag = "turn.ended"
    turn: int
    outcome: Outcome
    reason: str = ""

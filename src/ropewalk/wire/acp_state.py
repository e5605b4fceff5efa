"""What a conversation over ACP has to remember, and the bench on which a step is put together."""

from dataclasses import dataclass, field, replace
from typing import Literal

from ropewalk.core.events import (
    Event,
    Noted,
    Outcome,
    QuestionClosed,
    TextAdded,
    TurnEnded,
    UsageChanged,
)
from ropewalk.core.payload import Payload
from ropewalk.core.records import Exit
from ropewalk.wire import jsonrpc
from ropewalk.wire.dialect import Send
from ropewalk.wire.lines import Lines
from ropewalk.wire.text import Text

Phase = Literal["new", "initializing", "opening", "loading", "open", "broken", "closed"]
CANCELLED: jsonrpc.Body = {"outcome": {"outcome": "cancelled"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt that waits until the session is open or the turn before it has ended."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A question that waits for its answer. `request` is its JSON-RPC id as JSON text."""

    question: str
    request: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All of a conversation.

    `session` is the one to load until one is open, then the open one. `turn` is the turn the agent
    works on (0: none). `replaying`: what comes is the past, told again. `titles` are those of tool
    calls that are not finished. `odd` counts lines that were no message. `reason` says why the
    conversation cannot go on.
    """

    phase: Phase = "new"
    cwd: str = ""
    session: str = ""
    title: str = ""
    can_load: bool = False
    turn: int = 0
    cancelled: bool = False
    replaying: bool = False
    waiting: tuple[Prompt, ...] = ()
    questions: tuple[Open, ...] = ()
    titles: dict[str, str] = field(default_factory=dict[str, str])
    usage: UsageChanged = field(default_factory=UsageChanged)
    odd: int = 0
    reason: str = ""
    exit: Exit | None = None
    stdout: Lines = field(default_factory=Lines)
    stderr: Text = field(default_factory=Text)


class Bench:
    """One step in the making: the state as it becomes, the events and the sends so far."""

    def __init__(self, state: State) -> None:
        """Begin with the state before the step."""
        self.state = state
        self.events: list[Event] = []
        self.sends: list[Send] = []

    def put(self, **changes: object) -> None:
        """Change the state."""
        self.state = replace(self.state, **changes)  # pyright: ignore[reportArgumentType] (checked by replace at run time; every caller's test runs it)

    def tell(self, event: Event | None) -> None:
        """Add an event; text goes on where the last event left off in the same channel."""
        if event is None:
            return
        last = self.events[-1] if self.events else None
        if (
            isinstance(event, TextAdded)
            and isinstance(last, TextAdded)
            and last.channel == event.channel
        ):
            joined = f"{last.text.text}{event.text.text}"
            self.events[-1] = TextAdded(channel=event.channel, text=Payload.of(joined))
        else:
            self.events.append(event)

    def send(self, id: str, data: bytes) -> None:
        """Add something to write."""
        self.sends.append(Send(id=id, data=data))

    def note(self, text: str) -> None:
        """Add a note."""
        self.tell(Noted(text=text))

    def close_questions(self, reason: str, *, reply: bool = True) -> None:
        """No open question is to be answered by a person any more."""
        for one in self.state.questions:
            if reply:
                self.send(f"answer:{one.question}", jsonrpc.result(one.request, CANCELLED))
            self.tell(QuestionClosed(question=one.question, reason=reason))
        self.put(questions=())

    def end_turn(self, outcome: Outcome, reason: str = "", *, reply: bool = True) -> None:
        """The open turn is over."""
        self.close_questions("the turn ended", reply=reply)
        self.tell(TurnEnded(turn=self.state.turn, outcome=outcome, reason=reason))
        self.put(turn=0, cancelled=False, titles={})

    def drop_waiting(self, outcome: Outcome, reason: str = "") -> None:
        """Prompts that wait will not be sent."""
        for one in self.state.waiting:
            self.tell(TurnEnded(turn=one.turn, outcome=outcome, reason=reason))
        self.put(waiting=())

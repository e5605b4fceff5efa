"""What the hub needs from a protocol: bytes of a run in, events and bytes to write out. Pure.

A dialect is a value: every call returns the next one. `dump()` gives its state as JSON, so that it is
stored in the same transaction as the events it led to, and `load` brings it back after a crash. What it
wants written carries an id that names its cause (`initialize`, `prompt:2`, `answer:4711`, `cancel:2`);
the same id is never given twice in one run, and the same input always leads to the same output.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from ropewalk.core.events import Event
from ropewalk.core.records import Exit

Stream = Literal["stdout", "stderr"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Bytes for the run's standard input, under an id; `close` closes the input after them."""

    id: str
    data: bytes
    close: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a call led to: the next dialect, events in order, and what to write in order."""

    dialect: "Dialect"
    events: tuple[Event, ...] = ()
    sends: tuple[Send, ...] = ()


class Dialect(Protocol):
    """One agent's protocol, as seen from the hub. Never raises for what an agent sent."""

    name: ClassVar[str]
    version: ClassVar[int]

    def open(self, *, cwd: str, session: str) -> Step:
        """The process is there. `session` is one to load, or empty for a new one."""
        ...

    def prompt(self, *, turn: int, text: str) -> Step:
        """Give the agent a prompt; leads to TurnEnded sooner or later."""
        ...

    def answer(self, *, question: str, option: str) -> Step:
        """Answer a question (its key as in QuestionAsked). Unknown or closed: no effect."""
        ...

    def cancel(self) -> Step:
        """Ask the agent to end its turn; open questions are closed."""
        ...

    def receive(self, stream: Stream, data: bytes, *, at: int) -> Step:
        """Output of the run; `at` is the position of its first byte in that stream."""
        ...

    def gap(self, stream: Stream, size: int) -> Step:
        """`size` bytes of output were not kept."""
        ...

    def closed(self, exit: Exit) -> Step:
        """The process is gone; a turn that is still open ends here."""
        ...

    def dump(self) -> str:
        """The state as JSON."""
        ...


class Loader(Protocol):
    """Makes a dialect, or brings one back from its dumped state."""

    def __call__(self, state: str = "", /) -> Dialect:
        """`state` empty: a fresh one. ValueError: a state that this version cannot read."""
        ...


Dialects = Sequence[tuple[str, Loader]]

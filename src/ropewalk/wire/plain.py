"""Any command as an agent: what it writes is text, its exit status is the end of its only turn."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from ropewalk.core.events import Channel, Event, GapMade, TextAdded, TurnEnded
from ropewalk.core.payload import Payload
from ropewalk.core.records import Exit, PromptBy
from ropewalk.wire import saved
from ropewalk.wire.dialect import Loader, Send, Step, Stream
from ropewalk.wire.ending import by_command
from ropewalk.wire.text import Text

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A command that gets one prompt: on its standard input, or in its argv (then input is closed).

    `turn` is the turn that is open (0: none), `prompted` that a prompt was given, `exit` how the
    process ended.
    """

    name: ClassVar[str] = "plain"
    version: ClassVar[int] = VERSION

    prompt_by: PromptBy = "argument"
    turn: int = 0
    prompted: bool = False
    exit: Exit | None = None
    stdout: Text = field(default_factory=Text)
    stderr: Text = field(default_factory=Text)

    def open(self, *, cwd: str, session: str) -> Step:
        """Nothing to say to a command before its prompt."""
        return Step(dialect=self)

    def prompt(self, *, turn: int, text: str) -> Step:
        """Send the prompt and close the input; a command takes no second one."""
        if self.prompted:
            reason = "a command takes one prompt for each start"
            ended = TurnEnded(turn=turn, outcome="failed", reason=reason)
            return Step(dialect=self, events=(ended,))
        after = replace(self, turn=turn, prompted=True)
        if self.exit is not None:
            return after.closed(self.exit)
        return Step(dialect=after, sends=(self._input(turn, text),))

    def answer(self, *, question: str, option: str) -> Step:
        """A command asks nothing that could be answered."""
        return Step(dialect=self)

    def cancel(self) -> Step:
        """A command has no ear; only a signal to its process ends it."""
        return Step(dialect=self)

    def receive(self, stream: Stream, data: bytes, *, at: int) -> Step:
        """Text, one event a call."""
        decoder, text, hole = self._decoder(stream).feed(data, at=at)
        events: list[Event] = [GapMade(channel=stream, size=hole)] if hole else []
        events += _added(stream, text)
        return Step(dialect=self._with(stream, decoder), events=tuple(events))

    def gap(self, stream: Stream, size: int) -> Step:
        """Output is missing here."""
        after = self._with(stream, self._decoder(stream).skip(size))
        return Step(dialect=after, events=(GapMade(channel=stream, size=size),))

    def closed(self, exit: Exit) -> Step:
        """The exit status is the outcome."""
        stdout, out = self.stdout.finish()
        stderr, err = self.stderr.finish()
        events: list[Event] = [*_added("stdout", out), *_added("stderr", err)]
        if self.turn:
            outcome, reason = by_command(exit)
            events.append(TurnEnded(turn=self.turn, outcome=outcome, reason=reason))
        after = replace(self, turn=0, exit=exit, stdout=stdout, stderr=stderr)
        return Step(dialect=after, events=tuple(events))

    def dump(self) -> str:
        """The state as JSON."""
        return saved.dump(self, name=self.name, version=VERSION)

    def _input(self, turn: int, text: str) -> Send:
        if self.prompt_by == "stdin":
            data = text.encode("utf-8", "replace")
            return Send(id=f"prompt:{turn}", data=data, close=True)
        return Send(id="eof", data=b"", close=True)

    def _decoder(self, stream: Stream) -> Text:
        return self.stdout if stream == "stdout" else self.stderr

    def _with(self, stream: Stream, decoder: Text) -> "Plain":
        if stream == "stdout":
            return replace(self, stdout=decoder)
        return replace(self, stderr=decoder)


def loader(prompt_by: PromptBy) -> Loader:
    """The loader for commands that take their prompt this way."""

    def load(state: str = "", /) -> Plain:
        if not state:
            return Plain(prompt_by=prompt_by)
        return saved.load(Plain, state, name=Plain.name, version=VERSION)

    return load


def _added(channel: Channel, text: str) -> list[Event]:
    return [TextAdded(channel=channel, text=Payload.of(text))] if text else []

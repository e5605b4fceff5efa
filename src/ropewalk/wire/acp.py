"""The Agent Client Protocol, version 1, as a client (https://agentclientprotocol.com): sans I/O.

What an agent sends is believed only as far as it has the right type; everything else is left out or
noted. Files and terminals are not offered to the agent and refused when asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from ropewalk.core.events import GapMade, TextAdded
from ropewalk.core.payload import Payload
from ropewalk.core.records import Exit
from ropewalk.wire import jsonrpc, saved
from ropewalk.wire.acp_inbox import take
from ropewalk.wire.acp_session import begin, cancel, prompt
from ropewalk.wire.acp_state import Bench, State
from ropewalk.wire.dialect import Step, Stream
from ropewalk.wire.ending import by_session

VERSION = 1


@dataclass(frozen=True, slots=True)
class Acp:
    """A conversation with one agent process over its standard input and output."""

    name: ClassVar[str] = "acp"
    version: ClassVar[int] = VERSION

    state: State = field(default_factory=State)

    def open(self, *, cwd: str, session: str) -> Step:
        """Introduce ourselves, then open or load a session in `cwd`."""
        if self.state.phase != "new":
            return Step(dialect=self)
        return self._step(lambda bench: begin(bench, cwd, session))

    def prompt(self, *, turn: int, text: str) -> Step:
        """Send a prompt, or keep it until the session is open and the turn before it has ended."""
        return self._step(lambda bench: prompt(bench, turn, text))

    def answer(self, *, question: str, option: str) -> Step:
        """Answer an open question with one of its options; anything else has no effect."""
        asked = next((one for one in self.state.questions if one.question == question), None)
        if asked is None or option not in asked.options:
            return Step(dialect=self)
        chosen = {"outcome": {"outcome": "selected", "optionId": option}}
        rest = tuple(one for one in self.state.questions if one is not asked)

        def reply(bench: Bench) -> None:
            bench.send(f"answer:{question}", jsonrpc.result(asked.request, chosen))
            bench.put(questions=rest)

        return self._step(reply)

    def cancel(self) -> Step:
        """Ask the agent to end its turn; what was not sent yet ends here."""
        return self._step(cancel)

    def receive(self, stream: Stream, data: bytes, *, at: int) -> Step:
        """Messages on stdout, words on stderr."""
        if stream == "stdout":
            return self._step(lambda bench: _lines(bench, data, at))
        return self._step(lambda bench: _words(bench, data, at))

    def gap(self, stream: Stream, size: int) -> Step:
        """Output is missing here; a line that it fell into is lost."""

        def miss(bench: Bench) -> None:
            bench.tell(GapMade(channel=stream, size=size))
            if stream == "stdout":
                bench.put(stdout=bench.state.stdout.skip(size))
            else:
                bench.put(stderr=bench.state.stderr.skip(size))

        return self._step(miss)

    def closed(self, exit: Exit) -> Step:
        """The process is gone: what was said completely still counts, then open turns end."""
        if self.state.phase == "closed":
            return Step(dialect=self)
        return self._step(lambda bench: _close(bench, exit))

    def dump(self) -> str:
        """The state as JSON."""
        return saved.dump(self.state, name=self.name, version=VERSION)

    def _step(self, work: Callable[[Bench], None]) -> Step:
        bench = Bench(self.state)
        work(bench)
        after = replace(self, state=bench.state)
        return Step(dialect=after, events=tuple(bench.events), sends=tuple(bench.sends))


def load(state: str = "", /) -> Acp:
    """A fresh conversation, or the one that `dump` wrote down."""
    return Acp(saved.load(State, state, name=Acp.name, version=VERSION)) if state else Acp()


def _lines(bench: Bench, data: bytes, at: int) -> None:
    splitter, lines, hole = bench.state.stdout.feed(data, at=at)
    bench.put(stdout=splitter)
    if hole:
        bench.tell(GapMade(channel="stdout", size=hole))
    for line in lines:
        take(bench, line)


def _words(bench: Bench, data: bytes, at: int) -> None:
    decoder, text, hole = bench.state.stderr.feed(data, at=at)
    bench.put(stderr=decoder)
    if hole:
        bench.tell(GapMade(channel="stderr", size=hole))
    if text:
        bench.tell(TextAdded(channel="stderr", text=Payload.of(text)))


def _close(bench: Bench, exit: Exit) -> None:
    splitter, lines = bench.state.stdout.finish()
    decoder, text = bench.state.stderr.finish()
    bench.put(stdout=splitter, stderr=decoder, exit=exit)
    for line in lines:
        take(bench, line)
    if text:
        bench.tell(TextAdded(channel="stderr", text=Payload.of(text)))
    if bench.state.odd > 1:
        bench.note(f"{bench.state.odd} lines of the agent were no messages")
    outcome, reason = by_session(exit, cancelled=bench.state.cancelled)
    if bench.state.turn:
        bench.end_turn(outcome, reason, reply=False)
    bench.close_questions("the agent is gone", reply=False)
    bench.drop_waiting(outcome, reason)
    bench.put(phase="closed", reason=reason)
    bench.sends.clear()

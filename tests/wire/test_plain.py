"""Commands as agents."""

import pytest

from ropewalk.core.events import GapMade, TextAdded, TurnEnded
from ropewalk.core.payload import Payload
from ropewalk.core.records import Agent, Exit
from ropewalk.wire import plain
from ropewalk.wire.acp import Acp
from ropewalk.wire.dialect import Send
from ropewalk.wire.loaders import loader
from ropewalk.wire.plain import Plain
from tests.wire.script import Talk


def words(text: str, channel: str = "stdout") -> TextAdded:
    return TextAdded(channel=channel, text=Payload.of(text))


def test_a_prompt_on_stdin_and_one_elsewhere() -> None:
    talk = Talk(plain.loader("stdin"))
    talk.take(talk.dialect.open(cwd="/w", session="x"))
    assert (talk.events, talk.sends) == ([], [])
    talk.take(talk.dialect.prompt(turn=3, text="tü"))
    assert talk.sends == [Send(id="prompt:3", data="tü".encode(), close=True)]
    for way in ("argument", "file"):
        other = Talk(plain.loader(way))
        other.take(other.dialect.prompt(turn=3, text="tü"))
        assert other.sends == [Send(id="eof", data=b"", close=True)]


def test_output_is_text_however_it_is_cut() -> None:
    talk = Talk(plain.loader("argument"))
    data = "a€b\n".encode()
    assert talk.feed(data[:2]).events == [words("a")]
    assert talk.feed(data[2:]).events == [words("€b\n")]
    again = talk.dialect.receive("stdout", data + b"c", at=0)
    assert again.events == (words("c"),)
    other = talk.dialect.receive("stderr", b"\xff!", at=0)
    assert other.events == (words("\ufffd!", "stderr"),)


def test_what_is_missing_is_said_once() -> None:
    talk = Talk(plain.loader("argument")).feed(b"head")
    talk.take(talk.dialect.gap("stdout", 90))
    assert talk.events == [GapMade(channel="stdout", size=90)]
    talk.at += 90
    assert talk.feed(b"tail").events == [words("tail")]
    talk.at += 7
    assert talk.feed(b"end").events == [GapMade(channel="stdout", size=7), words("end")]


@pytest.mark.parametrize(
    ("end", "outcome", "reason"),
    [
        (Exit(code=0), "done", ""),
        (Exit(code=3), "failed", "exit status 3"),
        (Exit(code=None, signal=11), "failed", "killed by signal 11"),
        (Exit(code=0, cause="stopped"), "stopped", "it was stopped"),
        (Exit(code=0, cause="deadline"), "timed-out", "its time was over"),
        (Exit(code=0, cause="output"), "failed", "it wrote more than its output limit"),
        (Exit(code=None, cause="lost"), "interrupted", "its process was lost"),
    ],
)
def test_the_exit_is_the_outcome(end: Exit, outcome: str, reason: str) -> None:
    ended = TurnEnded(turn=1, outcome=outcome, reason=reason)
    talk = Talk(plain.loader("argument"))
    talk.take(talk.dialect.prompt(turn=1, text="x")).feed(b"\xe2\x82")
    assert talk.take(talk.dialect.closed(end)).events == [words("\ufffd"), ended]
    assert talk.take(talk.dialect.closed(end)).events == []
    early = Talk(plain.loader("argument"))
    assert early.take(early.dialect.closed(end)).events == []
    assert early.take(early.dialect.prompt(turn=1, text="x")).events == [ended]


def test_a_second_prompt_is_refused_in_words() -> None:
    talk = Talk(plain.loader("stdin"))
    talk.take(talk.dialect.prompt(turn=1, text="x"))
    talk.take(talk.dialect.prompt(turn=2, text="y"))
    assert [(one.turn, one.outcome) for one in talk.events] == [(2, "failed")]
    assert talk.sends == []


def test_nothing_can_be_answered_or_cancelled() -> None:
    talk = Talk(plain.loader("stdin"))
    assert talk.take(talk.dialect.answer(question="1", option="y")).sends == []
    assert talk.take(talk.dialect.cancel()).sends == []


def test_which_dialect_an_agent_speaks() -> None:
    acp = Agent(name="a", kind="acp", argv=("a",))
    command = Agent(name="a", kind="command", argv=("a",), prompt_by="stdin")
    assert isinstance(loader(acp)(), Acp)
    assert loader(command)() == Plain(prompt_by="stdin")
    assert loader(command)(Plain(prompt_by="file").dump()) == Plain(prompt_by="file")
    with pytest.raises(ValueError, match="cannot be read by plain"):
        loader(command)(Acp().dump())

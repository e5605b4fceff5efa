"""Whatever an agent sends, nothing raises, the state stays storable, and ids stay unique."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.core import codec
from ropewalk.core.records import Exit
from ropewalk.wire import acp, plain
from ropewalk.wire.dialect import Dialect, Step
from tests.wire.script import line

METHODS = ("session/update", "session/request_permission", "fs/read_text_file", "$/x", "initialize")
KINDS = (
    *("agent_message_chunk", "agent_thought_chunk", "user_message_chunk", "tool_call", "plan"),
    *("tool_call_update", "usage_update", "available_commands_update", "current_mode_update", "x"),
)
WORDS = st.sampled_from(
    (
        *(
            "sessionUpdate",
            "content",
            "type",
            "text",
            "diff",
            "path",
            "oldText",
            "newText",
            "toolCallId",
        ),
        *("title", "status", "completed", "entries", "used", "cost", "amount", "currency", "USD"),
        *("options", "optionId", "name", "kind", "toolCall", "rawInput", "a\ud800b", "", "\x00"),
    )
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), WORDS, st.text(max_size=5)
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
UPDATE = st.builds(
    lambda kind, more: {**more, "sessionUpdate": kind},
    st.sampled_from(KINDS),
    st.dictionaries(WORDS, JSON, max_size=5),
)
PARAMS = (
    JSON
    | st.fixed_dictionaries({"update": UPDATE | JSON})
    | st.fixed_dictionaries(
        {
            "toolCall": JSON | st.dictionaries(WORDS, JSON),
            "options": st.lists(st.dictionaries(WORDS, JSON) | JSON, max_size=3) | JSON,
        }
    )
)
IDS = st.integers(0, 8) | JSON
RESULT = st.fixed_dictionaries({"sessionId": JSON, "stopReason": JSON, "usage": JSON})
ERROR = st.fixed_dictionaries({"code": JSON, "message": JSON, "data": JSON})
CALL = {"method": st.sampled_from(METHODS) | JSON, "params": PARAMS}
MESSAGE = st.one_of(
    JSON,
    st.fixed_dictionaries(CALL, optional={"id": IDS}),
    st.fixed_dictionaries({"id": IDS, "result": JSON | RESULT}),
    st.fixed_dictionaries({"id": IDS, "error": JSON | ERROR}),
)


def as_line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


GOOD = [
    line({"id": 1, "result": {"protocolVersion": 1, "agentCapabilities": {"loadSession": True}}}),
    line({"id": 2, "result": {"sessionId": "s"}}),
]
LINES = st.binary(max_size=40) | MESSAGE.map(as_line) | st.sampled_from(GOOD)
DEEDS = st.one_of(
    LINES,
    st.sampled_from(["prompt", "cancel", "answer", "gap", "closed"]),
)


class Tormented:
    """A dialect that gets anything; checks after each step that it can be stored."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.ids: list[str] = []
        self.asked: list[str] = []
        self.turn = self.at = 0

    def take(self, step: Step) -> None:
        for event in step.events:
            tag, version, body = codec.dump_event(event)
            stored = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
            assert codec.load_event(tag, version, json.loads(stored)) == event
            if tag == "question.asked":
                self.asked.append(event.question)
        self.ids += [one.id for one in step.sends]
        assert len(set(self.ids)) == len(self.ids)
        self.dialect = acp.load(step.dialect.dump()) if step.dialect.name == "acp" else step.dialect

    def do(self, deed: bytes | str) -> None:
        if isinstance(deed, bytes):
            at, self.at = self.at, self.at + len(deed)
            self.take(self.dialect.receive("stdout", deed, at=at))
            self.take(self.dialect.receive("stderr", deed, at=at))
        elif deed == "prompt":
            self.turn += 1
            self.take(self.dialect.prompt(turn=self.turn, text="x\ud800"))
        elif deed == "answer":
            for one in self.asked:
                self.take(self.dialect.answer(question=one, option="title"))
                self.take(self.dialect.answer(question=one, option=""))
        elif deed == "gap":
            self.take(self.dialect.gap("stdout", 3))
        elif deed == "cancel":
            self.take(self.dialect.cancel())
        else:
            self.take(self.dialect.closed(Exit(code=0)))


@settings(deadline=None, max_examples=100)
@given(st.booleans(), st.lists(DEEDS, max_size=12))
def test_acp(opened: bool, deeds: list[bytes | str]) -> None:
    tormented = Tormented(acp.load())
    tormented.take(tormented.dialect.open(cwd="/w", session="old"))
    for deed in [*GOOD, "prompt", *deeds] if opened else deeds:
        tormented.do(deed)


@settings(deadline=None, max_examples=50)
@given(st.lists(DEEDS, max_size=8))
def test_plain(deeds: list[bytes | str]) -> None:
    tormented = Tormented(plain.loader("stdin")())
    for deed in deeds:
        tormented.do(deed)


def test_odd_numbers_and_deep_nests() -> None:
    tormented = Tormented(acp.load())
    tormented.take(tormented.dialect.open(cwd="/w", session=""))
    for deed in [*GOOD, "prompt"]:
        tormented.do(deed)
    head = b'{"method":"session/update","params":{"update":{"sessionUpdate":"usage_update","used":'
    for number in (b"NaN", b"1e999", b"-1", b"9" * 5000, b"1e300", b"true"):
        tormented.do(head + number + b',"cost":{"currency":"USD","amount":' + number + b"}}}}\n")
    tormented.do(b"[" * 200_000 + b"\n")
    tormented.do(b'{"id":1e999,"method":"fs/x"}\n{"id":NaN,"method":"fs/x"}\n')
    assert [one for one in tormented.ids if one.startswith("reply")] == []

"""The same bytes lead to the same events and sends, however they are cut and whenever we die."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.core.events import Event, TextAdded
from ropewalk.core.records import Exit
from ropewalk.wire import acp, plain
from ropewalk.wire.dialect import Dialect, Loader, Send, Step
from ropewalk.wire.text import Text
from tests.wire.script import ask, chunk, line, update, welcome

RECORDED = b"".join(
    (
        line(welcome(can_load=True)),
        b"not a message \xff\n",
        line({"id": 2, "result": {"sessionId": "s1"}}),
        line(chunk("h€llo ")),
        line(chunk("world")),
        line(chunk("hm", "agent_thought_chunk")),
        line(update("tool_call", toolCallId="c1", title="Run", status="pending")),
        line(ask(0)),
        line(ask(1, "c2", title="Other")),
        b"\n",
        line({"id": 8, "method": "fs/read_text_file", "params": {}}),
        line(update("usage_update", used=9, size=10)),
        line({"id": 4, "result": {"stopReason": "end_turn"}}),
        line(chunk("late")),
    )
)
NOISE = bytes(range(256)) + "ä€😀\ud7ff".encode() * 3 + b"\xf0\x9f\x98 \xe2\x82\xe2\x82\xac\n"


def play(
    dialect: Dialect, load: Loader, pieces: Iterator[bytes], again: int
) -> tuple[list[Event], list[Send]]:
    """The whole conversation; after each piece the state is loaded and `again` bytes come once more."""
    events: list[Event] = []
    sends: list[Send] = []

    def take(step: Step) -> Dialect:
        events.extend(step.events)
        sends.extend(step.sends)
        return load(step.dialect.dump())

    dialect = take(dialect.open(cwd="/w", session=""))
    dialect = take(dialect.prompt(turn=1, text="Do it"))
    seen = b""
    for piece in pieces:
        back = min(again, len(seen))
        data, at = seen[len(seen) - back :] + piece, len(seen) - back
        dialect = take(dialect.receive("stdout", data, at=at))
        seen += piece
    take(dialect.closed(Exit(code=0)))
    return joined(events), sends


def joined(events: list[Event]) -> list[Any]:
    """Events with neighbouring texts of a channel made one."""
    told: list[Any] = []
    for one in events:
        if not isinstance(one, TextAdded):
            told.append(one)
        elif told and isinstance(told[-1], list) and told[-1][0] == one.channel:
            told[-1][1] += one.text.text
        else:
            told.append([one.channel, one.text.text])
    return told


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    edges = [0, *sorted(one % (len(data) + 1) for one in places), len(data)]
    return (data[a:b] for a, b in pairwise(edges))


PLACES = st.lists(st.integers(0, 100_000), max_size=30)


@settings(deadline=None, max_examples=60)
@given(PLACES, st.integers(0, 300))
def test_acp(places: list[int], again: int) -> None:
    whole = play(acp.load(), acp.load, cut(RECORDED, []), 0)
    assert play(acp.load(), acp.load, cut(RECORDED, places), again) == whole


@settings(deadline=None, max_examples=60)
@given(PLACES, st.integers(0, 300))
def test_plain(places: list[int], again: int) -> None:
    load = plain.loader("stdin")
    whole = play(load(), load, cut(NOISE, []), 0)
    assert play(load(), load, cut(NOISE, places), again) == whole


@given(st.binary(max_size=60), PLACES)
def test_text_is_what_python_makes_of_the_whole(data: bytes, places: list[int]) -> None:
    decoder, told, at = Text(), "", 0
    for piece in cut(data, places):
        decoder, text, hole = decoder.feed(piece, at=at)
        told += text
        at += len(piece)
        assert hole == 0
    assert told + decoder.finish()[1] == data.decode("utf-8", "replace")


def test_every_send_has_an_id_of_its_own_and_the_recording_reaches_everything() -> None:
    events, sends = play(acp.load(), acp.load, cut(RECORDED, []), 0)
    ids = [one.id for one in sends]
    assert len(set(ids)) == len(ids)
    assert {one.split(":")[0] for one in ids} == {
        "initialize",
        "session",
        "prompt",
        "answer",
        "reply",
    }
    assert len(events) >= 12
    assert all(json.loads(one.data) for one in sends)

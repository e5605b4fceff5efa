"""What is read of answers, however they are cut into pieces, and of answers that are none."""

import itertools
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.core.usage import Usage
from ropewalk.wire.models import CODECS, Answer, Name, Reading
from tests.wire.models.samples import ANSWERS, CHAT_STREAM, CLAUDE_STREAM, events

NAMES = st.sampled_from(sorted(CODECS))


def read(name: Name, *pieces: bytes, status: int = 200, cut: bool = False) -> Reading:
    answer = Answer(CODECS[name], status)
    for one in pieces:
        answer.feed(one)
    return answer.end(cut=cut)


@pytest.mark.parametrize(("name", "data", "meant"), ANSWERS)
def test_an_answer_says_what_it_used(name: Name, data: bytes, meant: Reading) -> None:
    assert read(name, data) == meant
    assert read(name, *(data[at : at + 1] for at in range(len(data)))) == meant


@given(st.sampled_from(ANSWERS), st.lists(st.integers(0, 3000), max_size=8))
def test_pieces_do_not_matter(case: tuple[Name, bytes, Reading], cuts: list[int]) -> None:
    name, data, meant = case
    places = [0, *sorted(min(one, len(data)) for one in cuts), len(data)]
    assert read(name, *(data[a:b] for a, b in itertools.pairwise(places))) == meant


@pytest.mark.parametrize("newline", [b"\r", b"\r\n", b"\n"])
def test_lines_end_in_three_ways(newline: bytes) -> None:
    name, data, meant = ANSWERS[1]
    data = b"\xef\xbb\xbf: a comment\n\n" + data
    pieces = data.replace(b"\n", newline)
    assert read(name, *(pieces[at : at + 1] for at in range(len(pieces)))) == meant


@pytest.mark.parametrize("newline", [b"\r", b"\r\n", b"\n"])
def test_an_event_may_have_several_lines_of_data(newline: bytes) -> None:
    name, data, meant = ANSWERS[5]
    spread = data.replace(b", ", b",\ndata:  ").replace(b"\n", newline)
    assert spread.count(b"data:") > 3 * data.count(b"data:")
    assert read(name, spread) == meant


@given(st.sampled_from(ANSWERS), st.floats(0, 0.97))
def test_what_breaks_off_is_never_finished(case: tuple[Name, bytes, Reading], part: float) -> None:
    name, data, meant = case
    piece = data[: int(part * len(data))]
    reading = read(name, piece, cut=True)
    if data[:1] in (b"{", b"["):  # its own end says more than the connection's
        assert read(name, piece) == reading
    # The last line may be all that was missing, of a stream whose last event had come.
    assert reading.ended in ("cut", "unknown") or reading == meant


@given(NAMES, st.lists(st.binary(max_size=40) | st.sampled_from([b'{"', b"data: ", b"\n\n", b"["])))
def test_garbage_is_unknown_and_never_raises(name: Name, pieces: list[bytes]) -> None:
    reading = read(name, *pieces)
    assert reading.usage is None
    assert reading.ended in ("unknown", "finished", "cut")


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
KEYS = st.sampled_from(
    (
        *("type", "message", "usage", "input_tokens", "output_tokens", "model", "response"),
        *(
            "choices",
            "delta",
            "error",
            "code",
            "status",
            "usageMetadata",
            "promptTokenCount",
            "a.b",
        ),
    )
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5)
)


@given(NAMES, JSON, st.booleans())
def test_any_json_can_be_read(name: Name, value: object, streams: bool) -> None:
    data = json.dumps(value).encode()
    reading = read(name, b"data: " + data + b"\n\n" if streams else data)
    used = reading.usage or Usage()
    assert min(used.input, used.output, used.read, used.written, used.kept) >= 0
    json.dumps([reading.model, reading.stop, reading.said]).encode()


def test_a_stream_that_was_cut_still_says_what_went_in() -> None:
    at = CLAUDE_STREAM.index(b"content_block_delta")
    reading = read("anthropic", CLAUDE_STREAM[:at], cut=True)
    assert (reading.ended, reading.usage) == (
        "cut",
        Usage(input=25, output=1, read=1000, written=30, kept=10),
    )


def test_a_stream_without_its_usage_has_none() -> None:
    at = CHAT_STREAM.index(b'"choices": []')
    reading = read("openai-chat", CHAT_STREAM[:at].rpartition(b"event:")[0])
    assert (reading.ended, reading.stop, reading.usage) == ("finished", "stop", None)


def test_reasoning_that_only_the_total_has_is_counted() -> None:
    body = {"usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 45}}
    assert read("openai-chat", json.dumps(body).encode()).usage == Usage(input=10, output=35)


def test_numbers_that_are_none_are_not_believed() -> None:
    for bad in (-1, "7", True, 2**60, [1], {"input_tokens": 3}):
        body = {"type": "message", "usage": {"input_tokens": bad, "output_tokens": bad}}
        assert read("anthropic", json.dumps(body).encode()).usage is None, bad


ERRORS = [
    ("anthropic", 529, {"type": "error", "error": {"type": "overloaded_error"}}, "overloaded"),
    ("anthropic", 401, {"type": "error", "error": {"type": "authentication_error"}}, "credentials"),
    ("openai-chat", 429, {"error": {"type": "insufficient_quota", "code": "x"}}, "quota"),
    ("openai-chat", 429, {"error": {"message": "slow", "code": None}}, "rate"),
    ("openai-chat", 200, {"error": {"message": "no", "code": 502}}, "server"),
    ("openai-chat", 500, {"error": "out of memory"}, "server"),
    ("openai-responses", 400, {"error": {"code": "context_length_exceeded"}}, "too-long"),
    ("gemini", 429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}, "rate"),
    ("gemini", 400, [{"error": {"code": 400, "status": "INVALID_ARGUMENT"}}], "refused"),
]


@pytest.mark.parametrize(("name", "status", "body", "trouble"), ERRORS)
def test_errors_are_told_apart(name: Name, status: int, body: object, trouble: str) -> None:
    reading = read(name, json.dumps(body).encode(), status=status)
    assert (reading.trouble, reading.usage, reading.ended) == (trouble, None, "finished")


def test_a_page_of_a_proxy_is_an_error_by_its_status() -> None:
    reading = read("anthropic", b"<html>502 Bad Gateway</html>", status=502)
    assert (reading.trouble, reading.said) == ("server", "")


def test_an_error_within_a_stream_is_seen() -> None:
    error = events(
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    )
    at = CLAUDE_STREAM.index(b"event: content_block_delta")
    reading = read("anthropic", CLAUDE_STREAM[:at] + error)
    assert (reading.trouble, reading.said) == ("overloaded", "overloaded_error Overloaded")
    failed = {
        "type": "response.failed",
        "response": {"status": "failed", "error": {"code": "server_error"}},
    }
    reading = read("openai-responses", events(failed))
    assert (reading.trouble, reading.ended, reading.stop) == ("server", "finished", "failed")
    reading = read("openai-responses", events({"type": "error", "code": "rate_limit_exceeded"}))
    assert reading.trouble == "rate"


ENDLESS = [
    (b'{"content": "', b"x" * 65536),
    (b"{", b'"key' + b"y" * 60000 + b'": 1,'),
    (b'{"content": ', b"[" * 9000 + b"]" * 9000 + b","),
    (b"data: {", b"z" * 65536),
    (b"", b'data: {"type": "ping"}\n\n' * 30),
    (b"event: ", b"q" * 65536),
    (b'{"usage": {"input_tokens": ', b"1" * 65536),
    (b"\n" * 10, b'"\\' * 30000),
]


@pytest.mark.parametrize(("first", "rest"), ENDLESS)
def test_an_endless_answer_takes_no_room(first: bytes, rest: bytes) -> None:
    answer = Answer(CODECS["anthropic"])
    answer.feed(first)
    tracemalloc.start()
    for _ in range(100):
        answer.feed(rest)
    grown, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 100_000
    assert answer.end(cut=True).usage is None

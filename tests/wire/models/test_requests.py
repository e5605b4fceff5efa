"""What requests ask for, what their bytes do not bound, and how they are limited."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.wire.models import CODECS, Asked, Call, Name, asked, call, encode, limited, parse
from tests.wire.models.test_answers import JSON

PICTURE = {"type": "image", "source": {"type": "base64", "data": "AAAA"}}


def of(name: Name, **body: Any) -> Asked:
    return CODECS[name].asked(body)


def test_what_is_asked_for() -> None:
    assert of(
        "anthropic",
        model="claude-opus-4-1",
        max_tokens=4096,
        stream=True,
        messages=[{"role": "user", "content": [PICTURE, {"type": "text", "text": "hi"}]}],
        tools=[{"name": "x", "input_schema": {}}, {"type": "bash_20250124", "name": "bash"}],
    ) == Asked(model="claude-opus-4-1", output=4096, streams=True, tools=1, pictures=1)
    assert of("openai-chat", model="m", max_tokens=5, max_completion_tokens=9, n=3) == Asked(
        model="m", output=9, copies=3
    )
    assert of("openai-responses", model="m", max_output_tokens=7, input="hi") == Asked(
        model="m", output=7
    )
    assert of(
        "gemini",
        contents=[{"parts": [{"inline_data": {"mime_type": "image/png", "data": "AA"}}]}],
        generation_config={"max_output_tokens": 11, "candidate_count": 2},
        tools=[{"functionDeclarations": []}],
    ) == Asked(output=11, copies=2, pictures=1)


OPENED = [
    ("anthropic", {"tools": [{"type": "web_search_20250305"}]}, "web_search_20250305"),
    ("anthropic", {"messages": [{"content": [{"type": "document", "source": {}}]}]}, "document"),
    (
        "anthropic",
        {"messages": [{"content": [{"type": "image", "source": {"type": "url"}}]}]},
        "linked image",
    ),
    ("anthropic", {"mcp_servers": [{}]}, "mcp_servers"),
    ("anthropic", {"context_management": {"edits": []}}, "context_management"),
    (
        "openai-chat",
        {"messages": [{"content": [{"type": "image_url", "image_url": {"url": "HTTPS://x"}}]}]},
        "linked image",
    ),
    ("openai-chat", {"web_search_options": {"x": 1}}, "web_search_options"),
    ("openai-responses", {"previous_response_id": "r"}, "previous_response_id"),
    ("openai-responses", {"tools": [{"type": "web_search"}]}, "web_search"),
    ("openai-responses", {"input": [{"type": "item_reference", "id": "x"}]}, "item_reference"),
    ("gemini", {"cachedContent": "c"}, "cachedContent"),
    ("gemini", {"tools": [{"google_search": {}}]}, "google_search"),
    ("gemini", {"contents": [{"parts": [{"file_data": {"file_uri": "x"}}]}]}, "fileData"),
]


@pytest.mark.parametrize(("name", "body", "why"), OPENED)
def test_what_its_bytes_do_not_bound(name: Name, body: dict[str, Any], why: str) -> None:
    assert CODECS[name].asked(body).opened == (why,)


def test_what_is_said_to_a_tool_opens_nothing() -> None:
    call = {"type": "tool_use", "input": {"type": "image", "source": {"type": "url"}}}
    assert of("anthropic", messages=[{"content": [call]}]) == Asked()
    args = {"functionCall": {"args": {"fileData": {"fileUri": "x"}}}}
    assert of("gemini", contents=[{"parts": [args]}]) == Asked()


def test_what_costs_more() -> None:
    assert of("anthropic", speed="fast").dearer == ("speed=fast",)
    assert of("openai-chat", service_tier="priority").dearer == ("service_tier=priority",)
    assert of("openai-chat", service_tier="auto").dearer == ()
    assert of("openai-responses", background=True).dearer == ("background",)


def limit(name: Name, most: int | None, **body: Any) -> dict[str, Any]:
    return CODECS[name].limit(body, most)


def test_limits_are_set_or_lowered() -> None:
    assert limit("anthropic", 100, max_tokens=4096) == {"max_tokens": 100}
    assert limit("anthropic", 100, max_tokens=10) == {"max_tokens": 10}
    assert limit("anthropic", 100, max_tokens="9999") == {"max_tokens": 100}
    assert limit("anthropic", None, max_tokens=10) == {"max_tokens": 10}
    assert limit("openai-chat", 100) == {"max_completion_tokens": 100}
    assert limit("openai-chat", 100, max_tokens=200) == {"max_tokens": 100}
    assert limit("openai-responses", 100) == {"max_output_tokens": 100}
    assert limit("gemini", 100) == {"generationConfig": {"maxOutputTokens": 100}}


def test_thinking_stays_below_the_limit() -> None:
    thinking = {"type": "enabled", "budget_tokens": 8000}
    assert limit("anthropic", 2000, max_tokens=9000, thinking=thinking)["thinking"] == {
        "type": "enabled",
        "budget_tokens": 1999,
    }
    assert "thinking" not in limit("anthropic", 500, max_tokens=9000, thinking=thinking)


def test_a_stream_is_made_to_tell_its_usage() -> None:
    body = limit("openai-chat", None, stream=True, stream_options={"include_usage": False, "x": 1})
    assert body["stream_options"] == {"include_usage": True, "x": 1}
    assert limit("openai-chat", None, stream=False) == {"stream": False}


def test_no_second_spelling_gets_past_a_limit() -> None:
    assert limit("anthropic", 9, Max_Tokens=10**6, max_tokenſ=10**6) == {"max_tokens": 9}
    both = {"generationConfig": {"maxOutputTokens": 5, "max_output_tokens": 10**6}}
    assert limit("gemini", 9, **both) == {"generationConfig": {"maxOutputTokens": 9}}
    twice = parse(b'{"max_tokens": 1, "max_tokens": 1000000}')
    assert twice is not None
    assert encode(CODECS["anthropic"].limit(twice, 9)) == b'{"max_tokens":9}'


@given(
    st.sampled_from(sorted(CODECS)), st.dictionaries(st.text(max_size=5), JSON), st.integers(0, 99)
)
def test_any_object_can_be_asked_and_limited(name: Name, body: dict[str, Any], most: int) -> None:
    once = CODECS[name].limit(body, most)
    after = CODECS[name].asked(once)
    assert after.output is not None
    assert after.output <= most
    assert CODECS[name].limit(once, most) == once


@given(st.binary(max_size=60) | JSON.map(lambda one: json.dumps(one).encode()))
def test_a_body_is_an_object_or_nothing(data: bytes) -> None:
    body = parse(data)
    if body is not None:
        assert parse(encode(body)) == body


def test_what_is_no_strict_json_is_nothing() -> None:
    deep = b'{"a":' + b"[" * 200_000
    bad = [
        b"[]",
        b"",
        b"\xff{}",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 9999 + b"}",
        deep,
    ]
    assert [parse(one) for one in bad] == [None] * len(bad)
    assert parse(b'{"a": "\\ud800"}') == {"a": "\ud800"}
    assert encode({"a": "\ud800"}) == b'{"a":"\\ud800"}'


CALLS = [
    ("anthropic", "POST", "/v1/messages", "anthropic", ""),
    ("anthropic", "POST", "/team/llm/v1/messages", "anthropic", ""),
    ("openai", "POST", "/v1/chat/completions", "openai-chat", ""),
    ("openai", "POST", "/v1/responses", "openai-responses", ""),
    ("azure", "POST", "/openai/deployments/mine/chat/completions", "openai-chat", "mine"),
    ("azure", "POST", "/openai/v1/responses", "openai-responses", ""),
    (
        "bedrock",
        "POST",
        "/model/eu.anthropic.claude-x-v1:0/invoke",
        "anthropic",
        "eu.anthropic.claude-x-v1:0",
    ),
    (
        "gemini",
        "POST",
        "/v1beta/models/gemini-2.5-pro:streamGenerateContent",
        "gemini",
        "gemini-2.5-pro",
    ),
    (
        "vertex",
        "POST",
        "/v1/projects/p/locations/eu/publishers/anthropic/models/claude-x@20250514:streamRawPredict",
        "anthropic",
        "claude-x@20250514",
    ),
]


@pytest.mark.parametrize(("provider", "method", "path", "codec", "model"), CALLS)
def test_ways_are_known(provider: Any, method: str, path: str, codec: str, model: str) -> None:
    found = call(provider, method, path)
    assert found.codec is not None
    assert (found.codec.name, found.model, found.free) == (codec, model, False)
    assert found.streams == (":stream" in path)
    assert call(provider, "GET", path) == Call()


def test_other_ways_are_not() -> None:
    ways = ("/v1/embeddings", "/v1/messages/batches", "/v1/files", "/v1//messages", "/v1/messages/")
    for path in (
        *ways,
        "/v1/x/../messages",
        "/v1/%6dessages",
        "/v1/messages;x",
        "",
        "/",
        "messages",
    ):
        assert call("anthropic", "POST", path) == Call(), path
        assert call("compatible", "POST", path) == Call(), path


def test_some_cost_nothing() -> None:
    assert call("anthropic", "POST", "/v1/messages/count_tokens") == Call(free=True)
    assert call("openai", "GET", "/v1/models") == Call(free=True)
    assert call("gemini", "POST", "/v1beta/models/g:countTokens") == Call(free=True)
    assert call("openai", "DELETE", "/v1/models/x") == Call()


def test_the_path_names_model_and_stream() -> None:
    way = call("gemini", "POST", "/v1beta/models/gemini-x:streamGenerateContent")
    assert asked(way, {"model": "dear"}) == Asked(model="gemini-x", streams=True)
    assert limited(way, {}, 5) == {"generationConfig": {"maxOutputTokens": 5}}
    assert limited(Call(), {"a": 1}, 5) == {"a": 1}

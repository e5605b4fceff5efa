"""Answers in the shapes of the protocols; the same documents as in `ropewalk.wire.models`."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from ropewalk.core.usage import Usage
from ropewalk.testing.model.reply import Reply
from ropewalk.wire.models import Name

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How one protocol says an answer.

    `said` is as much of a usage as it can tell. `whole` is an answer at once; `opening`, `part` (of text) and
    `closing` are the events of a stream; `wrong` is an error by its status.
    """

    said: Callable[[Usage], Usage]
    whole: Callable[[Reply], Json]
    opening: Callable[[Reply], list[Json]]
    part: Callable[[Reply, str], Json]
    closing: Callable[[Reply], list[Json]]
    wrong: Callable[[int], Json]
    last: bytes = b""


def event(value: Json) -> bytes:
    """One server-sent event."""
    name = f"event: {value['type']}\n" if "type" in value else ""
    return f"{name}data: {json.dumps(value)}\n\n".encode()


def events(values: Iterable[Json]) -> list[bytes]:
    """Several."""
    return [event(one) for one in values]


def _claude_usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input,
        "cache_read_input_tokens": usage.read,
        "cache_creation_input_tokens": usage.written + usage.kept,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.written,
            "ephemeral_1h_input_tokens": usage.kept,
        },
        "output_tokens": usage.output,
    }


def _claude(reply: Reply) -> Json:
    calls = [
        {"type": "tool_use", "id": f"toolu_{at}", "name": one.name, "input": one.arguments}
        for at, one in enumerate(reply.tools)
    ]
    return {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": [{"type": "text", "text": reply.text}, *calls],
        "stop_reason": "tool_use" if calls else "end_turn",
        "stop_sequence": None,
        "usage": _claude_usage(reply.usage),
    }


def _claude_opening(reply: Reply) -> list[Json]:
    message = {**_claude(reply), "content": [], "stop_reason": None}
    message["usage"] = _claude_usage(replace(reply.usage, output=min(1, reply.usage.output)))
    block = {"type": "text", "text": ""}
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
    ]


def _claude_part(_: Reply, text: str) -> Json:
    delta = {"type": "text_delta", "text": text}
    return {"type": "content_block_delta", "index": 0, "delta": delta}


def _claude_closing(reply: Reply) -> list[Json]:
    closing: list[Json] = [{"type": "content_block_stop", "index": 0}]
    whole = _claude(reply)
    for at, call in enumerate(whole["content"][1:], start=1):
        delta = {"type": "input_json_delta", "partial_json": json.dumps(call["input"])}
        closing += [
            {"type": "content_block_start", "index": at, "content_block": {**call, "input": {}}},
            {"type": "content_block_delta", "index": at, "delta": delta},
            {"type": "content_block_stop", "index": at},
        ]
    end = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    usage = {"output_tokens": reply.usage.output}
    return [
        *closing,
        {"type": "message_delta", "delta": end, "usage": usage},
        {"type": "message_stop"},
    ]


_CLAUDE_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def _claude_wrong(status: int) -> Json:
    kind = _CLAUDE_ERRORS.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": "scripted"}}


def _chat_usage(usage: Usage) -> Json:
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.output,
        "total_tokens": usage.total,
        "prompt_tokens_details": {
            "cached_tokens": usage.read,
            "cache_write_tokens": usage.written + usage.kept,
        },
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


def _chat_calls(reply: Reply) -> list[Json]:
    return [
        {
            "index": at,
            "id": f"call_{at}",
            "type": "function",
            "function": {"name": one.name, "arguments": json.dumps(one.arguments)},
        }
        for at, one in enumerate(reply.tools)
    ]


def _chat(reply: Reply) -> Json:
    calls = {"tool_calls": _chat_calls(reply)} if reply.tools else {}
    message = {"role": "assistant", "content": reply.text, **calls}
    stop = "tool_calls" if calls else "stop"
    return {
        **_chunk(reply, []),
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": stop}],
        "usage": _chat_usage(reply.usage),
    }


def _chunk(reply: Reply, choices: list[Json]) -> Json:
    head = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0}
    return {**head, "model": reply.model, "choices": choices}


def _delta(reply: Reply, delta: Json, stop: str | None = None) -> Json:
    return _chunk(reply, [{"index": 0, "delta": delta, "finish_reason": stop}])


def _chat_closing(reply: Reply) -> list[Json]:
    calls = _chat_calls(reply)
    return [
        *(_delta(reply, {"tool_calls": [one]}) for one in calls),
        _delta(reply, {}, "tool_calls" if calls else "stop"),
        {**_chunk(reply, []), "usage": _chat_usage(reply.usage)},
    ]


def _openai_wrong(status: int) -> Json:
    kinds = {401: "invalid_api_key", 429: "rate_limit_exceeded", 400: "invalid_request_error"}
    kind = kinds.get(status, "server_error")
    return {"error": {"message": "scripted", "type": kind, "code": kind}}


def _response(reply: Reply) -> Json:
    text = {"type": "output_text", "text": reply.text, "annotations": []}
    said = {"type": "message", "id": "msg_0", "role": "assistant", "status": "completed"}
    calls = [
        {
            "type": "function_call",
            "id": f"fc_{at}",
            "call_id": f"call_{at}",
            "name": one.name,
            "arguments": json.dumps(one.arguments),
            "status": "completed",
        }
        for at, one in enumerate(reply.tools)
    ]
    return {
        "id": "resp_scripted",
        "object": "response",
        "created_at": 0,
        "model": reply.model,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "output": [{**said, "content": [text]}, *calls],
        "usage": {
            "input_tokens": reply.usage.prompt,
            "input_tokens_details": {
                "cached_tokens": reply.usage.read,
                "cache_write_tokens": reply.usage.written + reply.usage.kept,
            },
            "output_tokens": reply.usage.output,
            "output_tokens_details": {"reasoning_tokens": reply.usage.reasoning},
            "total_tokens": reply.usage.total,
        },
    }


def _response_opening(reply: Reply) -> list[Json]:
    begun = {**_response(reply), "status": "in_progress", "output": [], "usage": None}
    item = {"type": "message", "id": "msg_0", "role": "assistant", "status": "in_progress"}
    return [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {
            "type": "response.content_part.added",
            "item_id": "msg_0",
            "output_index": 0,
            "content_index": 0,
            "part": {"type": "output_text", "text": "", "annotations": []},
        },
    ]


def _response_part(_: Reply, text: str) -> Json:
    place = {"item_id": "msg_0", "output_index": 0, "content_index": 0}
    return {"type": "response.output_text.delta", **place, "delta": text}


def _response_closing(reply: Reply) -> list[Json]:
    whole = _response(reply)
    items = [
        {"type": "response.output_item.done", "output_index": at, "item": one}
        for at, one in enumerate(whole["output"])
    ]
    return [*items, {"type": "response.completed", "response": whole}]


def _gemini(reply: Reply) -> Json:
    calls = [{"functionCall": {"name": one.name, "args": one.arguments}} for one in reply.tools]
    usage = reply.usage
    return {
        "candidates": [
            {
                "index": 0,
                "content": {"role": "model", "parts": [{"text": reply.text}, *calls]},
                "finishReason": "STOP",
            }
        ],
        "modelVersion": reply.model,
        "usageMetadata": {
            "promptTokenCount": usage.prompt,
            "cachedContentTokenCount": usage.read,
            "candidatesTokenCount": usage.output - usage.reasoning,
            "thoughtsTokenCount": usage.reasoning,
            "totalTokenCount": usage.total,
        },
    }


def _gemini_part(reply: Reply, text: str) -> Json:
    content = {"role": "model", "parts": [{"text": text}]}
    return {"candidates": [{"index": 0, "content": content}], "modelVersion": reply.model}


def _gemini_wrong(status: int) -> Json:
    names = {401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 400: "INVALID_ARGUMENT"}
    error = {"code": status, "message": "scripted", "status": names.get(status, "INTERNAL")}
    return {"error": error}


def _openai_said(usage: Usage) -> Usage:
    return replace(usage, written=usage.written + usage.kept, kept=0)


SHAPES: dict[Name, Shape] = {
    "anthropic": Shape(
        said=lambda usage: replace(usage, reasoning=0),
        whole=_claude,
        opening=_claude_opening,
        part=_claude_part,
        closing=_claude_closing,
        wrong=_claude_wrong,
    ),
    "openai-chat": Shape(
        said=_openai_said,
        whole=_chat,
        opening=lambda reply: [_delta(reply, {"role": "assistant", "content": ""})],
        part=lambda reply, text: _delta(reply, {"content": text}),
        closing=_chat_closing,
        wrong=_openai_wrong,
        last=b"data: [DONE]\n\n",
    ),
    "openai-responses": Shape(
        said=_openai_said,
        whole=_response,
        opening=_response_opening,
        part=_response_part,
        closing=_response_closing,
        wrong=_openai_wrong,
    ),
    "gemini": Shape(
        said=lambda usage: replace(
            usage, input=usage.input + usage.written + usage.kept, written=0, kept=0
        ),
        whole=_gemini,
        opening=lambda _: [],
        part=_gemini_part,
        closing=lambda reply: [_gemini(replace(reply, text=""))],
        wrong=_gemini_wrong,
    ),
}

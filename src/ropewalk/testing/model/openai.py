"""OpenAI Chat Completions and Responses."""

import json
from dataclasses import replace

from ropewalk.core.usage import Usage
from ropewalk.testing.model.reply import Reply
from ropewalk.testing.model.shape import Json, Shape


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


def _openai_wrong(status: int) -> Json:
    kinds = {401: "invalid_api_key", 429: "rate_limit_exceeded", 400: "invalid_request_error"}
    kind = kinds.get(status, "server_error")
    return {"error": {"message": "scripted", "type": kind, "code": kind}}


def _openai_said(usage: Usage) -> Usage:
    return replace(usage, written=usage.written + usage.kept, kept=0)


CHAT = Shape(
    said=_openai_said,
    whole=_chat,
    opening=lambda reply: [_delta(reply, {"role": "assistant", "content": ""})],
    part=lambda reply, text: _delta(reply, {"content": text}),
    closing=_chat_closing,
    wrong=_openai_wrong,
    last=b"data: [DONE]\n\n",
)

RESPONSES = Shape(
    said=_openai_said,
    whole=_response,
    opening=_response_opening,
    part=_response_part,
    closing=_response_closing,
    wrong=_openai_wrong,
)

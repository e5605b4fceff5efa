"""Anthropic Messages."""

import json
from dataclasses import replace

from ropewalk.core.usage import Usage
from ropewalk.testing.model.reply import Reply
from ropewalk.testing.model.shape import Json, Shape


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


MESSAGES = Shape(
    said=lambda usage: replace(usage, reasoning=0),
    whole=_claude,
    opening=_claude_opening,
    part=_claude_part,
    closing=_claude_closing,
    wrong=_claude_wrong,
)

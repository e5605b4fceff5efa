"""Answers as the providers give them, short, with the reading that they mean."""

import json
from typing import Any

from ropewalk.core.usage import Usage
from ropewalk.wire.models import Name, Reading


def events(*values: Any, last: str = "") -> bytes:
    """A stream of server-sent events."""
    named = (f"event: {one.get('type', 'x')}\ndata: {json.dumps(one)}\n\n" for one in values)
    return "".join((*named, last)).encode()


CLAUDE = {
    "input_tokens": 25,
    "cache_creation_input_tokens": 40,
    "cache_read_input_tokens": 1000,
    "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 10},
    "output_tokens": 1,
}
CLAUDE_READING = Reading(
    model="claude-sonnet-4-5-20250929",
    usage=Usage(input=25, output=90, read=1000, written=30, kept=10),
    stop="tool_use",
    ended="finished",
)
CLAUDE_WHOLE = json.dumps(
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": [
            {"type": "text", "text": 'He said "usage": {"input_tokens": 7} \\'},
            {"type": "tool_use", "id": "t", "name": "x", "input": {"usage": {"input_tokens": 9}}},
        ],
        "stop_reason": "tool_use",
        "usage": {**CLAUDE, "output_tokens": 90},
    }
).encode()
CLAUDE_STREAM = events(
    {
        "type": "message_start",
        "message": {"type": "message", "model": "claude-sonnet-4-5-20250929", "usage": CLAUDE},
    },
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": 'é\n\n"}'}},
    {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 60}},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use"},
        "usage": {"output_tokens": 90, "cache_creation_input_tokens": 40},
    },
    {"type": "message_stop"},
)

CHAT = {
    "prompt_tokens": 100,
    "completion_tokens": 50,
    "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 20},
}
CHAT_READING = Reading(
    model="gpt-5-mini-2025-08-07",
    usage=Usage(input=36, output=50, read=64, reasoning=20),
    stop="stop",
    ended="finished",
)
CHAT_WHOLE = json.dumps(
    {
        "object": "chat.completion",
        "model": "gpt-5-mini-2025-08-07",
        "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}],
        "usage": CHAT,
    }
).encode()
_CHUNK = {"object": "chat.completion.chunk", "model": "gpt-5-mini-2025-08-07", "usage": None}
CHAT_STREAM = events(
    {**_CHUNK, "choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}]},
    {**_CHUNK, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {**_CHUNK, "choices": [], "usage": CHAT},
    last="data: [DONE]\n\n",
)

RESPONSE = {
    "object": "response",
    "model": "gpt-5-codex",
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "output": [{"type": "message", "status": "completed", "content": [{"text": "hi"}]}],
    "usage": {
        "input_tokens": 328,
        "input_tokens_details": {"cached_tokens": 300},
        "output_tokens": 52,
        "output_tokens_details": {"reasoning_tokens": 32},
        "total_tokens": 380,
    },
}
RESPONSE_READING = Reading(
    model="gpt-5-codex",
    usage=Usage(input=28, output=52, read=300, reasoning=32),
    stop="completed",
    ended="finished",
)
RESPONSE_WHOLE = json.dumps(RESPONSE, indent=1).encode()
RESPONSE_STREAM = events(
    {
        "type": "response.created",
        "response": {**RESPONSE, "status": "in_progress", "output": [], "usage": None},
    },
    {"type": "response.output_item.done", "item": {"status": "completed"}},
    {"type": "response.output_text.delta", "delta": "hi"},
    {"type": "response.completed", "response": RESPONSE},
)

_GEMINI = {
    "promptTokenCount": 300,
    "candidatesTokenCount": 20,
    "thoughtsTokenCount": 80,
    "cachedContentTokenCount": 256,
    "totalTokenCount": 400,
}
_PART = {
    "candidates": [{"content": {"parts": [{"text": "hi"}]}}],
    "modelVersion": "gemini-2.5-pro",
    "usageMetadata": {"promptTokenCount": 300, "totalTokenCount": 300},
}
_LAST = {**_PART, "candidates": [{"finishReason": "STOP"}], "usageMetadata": _GEMINI}
GEMINI_READING = Reading(
    model="gemini-2.5-pro",
    usage=Usage(input=44, output=100, read=256, reasoning=80),
    stop="STOP",
    ended="finished",
)
GEMINI_WHOLE = json.dumps(_LAST).encode()
GEMINI_STREAM = events(_PART, _PART, _LAST).replace(b"event: x\n", b"").replace(b"\n", b"\r\n")
GEMINI_LIST = json.dumps([_PART, _LAST], indent=2).encode()

ANSWERS: list[tuple[Name, bytes, Reading]] = [
    ("anthropic", CLAUDE_WHOLE, CLAUDE_READING),
    ("anthropic", CLAUDE_STREAM, CLAUDE_READING),
    ("openai-chat", CHAT_WHOLE, CHAT_READING),
    ("openai-chat", CHAT_STREAM, CHAT_READING),
    ("openai-responses", RESPONSE_WHOLE, RESPONSE_READING),
    ("openai-responses", RESPONSE_STREAM, RESPONSE_READING),
    ("gemini", GEMINI_WHOLE, GEMINI_READING),
    ("gemini", GEMINI_STREAM, GEMINI_READING),
    ("gemini", GEMINI_LIST, GEMINI_READING),
]

"""Gemini generateContent."""

from dataclasses import replace

from ropewalk.testing.model.reply import Reply
from ropewalk.testing.model.shape import Json, Shape


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


GENERATE = Shape(
    said=lambda usage: replace(
        usage, input=usage.input + usage.written + usage.kept, written=0, kept=0
    ),
    whole=_gemini,
    opening=lambda _: [],
    part=_gemini_part,
    closing=lambda reply: [_gemini(replace(reply, text=""))],
    wrong=_gemini_wrong,
)

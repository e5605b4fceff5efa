"""Gemini generateContent and streamGenerateContent (https://ai.google.dev/api/generate-content), also of Vertex.

A stream is a list of answers at the top, or events with `alt=sse`; each has the usage so far. `promptTokenCount`
counts the cached tokens; thoughts and the prompts of tools are beside the rest. Requests may say their fields in
either of protobuf's two spellings.
"""

from collections.abc import Iterable
from dataclasses import replace

from ropewalk.core.usage import Usage
from ropewalk.wire.jsonrpc import body as mapping
from ropewalk.wire.jsonrpc import items, words
from ropewalk.wire.models import trouble
from ropewalk.wire.models.fields import limit as own
from ropewalk.wire.models.fields import lower, objects
from ropewalk.wire.models.reading import Asked, Body, Codec, Json, Reading
from ropewalk.wire.models.skim import Found
from ropewalk.wire.models.values import number, word

_COUNTS = (
    *("promptTokenCount", "candidatesTokenCount", "cachedContentTokenCount"),
    *("thoughtsTokenCount", "toolUsePromptTokenCount"),
)
_ANSWER = (
    *("modelVersion", "candidates.*.finishReason", "promptFeedback.blockReason"),
    *(f"usageMetadata.{one}" for one in _COUNTS),
    *trouble.PATHS,
)
_PATHS = (*_ANSWER, *(f"*.{one}" for one in _ANSWER))


def _fold(reading: Reading, found: Found) -> Reading:
    at = "*." if any(path.startswith("*.") for path in found) else ""
    reading = trouble.told(reading, found, at)
    blocked = word(found, f"{at}promptFeedback.blockReason")
    return replace(
        reading,
        model=word(found, f"{at}modelVersion") or reading.model,
        usage=_usage(reading.usage, found, at),
        stop=word(found, f"{at}candidates.*.finishReason") or blocked or reading.stop,
    )


def _usage(before: Usage | None, found: Found, at: str) -> Usage | None:
    said = [number(found, f"{at}usageMetadata.{one}") for one in _COUNTS]
    if all(one is None for one in said):
        return before
    prompt, output, read, thoughts, tools = (one or 0 for one in said)
    read = min(read, prompt)
    return Usage(
        input=prompt - read + tools, output=output + thoughts, read=read, reasoning=thoughts
    )


def _asked(body: Body) -> Asked:
    settings = _settings(body)
    copies = own(settings.get("candidateCount"))
    remote = sorted(
        {key for one in items(body.get("tools")) for key in mapping(one)}
        - {"functionDeclarations", "function_declarations"}
    )
    parts = list(objects([body.get("contents"), _either(body, "systemInstruction")]))
    held = ["cachedContent"] if _either(body, "cachedContent") else []
    return Asked(
        output=own(settings.get("maxOutputTokens")),
        copies=1 if copies is None else max(1, copies),
        pictures=sum(_inline(one).startswith("image/") for one in parts),
        opened=tuple(sorted({*remote, *held, *_opened(parts)})),
        dearer=tuple(remote),
    )


def _inline(part: Body) -> str:
    inline = mapping(_either(part, "inlineData"))
    return words(_either(inline, "mimeType")) or "unknown" if inline else ""


def _opened(parts: Iterable[Body]) -> set[str]:
    found: set[str] = set()
    for one in parts:
        kind = _inline(one)
        if _either(one, "fileData"):
            found.add("fileData")
        elif kind and not kind.startswith("image/"):
            found.add(kind)
    return found


def _either(body: Body, name: str) -> Json:
    return body.get(name) or body.get(_snake(name))


def _settings(body: Body) -> Body:
    """The generation's settings, whichever way they are spelt, in one spelling."""
    both = {**mapping(body.get("generation_config")), **mapping(body.get("generationConfig"))}
    for name in ("maxOutputTokens", "candidateCount"):
        other = both.pop(_snake(name), None)
        if other is not None:
            both[name] = max(own(other) or 0, own(both.get(name)) or 0)
    return both


def _snake(name: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name)


def _limit(body: Body, most: int | None) -> Body:
    settings = _settings(body)
    if most is not None:
        settings["maxOutputTokens"] = lower(settings.get("maxOutputTokens"), most)
    rest = {key: one for key, one in body.items() if key != "generation_config"}
    return {**rest, "generationConfig": settings} if settings else rest


CODEC = Codec(name="gemini", paths=_PATHS, fold=_fold, asked=_asked, limit=_limit)

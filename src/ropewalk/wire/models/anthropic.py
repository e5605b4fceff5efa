"""Anthropic Messages (https://docs.claude.com/en/api/messages, …/build-with-claude/streaming), also on other clouds.

The usage of a stream comes in `message_start` and, cumulative, in each `message_delta`. `input_tokens` leaves out
what a cache read or wrote.
"""

from collections.abc import Iterable
from dataclasses import replace

from ropewalk.core.usage import Usage
from ropewalk.wire.jsonrpc import body as mapping
from ropewalk.wire.jsonrpc import items, words
from ropewalk.wire.models import trouble
from ropewalk.wire.models.fields import limit as own
from ropewalk.wire.models.fields import lower, objects, only
from ropewalk.wire.models.reading import Asked, Body, Codec, Reading
from ropewalk.wire.models.skim import Found
from ropewalk.wire.models.values import number, word

_USAGE = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation.ephemeral_1h_input_tokens",
)
_PATHS = (
    *("type", "model", "stop_reason", "delta.stop_reason", "message.model", "message.stop_reason"),
    *(f"{at}usage.{one}" for at in ("", "message.") for one in _USAGE),
    *trouble.PATHS,
)
_NAMES = ("model", "max_tokens", "stream", "thinking", "tools", "service_tier", "speed")
_PLAIN = ("", "auto", "default", "standard", "standard_only")
_LOCAL = ("bash_", "text_editor_", "computer_", "memory_")
"""Tools that the provider describes to the model and the client carries out."""
_LEAST = 1024
"""The smallest budget of thinking."""


def _fold(reading: Reading, found: Found) -> Reading:
    reading = trouble.told(reading, found)
    kind = word(found, "type")
    stop = word(found, "delta.stop_reason") or word(found, "stop_reason")
    ended = (kind == "message" and stop) or kind == "message_stop"
    return replace(
        reading,
        model=word(found, "model") or word(found, "message.model") or reading.model,
        usage=_usage(reading.usage, found),
        stop=stop or reading.stop,
        ended="finished" if ended else reading.ended,
    )


def _usage(before: Usage | None, found: Found) -> Usage | None:
    said = [_first(found, one) for one in _USAGE]
    if all(one is None for one in said):
        return before
    was = before or Usage()
    known = (was.input, was.output, was.read, was.written + was.kept, was.kept)
    new = [old if one is None else one for one, old in zip(said, known, strict=True)]
    kept = min(new[4], new[3])
    return Usage(input=new[0], output=new[1], read=new[2], written=new[3] - kept, kept=kept)


def _first(found: Found, name: str) -> int | None:
    here = number(found, f"usage.{name}")
    return number(found, f"message.usage.{name}") if here is None else here


def _asked(body: Body) -> Asked:
    types = [words(mapping(one).get("type")) for one in items(body.get("tools"))]
    local = [one for one in types if one.startswith(_LOCAL)]
    remote = [one for one in types if one not in ("", "custom") and one not in local]
    tier = [
        f"{one}={words(body.get(one))}"
        for one in ("service_tier", "speed", "inference_geo")
        if words(body.get(one)) not in _PLAIN
    ]
    parts = list(objects([body.get("messages"), body.get("system")]))
    return Asked(
        model=words(body.get("model")),
        output=own(body.get("max_tokens")),
        streams=body.get("stream") is True,
        tools=len(local),
        pictures=sum(one.get("type") == "image" for one in parts),
        opened=tuple(sorted({*_opened(parts), *remote, *_held(body)})),
        dearer=tuple(sorted({*remote, *tier, *_held(body)})),
    )


def _opened(parts: Iterable[Body]) -> set[str]:
    found: set[str] = set()
    for one in parts:
        kind = words(one.get("type"))
        source = words(mapping(one.get("source")).get("type"))
        if kind in ("document", "container_upload") and source not in ("text", "content"):
            found.add(kind)
        elif kind == "image" and source != "base64":
            found.add("linked image")
    return found


def _held(body: Body) -> list[str]:
    """What the provider keeps between requests, or computes beside the answer."""
    names = ("container", "mcp_servers", "context_management")
    return [one for one in names if body.get(one)]


def _limit(body: Body, most: int | None) -> Body:
    body = only(body, _NAMES)
    if most is None:
        return body
    body = {**body, "max_tokens": lower(body.get("max_tokens"), most)}
    thinking = mapping(body.get("thinking"))
    wanted = own(thinking.get("budget_tokens"))
    if wanted is None or wanted < body["max_tokens"]:
        return body
    if body["max_tokens"] <= _LEAST:
        return {key: one for key, one in body.items() if key != "thinking"}
    return {**body, "thinking": {**thinking, "budget_tokens": body["max_tokens"] - 1}}


CODEC = Codec(name="anthropic", paths=_PATHS, fold=_fold, asked=_asked, limit=_limit)

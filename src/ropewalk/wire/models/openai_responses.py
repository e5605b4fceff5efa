"""OpenAI Responses (https://platform.openai.com/docs/api-reference/responses, …/responses-streaming).

The last event of a stream (`response.completed`, `.incomplete`, `.failed`) has the whole answer with its usage.
"""

from dataclasses import replace

from ropewalk.core.usage import Usage
from ropewalk.wire.jsonrpc import words
from ropewalk.wire.models import openai, trouble
from ropewalk.wire.models.fields import limit as own
from ropewalk.wire.models.fields import linked, lower, objects, only
from ropewalk.wire.models.reading import Asked, Body, Codec, Reading
from ropewalk.wire.models.skim import Found
from ropewalk.wire.models.values import number, word

_ANSWER = (
    *("model", "status", "incomplete_details.reason"),
    *("usage.input_tokens", "usage.output_tokens", "usage.total_tokens"),
    *("usage.input_tokens_details.cached_tokens", "usage.input_tokens_details.cache_write_tokens"),
    "usage.output_tokens_details.reasoning_tokens",
    *trouble.PATHS,
)
_PATHS = ("type", "code", "message", *_ANSWER, *(f"response.{one}" for one in _ANSWER))
_NAMES = ("model", "stream", "max_output_tokens", "tools", "service_tier", "background")
_HELD = ("previous_response_id", "conversation", "prompt", "context_management")
_ENDS = ("completed", "incomplete", "failed", "cancelled")


def _fold(reading: Reading, found: Found) -> Reading:
    kind = word(found, "type")
    at = "response." if kind.startswith("response.") else ""
    reading = _told(reading, found, at)
    status = word(found, f"{at}status")
    ended = status in _ENDS
    stop = (word(found, f"{at}incomplete_details.reason") or status) if ended else ""
    return replace(
        reading,
        model=word(found, f"{at}model") or reading.model,
        usage=_usage(found, at) or reading.usage,
        stop=stop or reading.stop,
        ended="finished" if ended else reading.ended,
    )


def _told(reading: Reading, found: Found, at: str) -> Reading:
    reading = trouble.told(reading, found, at)
    if word(found, "type") == "error" and not reading.trouble:
        code = word(found, "code")
        said = words(f"{code} {word(found, 'message')}".strip())
        return replace(reading, trouble=trouble.named(code), said=said)
    return reading


def _usage(found: Found, at: str) -> Usage | None:
    prompt = number(found, f"{at}usage.input_tokens")
    output = number(found, f"{at}usage.output_tokens")
    if prompt is None and output is None:
        return None
    details = f"{at}usage.input_tokens_details"
    return openai.usage(
        prompt or 0,
        output or 0,
        total=number(found, f"{at}usage.total_tokens"),
        read=number(found, f"{details}.cached_tokens") or 0,
        written=number(found, f"{details}.cache_write_tokens") or 0,
        reasoning=number(found, f"{at}usage.output_tokens_details.reasoning_tokens") or 0,
    )


def _asked(body: Body) -> Asked:
    described, remote = openai.tools(body)
    parts = list(objects(body.get("input")))
    held = openai.said(body, _HELD)
    later = openai.said(body, ("background",))
    return Asked(
        model=words(body.get("model")),
        output=own(body.get("max_output_tokens")),
        streams=body.get("stream") is True,
        tools=described,
        pictures=sum(one.get("type") == "input_image" for one in parts),
        opened=tuple(sorted({*remote, *held, *(it for one in parts if (it := _opened(one)))})),
        dearer=tuple(sorted({*remote, *later, *openai.tier(body)})),
    )


def _opened(part: Body) -> str:
    kind = words(part.get("type"))
    if kind == "input_image" and linked(part.get("image_url")):
        return "linked image"
    return kind if kind in ("input_file", "input_audio", "item_reference") else ""


def _limit(body: Body, most: int | None) -> Body:
    body = only(body, _NAMES)
    if most is None:
        return body
    return {**body, "max_output_tokens": lower(body.get("max_output_tokens"), most)}


CODEC = Codec(name="openai-responses", paths=_PATHS, fold=_fold, asked=_asked, limit=_limit)

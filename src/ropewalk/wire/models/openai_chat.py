"""OpenAI Chat Completions (https://platform.openai.com/docs/api-reference/chat), and the many servers that speak it.

A stream tells its usage only where `stream_options.include_usage` asks for it, in a chunk of its own after the last
choice and before `[DONE]`.
"""

from dataclasses import replace

from ropewalk.core.usage import Usage
from ropewalk.wire.jsonrpc import body as mapping
from ropewalk.wire.jsonrpc import words
from ropewalk.wire.models import openai, trouble
from ropewalk.wire.models.fields import limit as own
from ropewalk.wire.models.fields import linked, lower, objects, only
from ropewalk.wire.models.reading import Asked, Body, Codec, Reading
from ropewalk.wire.models.skim import Found
from ropewalk.wire.models.values import number, word

_PATHS = (
    *("model", "object", "choices.*.finish_reason"),
    *("usage.prompt_tokens", "usage.completion_tokens", "usage.total_tokens"),
    *("usage.prompt_tokens_details.cached_tokens", "usage.prompt_cache_hit_tokens"),
    "usage.prompt_tokens_details.cache_write_tokens",
    "usage.completion_tokens_details.reasoning_tokens",
    *trouble.PATHS,
)
_LIMITS = ("max_completion_tokens", "max_tokens")
_NAMES = ("model", "stream", "stream_options", "n", "tools", "service_tier", *_LIMITS)


def _fold(reading: Reading, found: Found) -> Reading:
    reading = trouble.told(reading, found)
    stop = word(found, "choices.*.finish_reason")
    whole = word(found, "object") == "chat.completion" and stop
    return replace(
        reading,
        model=word(found, "model") or reading.model,
        usage=_usage(found) or reading.usage,
        stop=stop or reading.stop,
        ended="finished" if whole else reading.ended,
    )


def _usage(found: Found) -> Usage | None:
    prompt = number(found, "usage.prompt_tokens")
    output = number(found, "usage.completion_tokens")
    if prompt is None and output is None:
        return None
    details = "usage.prompt_tokens_details"
    read = number(found, f"{details}.cached_tokens")
    return openai.usage(
        prompt or 0,
        output or 0,
        total=number(found, "usage.total_tokens"),
        read=(number(found, "usage.prompt_cache_hit_tokens") if read is None else read) or 0,
        written=number(found, f"{details}.cache_write_tokens") or 0,
        reasoning=number(found, "usage.completion_tokens_details.reasoning_tokens") or 0,
    )


def _asked(body: Body) -> Asked:
    limits = [own(body.get(one)) for one in _LIMITS]
    described, remote = openai.tools(body)
    beside = [*remote, *openai.said(body, ("web_search_options", "audio", "plugins"))]
    parts = list(objects(body.get("messages")))
    copies = own(body.get("n"))
    return Asked(
        model=words(body.get("model")),
        output=max((one for one in limits if one is not None), default=None),
        copies=1 if copies is None else max(1, copies),
        streams=body.get("stream") is True,
        tools=described,
        pictures=sum(one.get("type") == "image_url" for one in parts),
        opened=tuple(sorted({*beside, *(it for one in parts if (it := _opened(one)))})),
        dearer=tuple(sorted({*beside, *openai.tier(body), *openai.said(body, ("models",))})),
    )


def _opened(part: Body) -> str:
    kind = words(part.get("type"))
    if kind == "image_url" and linked(part.get("image_url")):
        return "linked image"
    return kind if kind in ("file", "input_audio", "video_url", "file_url") else ""


def _limit(body: Body, most: int | None) -> Body:
    body = only(body, _NAMES)
    if body.get("stream") is True:
        options = {**mapping(body.get("stream_options")), "include_usage": True}
        body = {**body, "stream_options": options}
    if most is None:
        return body
    set_already = [one for one in _LIMITS if body.get(one) is not None]
    return {
        **body,
        **{one: lower(body.get(one), most) for one in set_already or ["max_completion_tokens"]},
    }


CODEC = Codec(name="openai-chat", paths=_PATHS, fold=_fold, asked=_asked, limit=_limit)

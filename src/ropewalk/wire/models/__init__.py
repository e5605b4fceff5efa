"""Protocols of models: what a request asks for and what an answer used, read while both pass. Pure.

`call` says what a request to a provider is, by its path; its codec reads the body (`asked`, `limit`), and an `Answer`
reads what comes back.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from ropewalk.wire.models import anthropic, gemini, openai_chat, openai_responses
from ropewalk.wire.models.answer import Answer
from ropewalk.wire.models.fields import LARGEST, encode, parse
from ropewalk.wire.models.reading import Asked, Body, Codec, Name, Reading

__all__ = [
    "CODECS",
    "LARGEST",
    "Answer",
    "Asked",
    "Body",
    "Call",
    "Codec",
    "Name",
    "Provider",
    "Reading",
    "asked",
    "call",
    "encode",
    "limited",
    "parse",
]

Provider = Literal["anthropic", "openai", "gemini", "bedrock", "vertex", "azure", "compatible"]

CODECS: dict[Name, Codec] = {
    one.name: one
    for one in (anthropic.CODEC, openai_chat.CODEC, openai_responses.CODEC, gemini.CODEC)
}

_PREFIX = r"(?:/[A-Za-z0-9_.@~-]+)*"
_MODEL = r"(?P<model>[A-Za-z0-9_.@~-][A-Za-z0-9_.@:~-]*)"
_WAYS: tuple[tuple[str, Codec, str], ...] = (
    ("bedrock", anthropic.CODEC, rf"/model/{_MODEL}/invoke"),
    (
        "vertex",
        anthropic.CODEC,
        rf"{_PREFIX}/publishers/anthropic/models/{_MODEL}:(?:streamR|r)awPredict",
    ),
    ("vertex gemini", gemini.CODEC, rf"{_PREFIX}/models/{_MODEL}:(?:streamG|g)enerateContent"),
    ("azure", openai_chat.CODEC, rf"{_PREFIX}/deployments/{_MODEL}/chat/completions"),
    ("anthropic compatible azure", anthropic.CODEC, rf"{_PREFIX}/messages"),
    ("openai compatible azure gemini vertex", openai_chat.CODEC, rf"{_PREFIX}/chat/completions"),
    ("openai compatible azure", openai_responses.CODEC, rf"{_PREFIX}/responses"),
)
_FREE = (
    ("GET", re.compile(rf"{_PREFIX}/models(?:/[A-Za-z0-9_.@~-]+)?")),
    ("POST", re.compile(rf"{_PREFIX}/messages/count_tokens")),
    ("POST", re.compile(rf"{_PREFIX}/models/{_MODEL}:countTokens")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a request is. `codec` None and not `free`: nobody can say what it costs.

    `model` is the one that the path names (empty: the body does); `streams`: the path asks for a stream.
    """

    codec: Codec | None = None
    model: str = ""
    streams: bool = False
    free: bool = False


def call(provider: Provider, method: str, path: str) -> Call:
    """What a request to a provider is, by its method and path (without the query).

    Only paths in their plain form are known: with dots that go up, doubled slashes or escapes nothing is.
    """
    if ".." in path or any(one in (".", "") for one in path[1:].split("/")):
        return Call()
    if any(method == verb and way.fullmatch(path) for verb, way in _FREE):
        return Call(free=True)
    for providers, codec, way in _WAYS if method == "POST" else ():
        if provider in providers.split() and (match := re.fullmatch(way, path)):
            model = match.groupdict().get("model") or ""
            return Call(codec=codec, model=model, streams=":stream" in path)
    return Call()


def asked(call: Call, body: Body) -> Asked:
    """What a request of a known protocol asks for."""
    if call.codec is None:
        return Asked(model=call.model)
    said = call.codec.asked(body)
    return replace(said, model=call.model or said.model, streams=call.streams or said.streams)


def limited(call: Call, body: Body, output: int | None) -> Body:
    """The request so changed that its answer tells its usage, and has at most `output` tokens in each copy.

    None: the request's own limit stands.
    """
    return call.codec.limit(body, output) if call.codec else body

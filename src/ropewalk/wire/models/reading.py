"""What is known of an answer, and of a request, whatever protocol it is in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ropewalk.core.usage import Usage
from ropewalk.wire.models.skim import Found

Json = Any
Body = dict[str, Json]
Name = Literal["anthropic", "openai-chat", "openai-responses", "gemini"]

Ended = Literal["open", "finished", "cut", "unknown"]
"""`open`: more is to come. `cut`: it began and its end never came. `unknown`: it is nothing that we can read."""

Trouble = Literal[
    "", "credentials", "quota", "rate", "overloaded", "too-long", "refused", "server", "unknown"
]
"""Why there is no answer. `quota`: used up until it is paid for or reset; `rate`: too quick; `refused`: the request is
wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an answer said so far. `usage` None: nothing was said; while `ended` is not `finished` it is too low."""

    model: str = ""
    usage: Usage | None = None
    stop: str = ""
    trouble: Trouble = ""
    said: str = ""
    """The provider's own words for the trouble: a type or code, and its message. Hostile like all text."""
    ended: Ended = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks for.

    `output` is its own limit on output tokens (None: none); `copies` answers are wanted. `opened` says why the bytes
    of the request do not bound its input (the provider adds what it holds or fetches itself); `dearer` what makes it
    cost other than the plain price. Both are words for a person, empty as a rule. `tools` counts those that the
    provider describes to the model itself, `pictures` the pictures: both cost more tokens than bytes tell.
    """

    model: str = ""
    output: int | None = None
    copies: int = 1
    streams: bool = False
    tools: int = 0
    pictures: int = 0
    opened: tuple[str, ...] = ()
    dearer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """One protocol: what of an answer is looked at, how that is read, and how a request is read and limited.

    `fold` gets the values of one event, or of a whole answer that is no stream. `limit` changes a request so that no
    more than so many tokens come out (for each of its copies) and so that the answer tells its usage.
    """

    name: Name
    paths: tuple[str, ...]
    fold: Callable[[Reading, Found], Reading]
    asked: Callable[[Body], Asked]
    limit: Callable[[Body, int | None], Body]

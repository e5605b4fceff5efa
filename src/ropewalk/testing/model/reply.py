"""What a scripted model says, as data."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from ropewalk.core import codec
from ropewalk.core.usage import Usage

Fault = Literal["", "status", "cut", "hang", "garbage", "endless", "redirect"]
"""What goes wrong: an error of `status`; the connection ends after half the answer; nothing comes after half of it;
bytes that are no answer; text of `size` bytes; a redirect to `location`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that the model calls."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. `model` empty: the one that was asked for.

    `pause_s` comes before each piece of a body, and before an error. `headers` are sent beside the usual ones.
    """

    text: str = "done"
    tools: tuple[Tool, ...] = ()
    usage: Usage = field(default_factory=lambda: Usage(input=10, output=5))
    model: str = ""
    pause_s: float = 0.0
    fault: Fault = ""
    status: int = 500
    size: int = 0
    location: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])


def replies(text: str) -> tuple[Reply, ...]:
    """The replies of a JSON text: a list of objects. ValueError: it is none."""
    return codec.load(tuple[Reply, ...], json.loads(text))

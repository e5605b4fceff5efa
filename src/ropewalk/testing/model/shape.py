"""How a protocol says an answer."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ropewalk.core.usage import Usage
from ropewalk.testing.model.reply import Reply

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How one protocol says an answer.

    `said` is as much of a usage as it can tell. `whole` is an answer at once; `opening`, `part` (of text) and
    `closing` are the events of a stream; `wrong` is an error by its status.
    """

    said: Callable[[Usage], Usage]
    whole: Callable[[Reply], Json]
    opening: Callable[[Reply], list[Json]]
    part: Callable[[Reply, str], Json]
    closing: Callable[[Reply], list[Json]]
    wrong: Callable[[int], Json]
    last: bytes = b""


def event(value: Json) -> bytes:
    """One server-sent event."""
    name = f"event: {value['type']}\n" if "type" in value else ""
    return f"{name}data: {json.dumps(value)}\n\n".encode()


def events(values: Iterable[Json]) -> list[bytes]:
    """Several."""
    return [event(one) for one in values]

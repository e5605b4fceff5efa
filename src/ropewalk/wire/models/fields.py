"""Requests as JSON objects: parsed strictly, looked through, limited and written anew.

What is judged is what is sent: a request is always written again from what was read, so that no second meaning (keys
said twice, or in other letters, which some servers take for the same) reaches a provider.
"""

import json
import math
from collections.abc import Iterable, Iterator
from typing import cast

from ropewalk.wire.models.reading import Body, Json

LARGEST = 64 * 1024 * 1024
"""Bytes of a request that are read; the providers refuse smaller ones."""

_CALLS = frozenset(("tool_use", "server_tool_use", "function_call"))
_ARGUMENTS = frozenset(("input", "args", "arguments", "response"))


def parse(data: bytes) -> Body | None:
    """The object of a request's body; None: it is none, or not in strict JSON. Never raises."""
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_no, parse_float=_number)
    except (ValueError, RecursionError):
        return None
    return cast("Body", value) if isinstance(value, dict) else None


def encode(body: Body) -> bytes:
    """The body as it is sent."""
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half a surrogate pair: only an escape can say it
        return json.dumps(body, separators=(",", ":")).encode()


def only(body: Body, names: Iterable[str]) -> Body:
    """The body without keys that are one of the names in other letters."""
    exact = frozenset(names)
    folded = frozenset(one.casefold() for one in exact)
    return {key: one for key, one in body.items() if key in exact or key.casefold() not in folded}


def limit(value: Json) -> int | None:
    """A limit that a request sets; None: it sets none that holds."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        return None
    return value


def lower(value: Json, most: int) -> int:
    """The limit that holds both."""
    own = limit(value)
    return most if own is None else min(own, most)


def objects(value: Json) -> Iterator[Body]:
    """All objects within a value, but for what a tool was called with or said, which are not for the provider."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left.extend(cast("list[Json]", one))
        elif isinstance(one, dict):
            here = cast("Body", one)
            yield here
            inner = _ARGUMENTS if here.get("type") in _CALLS else _ARGUMENTS - {"input"}
            left.extend(it for key, it in here.items() if key not in inner)


def linked(value: Json) -> bool:
    """Whether a picture is named by a link, so that its bytes are not in the request."""
    if isinstance(value, dict):
        value = cast("Body", value).get("url")
    return not (isinstance(value, str) and value[:5].lower() == "data:")


def _no(word: str) -> float:
    raise ValueError(word)


def _number(word: str) -> float:
    value = float(word)
    return value if math.isfinite(value) else _no(word)

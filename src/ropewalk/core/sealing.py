"""Sealing: giving payloads their salted digest before anything else sees them.

The hub seals a draft, then folds it: so event and projection refer to a text by the same digest.
"""

import hashlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from ropewalk.core.events import Draft
from ropewalk.core.payload import Payload

T = TypeVar("T")
SALT_BYTES = 16


def seal(draft: Draft, token: Callable[[int], bytes]) -> Draft:
    """The draft with a digest for every payload that has a text and none yet.

    `token(n)` answers with n fresh random bytes; it is asked once for each payload.
    """

    def one(payload: Payload) -> Payload:
        if payload.text is None or payload.digest:
            return payload
        salt = token(SALT_BYTES)
        data = encode(payload.text)
        return Payload(payload.text, _digest(salt, data), len(data), salt.hex())

    event = alter(draft.event, one)
    return draft if event is draft.event else replace(draft, event=event)


def digest_of(salt: bytes, text: str) -> str:
    """sha256 over the salt and the text, in hexadecimal."""
    return _digest(salt, encode(text))


def encode(text: str) -> bytes:
    """UTF-8 in which lone surrogates survive."""
    return text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> str:
    """What `encode` was given."""
    return data.decode("utf-8", "surrogatepass")


def alter(value: T, change: Callable[[Payload], Payload]) -> T:
    """The record with every payload in it changed, however deep; the same object if nothing changed."""
    return cast("T", _alter(value, change))


def _alter(value: Any, change: Callable[[Payload], Payload]) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Payload):
        return change(value)
    if isinstance(value, tuple):
        old = cast("tuple[Any, ...]", value)
        new: tuple[Any, ...] = tuple(_alter(one, change) for one in old)
        return old if all(a is b for a, b in zip(old, new, strict=True)) else new
    if is_dataclass(value) and not isinstance(value, type):
        return _record(value, change)
    return value


def _record(value: Any, change: Callable[[Payload], Payload]) -> Any:
    altered: dict[str, Any] = {}
    for one in fields(value):
        old = getattr(value, one.name)
        if (new := _alter(old, change)) is not old:
            altered[one.name] = new
    return replace(value, **altered) if altered else value


def _digest(salt: bytes, data: bytes) -> str:
    return hashlib.sha256(salt + data).hexdigest()

"""Records to JSON values and back, by their type hints. Unknown keys are ignored, absent ones default.

The keys are the fields' names; a `Payload` becomes `{"digest", "size"}` plus `"text"` where it has one.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ropewalk.core.events import KINDS, Event
from ropewalk.core.payload import Payload

T = TypeVar("T")
Json = Any


def dump(value: object) -> Json:
    """A JSON value for a record, or for a tuple, list or dict of records."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Payload):
        known = {"digest": value.digest, "size": value.size}
        return known if value.text is None else {**known, "text": value.text}
    if isinstance(value, dict):
        return {str(key): dump(one) for key, one in cast("dict[object, object]", value).items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [dump(one) for one in cast("tuple[object, ...]", value)]
    if is_dataclass(value):
        return {one.name: dump(getattr(value, one.name)) for one in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def load(kind: type[T], value: Json) -> T:
    """The record of a kind that `dump` made a JSON value of. ValueError: it does not fit."""
    return _reader(kind)(value)


def dump_event(event: Event) -> tuple[str, int, Json]:
    """Tag, version and body of an event."""
    return event.tag, event.version, dump(event)


def load_event(tag: str, version: int, body: Json) -> Event:
    """The event of a tag. ValueError: the tag, or a newer version of it, is not known here."""
    kind = KINDS.get(tag)
    if kind is None or version > kind.version:
        raise ValueError(f"event {tag} version {version} is newer than this program")
    return load(kind, body)


@cache
def _reader(kind: Any) -> Callable[[Json], Any]:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _optional(kind)
    if origin is Literal:
        return _literal(get_args(kind))
    if origin is tuple:
        return _tuple(get_args(kind)[0])
    if origin is dict:
        return _mapping(get_args(kind)[1])
    if is_dataclass(kind):
        return _record(cast("type[Any]", kind))
    return _plain(kind)


def _plain(kind: Any) -> Callable[[Json], Any]:
    accepted = (int, float) if kind is float else kind

    def read(value: Json) -> Any:
        if kind is not Any and not isinstance(value, accepted):
            raise ValueError(f"{value!r} is not of type {kind}")
        return value

    return read


def _optional(kind: Any) -> Callable[[Json], Any]:
    inner = _reader(next(one for one in get_args(kind) if one is not NoneType))
    return lambda value: None if value is None else inner(value)


def _literal(words: tuple[Any, ...]) -> Callable[[Json], Any]:
    def read(value: Json) -> Any:
        if value not in words:
            raise ValueError(f"{value!r} is none of {words}")
        return value

    return read


def _tuple(kind: Any) -> Callable[[Json], Any]:
    inner = _reader(kind)
    return lambda value: tuple(inner(one) for one in value)


def _mapping(kind: Any) -> Callable[[Json], Any]:
    inner = _reader(kind)
    return lambda value: {key: inner(one) for key, one in value.items()}


def _record(kind: type[Any]) -> Callable[[Json], Any]:
    if kind is Payload:
        return lambda value: Payload(
            value.get("text"), value.get("digest", ""), value.get("size", 0)
        )
    hints = get_type_hints(kind)
    readers = {one.name: _reader(hints[one.name]) for one in fields(kind)}
    needed = {
        one.name
        for one in fields(kind)
        if one.default is MISSING and one.default_factory is MISSING
    }

    def read(value: Json) -> Any:
        if not isinstance(value, dict):
            raise ValueError(f"{value!r} is not a {kind.__name__}")
        body = cast("dict[str, Json]", value)
        if missing := needed - body.keys():
            raise ValueError(f"{kind.__name__} lacks {', '.join(sorted(missing))}")
        return kind(
            **{name: reader(body[name]) for name, reader in readers.items() if name in body}
        )

    return read

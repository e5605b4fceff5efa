"""JSON-RPC 2.0, one message a line (https://www.jsonrpc.org/specification). Believes nothing.

Strings come out free of lone surrogates, so that whatever an agent sent can be stored as UTF-8.
"""

import json
from dataclasses import dataclass
from typing import Any, cast

Json = Any
Body = dict[str, Json]

METHOD_NOT_FOUND = -32601

WORDS = 2_000
"""Characters of a title, a label, a status that are kept; an agent's line may have 16 million."""


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody wants an answer. `id` is kept as JSON text, to be given back as it came."""

    id: str
    method: str
    params: Body


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody says something."""

    method: str
    params: Body


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a request of ours; `error` None: it went well."""

    id: Json
    result: Body
    error: Body | None


Message = Request | Notice | Answer


def parse(line: bytes) -> Message | None:
    """The message of a line; None if it is none. Any shape may come: never raises."""
    try:
        value = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    message = cast("Body", value)
    if isinstance(method := message.get("method"), str):
        params = body(message.get("params"))
        if "id" not in message:
            return Notice(method, params)
        return _request(message["id"], method, params)
    if "result" in message or "error" in message:
        error = body(message.get("error")) if message.get("error") is not None else None
        return Answer(message.get("id"), body(message.get("result")), error)
    return None


def request(id: int, method: str, params: Body) -> bytes:
    """A request as a line."""
    return _line({"jsonrpc": "2.0", "id": id, "method": method, "params": params})


def notice(method: str, params: Body) -> bytes:
    """A notification as a line."""
    return _line({"jsonrpc": "2.0", "method": method, "params": params})


def result(id: str, value: Body) -> bytes:
    """The answer to a request; `id` as in Request."""
    return _line({"jsonrpc": "2.0", "id": json.loads(id), "result": value})


def failure(id: str, code: int, message: str) -> bytes:
    """The refusal of a request; `id` as in Request."""
    error = {"code": code, "message": message}
    return _line({"jsonrpc": "2.0", "id": json.loads(id), "error": error})


def body(value: Json) -> Body:
    """The value if it is an object, else an empty one."""
    return cast("Body", value) if isinstance(value, dict) else {}


def items(value: Json) -> list[Json]:
    """The value if it is a list, else an empty one."""
    return cast("list[Json]", value) if isinstance(value, list) else []


def text(value: Json) -> str:
    """The value if it is a string, else an empty one; lone surrogates replaced."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def words(value: Json) -> str:
    """The same for what is shown in a line or names something: its first 2,000 characters."""
    return text(value)[:WORDS]


def count(value: Json) -> int:
    """The value if it is a number of something, else 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        return 0
    return int(value)


def _request(id: Json, method: str, params: Body) -> Request | None:
    if isinstance(id, bool) or not isinstance(id, str | int | None):
        return None
    return Request(json.dumps(id), method, params)


def _line(message: Body) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"

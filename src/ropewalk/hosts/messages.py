"""Requests to a host daemon and its answers: JSON lines, and errors that come back as what they were.

A request is {"n", "op", ...}; its answer {"n", "ok": true, ...} or {"n", "error": {code, message, hint}}.
"""

import asyncio
import json
from typing import Any

from ropewalk.core.errors import Bug, Conflict, NotFound, Outside, Refused, RopewalkError

VERSION = 1
FAREWELL_S = 2.0
LONGEST_LINE = 64 * 1024 * 1024
CODES: dict[str, type[RopewalkError]] = {
    kind.code: kind for kind in (Refused, NotFound, Conflict, Outside, Bug)
}


def dump_error(error: Exception) -> dict[str, str]:
    """An error for the wire; what is not of our tree is a bug of the host's."""
    if isinstance(error, RopewalkError):
        return {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, OSError | TimeoutError):
        return {"code": Outside.code, "message": str(error) or "the host took too long", "hint": ""}
    return {"code": Bug.code, "message": f"{type(error).__name__}: {error}", "hint": "see host.log"}


def load_error(body: dict[str, str]) -> RopewalkError:
    """The error that a host answered with."""
    kind = CODES.get(body.get("code", ""), Outside)
    return kind(body.get("message", "the host failed"), hint=body.get("hint", ""))


async def read_message(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next message; None: the other end hung up. Outside: it is no message."""
    try:
        line = await reader.readline()
    except (ConnectionError, ValueError):
        return None
    if not line.endswith(b"\n"):
        return None
    try:
        message = json.loads(line)
    except ValueError as error:
        raise Outside("what came over the socket is not JSON") from error
    if not isinstance(message, dict):
        raise Outside("what came over the socket is not a message")
    return message


async def write_message(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    """Send a message, and wait while the other end is slow. ConnectionError: it hung up."""
    writer.write(json.dumps(message).encode() + b"\n")
    await writer.drain()


async def close_writer(writer: asyncio.StreamWriter) -> None:
    """Hang up; an end that does not take what was sent is not waited for long."""
    writer.close()
    try:
        async with asyncio.timeout(FAREWELL_S):
            await writer.wait_closed()
    except TimeoutError:
        writer.transport.abort()
    except OSError:
        return

"""CONNECT: bytes both ways, once the first of them name the server that was asked for."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from ropewalk.gateway.greeting import NoGreeting, greeting
from ropewalk.gateway.names import Misspelt, literal, server
from ropewalk.gateway.network import Stream
from ropewalk.gateway.visitor import HEAD_S, PIECE

IDLE_S = 3600.0


@dataclass(slots=True)
class Passed:
    """Bytes that went through."""

    up: int = 0
    down: int = 0


class Fronted(Exception):
    """What the client says first names another server, or is not TLS; the message says which."""


async def first_words(reader: asyncio.StreamReader, data: bytes, host: str) -> bytes:
    """What the client sends first, which names the server. Fronted. OSError, EOFError: it hung up."""
    async with asyncio.timeout(HEAD_S):
        try:
            while (found := greeting(data)) is None:
                more = await reader.read(PIECE)
                if not more:
                    raise EOFError
                data += more
        except NoGreeting as error:
            raise Fronted(f"the tunnel does not begin as TLS does ({error})") from None
    if not _same(found.name, host):
        raise Fronted(f"TLS is asked of {found.name[:80] or 'an unnamed server'!r}")
    return data


def _same(named: str, host: str) -> bool:
    if not named:
        return literal(host) is not None
    try:
        return server(named) == host
    except Misspelt:
        return False


async def pump(inside: Stream, outside: Stream, passed: Passed) -> None:
    """Move bytes both ways until both ends are done, one breaks, or nothing moves for long."""
    async with asyncio.timeout(IDLE_S) as limit, asyncio.TaskGroup() as both:
        both.create_task(_move(inside[0], outside[1], passed, "up", limit))
        both.create_task(_move(outside[0], inside[1], passed, "down", limit))


async def _move(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    passed: Passed,
    way: Literal["up", "down"],
    limit: asyncio.Timeout,
) -> None:
    loop = asyncio.get_running_loop()
    while data := await reader.read(PIECE):
        writer.write(data)
        setattr(passed, way, getattr(passed, way) + len(data))
        limit.reschedule(loop.time() + IDLE_S)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    else:
        writer.close()

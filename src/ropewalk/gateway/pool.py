"""Connections to providers that may be used once more: a new one costs several round trips."""

import asyncio
import time
from collections import deque

from ropewalk.gateway.network import Stream
from ropewalk.gateway.outbound import Outbound
from ropewalk.gateway.providers import Known

IDLE_S = 20.0
MOST = 16


class Pool:
    """Idle connections, by provider."""

    def __init__(self, outbound: Outbound) -> None:
        """New ones are made by `outbound`."""
        self._outbound = outbound
        self._idle: dict[Known, deque[tuple[float, Stream]]] = {}

    async def take(self, known: Known, *, fresh: bool = False) -> tuple[Stream, bool]:
        """A connection, and whether it was used before. Unreachable, Forbidden."""
        waiting = self._idle.get(known, deque())
        while waiting and not fresh:
            since, stream = waiting.pop()
            if time.monotonic() - since < IDLE_S and _alive(stream):
                return stream, True
            stream[1].transport.abort()
        reached = await self._outbound.reach(
            known.host, known.port, private=True, secure=known.secure
        )
        return reached.stream, False

    def give(self, known: Known, stream: Stream) -> None:
        """Put one back that is in order."""
        waiting = self._idle.setdefault(known, deque())
        waiting.append((time.monotonic(), stream))
        while len(waiting) > MOST:
            waiting.popleft()[1][1].transport.abort()
        asyncio.get_running_loop().call_later(IDLE_S, self._expire, waiting)

    def _expire(self, waiting: deque[tuple[float, Stream]]) -> None:
        while waiting and time.monotonic() - waiting[0][0] >= IDLE_S:
            waiting.popleft()[1][1].transport.abort()

    def close(self) -> None:
        """Let go of all."""
        for waiting in self._idle.values():
            for _, stream in waiting:
                stream[1].transport.abort()
        self._idle.clear()


def _alive(stream: Stream) -> bool:
    reader, writer = stream
    return not reader.at_eof() and not writer.transport.is_closing()

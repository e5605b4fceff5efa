"""The intake: how much output of all runs together is being turned into records at one time.

Each line holds a little that has arrived. Without a bound on what leaves the lines, a hundred agents that
write at once have all of it in memory several times over (bytes, text, events, rows) until one transaction
has taken it, and a process does not give back what it once needed.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

ROOM = 2 * 1024 * 1024
"""Bytes of frames between their line and the disk."""


class Intake:
    """Room for bytes, given in the order in which it was asked for."""

    def __init__(self, room: int = ROOM) -> None:
        """`room` in bytes."""
        self._room = room
        self._free = room
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def room(self, size: int) -> AsyncIterator[None]:
        """Room for so many bytes, waited for; what is larger than all of it has all of it."""
        size = min(size, self._room)
        await self._enter(size)
        try:
            yield
        finally:
            self._leave(size)

    async def _enter(self, size: int) -> None:
        if not self._waiting and size <= self._free:
            self._free -= size
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave(size)
            else:
                self._waiting.remove((size, turn))
                self._admit()
            raise

    def _leave(self, size: int) -> None:
        self._free += size
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            size, turn = self._waiting.popleft()
            self._free -= size
            turn.set_result(None)

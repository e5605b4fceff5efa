"""One server as a living hub sees it: its output as it comes, and the way to signal it."""

import asyncio
import signal
from contextlib import suppress

from ropewalk.core.errors import NotFound, Outside
from ropewalk.core.records import Exit
from ropewalk.hub.watching import TAIL_CHARS
from ropewalk.ports import Line, Runs
from ropewalk.wire.frames import Frame, decode_exit

KEPT_BYTES = 1024 * 1024
TERM_S = 5.0
PAUSE_S = 0.5


class Server:
    """Reads the run of a server to its end, from where it was after each break of the line."""

    def __init__(self, run: str) -> None:
        """Nothing is known of it yet."""
        self.run = run
        self.exit = Exit(code=None, cause="lost")
        self.over = asyncio.Event()
        self.unwanted = asyncio.Event()
        self._moved = asyncio.Event()
        self._output = bytearray()
        self._first = 0
        self._offset = 0
        self._line: Line | None = None
        self._reached = asyncio.Event()

    async def follow(self, runs: Runs) -> None:
        """Until it is over."""
        while not self.over.is_set():
            try:
                _, self._line = await runs.dial(self.run, 1)
                self._reached.set()
                try:
                    await self._read(self._line)
                finally:
                    self._reached.clear()
                    line, self._line = self._line, None
                    await line.close()
            except NotFound:
                self._end()
            except Outside:
                await asyncio.sleep(PAUSE_S)

    async def _read(self, line: Line) -> None:
        while frames := await line.frames(self._offset):
            self._offset = frames[-1].end
            for one in frames:
                self._take(one)
            self._move()
            if frames[-1].kind == "exit":
                break
        self._end()

    def _take(self, frame: Frame) -> None:
        if frame.kind in ("stdout", "stderr"):
            self._output += frame.payload
            surplus = max(0, len(self._output) - KEPT_BYTES)
            del self._output[:surplus]
            self._first += surplus
        if frame.kind == "exit":
            self.exit, _ = decode_exit(frame.payload)

    def _end(self) -> None:
        self.over.set()
        self._move()

    def _move(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def end_when_unwanted(self) -> None:
        """Once it is unwanted: ask it to end, and after a while make it."""
        await self.unwanted.wait()
        await self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(TERM_S):
                await self.over.wait()
        while not self.over.is_set():
            await self._signal(signal.SIGKILL)
            await asyncio.sleep(PAUSE_S)

    async def _signal(self, number: int) -> None:
        """Signal it; where the line is just broken, the next one is waited for."""
        reached = asyncio.create_task(self._reached.wait())
        over = asyncio.create_task(self.over.wait())
        await asyncio.wait([reached, over], return_when=asyncio.FIRST_COMPLETED)
        reached.cancel()
        over.cancel()
        with suppress(Outside):
            if self._line is not None:
                await self._line.signal(number)

    async def more(self, after: int, seconds: float) -> tuple[str, int]:
        """Its output behind a position, and where that ends; waits so long for some. The newest MB is there."""
        moved = self._moved
        if after >= self._first + len(self._output) and not self.over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await moved.wait()
        piece = bytes(self._output[max(0, after - self._first) :])
        whole = piece if self.over.is_set() else _whole(piece)
        end = self._first + len(self._output) - (len(piece) - len(whole))
        return whole.decode("utf-8", "replace"), end

    def tail(self) -> str:
        """The end of its output."""
        return self._output[-TAIL_CHARS:].decode("utf-8", "replace")


def _whole(piece: bytes) -> bytes:
    """Without the beginning of a character whose end has not come."""
    for back in range(1, min(4, len(piece)) + 1):
        one = piece[-back]
        if one & 0xC0 == 0x80:
            continue
        need = 2 if one >> 5 == 6 else 3 if one >> 4 == 14 else 4 if one >> 3 == 30 else 1
        return piece[:-back] if need > back else piece
    return piece

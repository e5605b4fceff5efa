"""Watching a run of our own, a check's or a set-up's, to its end."""

import asyncio

from ropewalk.core.errors import Outside
from ropewalk.core.records import Exit
from ropewalk.ports import Line, Runs
from ropewalk.wire.frames import Frame, decode_exit

OUTPUT_BYTES = 4 * 1024 * 1024
TAIL_CHARS = 20_000
"""How much of a run's output is kept with what came of it."""


async def watch(runs: Runs, run: str) -> "Watched":
    """Read a run to its end, from the beginning after each break of the line."""
    while True:
        try:
            _, line = await runs.dial(run, 1)
            try:
                return await _read(line)
            finally:
                await line.close()
        except Outside:
            await asyncio.sleep(0.5)


class Watched:
    """What a check's run said, as far as it is kept."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.exit = Exit(code=None, cause="lost")
        self.began = 0.0
        self.ended = 0.0
        self._output = bytearray()

    @property
    def duration_s(self) -> float:
        """From the start of the run to its exit."""
        return max(0.0, self.ended - self.began)

    def take(self, frame: Frame) -> None:
        """Take a frame."""
        self.began = self.began or frame.time
        self.ended = frame.time
        if frame.kind in ("stdout", "stderr"):
            self._output += frame.payload
            del self._output[:-OUTPUT_BYTES]
        if frame.kind == "exit":
            self.exit, _ = decode_exit(frame.payload)

    @property
    def output(self) -> bytes:
        """The output as far as it is kept: the newest 4 MB."""
        return bytes(self._output)

    def tail(self) -> str:
        """The end of the output as text."""
        return self._output[-TAIL_CHARS:].decode("utf-8", "replace")


async def _read(line: Line) -> Watched:
    watched, offset = Watched(), 0
    while frames := await line.frames(offset):
        offset = frames[-1].end
        for one in frames:
            watched.take(one)
        if frames[-1].kind == "exit":
            break
    return watched

"""What is seen of one model request while its answer passes: usage, trouble, silence."""

import asyncio
import time
import zlib
from collections.abc import Callable
from typing import Any

from ropewalk.gateway.masking import Mask
from ropewalk.gateway.requests import Header
from ropewalk.wire.models import Answer, Codec, Reading

INFLATED = 64 * 1024
"""Bytes that are unpacked at a time."""
Tell = Callable[..., None]


class Watch:
    """Looks at one answer; implements `Watches`. `tell(kind, **body)` notes what cannot wait for the end."""

    def __init__(self, codec: Codec | None, mask: Mask, stall_s: float, tell: Tell) -> None:
        """From the moment on when the request is sent."""
        self.began = self._last = time.monotonic()
        self.first_ms: int | None = None
        self.status = 0
        self._codec = codec
        self._mask = mask
        self._tell = tell
        self._answer: Answer | None = None
        self._inflate: Callable[[bytes], None] | None = None
        self._told = ""
        self._stall_s = stall_s
        self._silent = False
        self._timer = asyncio.get_running_loop().call_later(stall_s, self._look)

    def answered(self, status: int) -> None:
        """The head of the answer is there."""
        self._moved()
        self.status = status
        if self._codec:
            self._answer = Answer(self._codec, status)
            self._trouble()
        elif status >= 400:
            self._tell("trouble", status=status, why="server" if status >= 500 else "refused")

    def head(self, headers: list[Header]) -> list[Header]:
        """Without keys; from here on packed bodies are unpacked for whoever counts."""
        coding = dict(headers).get(b"content-encoding", b"").lower()
        if coding in (b"gzip", b"deflate", b"x-gzip"):
            self._inflate = self._unpacking()
        return self._mask.head(headers)

    def piece(self, data: bytes) -> bytes:
        """Count it, and take keys out."""
        if self.first_ms is None:
            self.first_ms = round((time.monotonic() - self.began) * 1000)
        self._moved()
        if self._inflate:
            self._inflate(data)
            return self._mask.piece(data)
        data = self._mask.piece(data)
        self._feed(data)
        return data

    def rest(self) -> bytes:
        """What was kept back."""
        data = self._mask.rest()
        if not self._inflate:
            self._feed(data)
        return data

    def end(self, *, cut: bool) -> Reading:
        """What is known for good."""
        self._timer.cancel()
        return self._answer.end(cut=cut) if self._answer else Reading(ended="unknown")

    def _feed(self, data: bytes) -> None:
        if self._answer:
            self._answer.feed(data)
            self._trouble()

    def _trouble(self) -> None:
        """Tell of trouble once for each kind, as soon as it is read."""
        assert self._answer  # noqa: S101
        reading = self._answer.reading
        if reading.trouble and reading.trouble != self._told:
            self._told = reading.trouble
            self._tell("trouble", status=self.status, why=reading.trouble, said=reading.said)

    def _moved(self) -> None:
        self._last = time.monotonic()
        if self._silent:
            self._silent = False
            self._tell("resumed")

    def _look(self) -> None:
        left = self._last + self._stall_s - time.monotonic()
        if left <= 0 and not self._silent:
            self._silent = True
            self._tell("stalled", seconds=self._stall_s)
        again = left if left > 0 else self._stall_s
        self._timer = asyncio.get_running_loop().call_later(again, self._look)

    def _unpacking(self) -> Callable[[bytes], None]:
        unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

        def feed(data: bytes) -> None:
            try:
                while data:
                    self._feed(unpack.decompress(data, INFLATED))
                    data = unpack.unconsumed_tail
            except zlib.error:
                self._answer = None

        return feed


def counts(reading: Reading) -> dict[str, Any]:
    """What is noted of an answer. Tokens are left out where nothing was said of them."""
    noted: dict[str, Any] = {"served": reading.model, "ended": reading.ended, "stop": reading.stop}
    if reading.trouble:
        noted |= {"why": reading.trouble, "said": reading.said}
    if (usage := reading.usage) is not None:
        noted["usage"] = {
            "input": usage.input, "output": usage.output, "read": usage.read,
            "written": usage.written, "kept": usage.kept, "reasoning": usage.reasoning,
        }  # fmt: skip
    return noted

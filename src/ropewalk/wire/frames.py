"""Spool frames: what a run's spool holds, in one sequence of both directions. Pure.

The layout of the bytes is in `layout`. `stdin` and `closed` frames carry the id of the write that they
acknowledge; a `gap` stands where output was not kept; `exit` is the last frame of a spool.
"""

import json
from dataclasses import dataclass
from typing import Literal, cast

from ropewalk.core.records import Exit
from ropewalk.wire import layout
from ropewalk.wire.layout import Corrupt, pack_input, unpack_input

__all__ = ["Corrupt", "Decoder", "Frame", "Kind", "decode_exit", "decode_gap", "decode_input", "encode",
           "encode_exit", "encode_gap", "encode_input"]  # fmt: skip

Kind = Literal["start", "stdout", "stderr", "stdin", "closed", "exit", "gap"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `offset` is its place in the spool, `position` that of its first byte in its stream."""

    offset: int
    kind: Kind
    time: float
    position: int
    payload: bytes

    @property
    def end(self) -> int:
        """The offset of the next frame."""
        return self.offset + layout.HEAD.size + len(self.payload)


def encode(frame: Frame) -> bytes:
    """The bytes of a frame."""
    return layout.pack(
        frame.kind, frame.payload, offset=frame.offset, time=frame.time, position=frame.position
    )


class Decoder:
    """Frames out of bytes that arrive in any pieces. `offset` is that of the next frame.

    An incomplete frame at the end is waited for; `pending` tells how many of its bytes are there.
    """

    def __init__(self, offset: int = 0) -> None:
        """`offset` is the place in the spool of the first byte that will be fed."""
        self.offset = offset
        self._data = bytearray()

    @property
    def pending(self) -> int:
        """Bytes of a frame that is not complete."""
        return len(self._data)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete. Corrupt: they do not belong there."""
        self._data += data
        frames: list[Frame] = []
        at = 0
        while at < len(self._data) and (
            found := layout.unpack(self._data, offset=self.offset, at=at)
        ):
            kind, time, position, payload = found
            frame = Frame(self.offset, cast("Kind", kind), time, position, payload)
            frames.append(frame)
            at += frame.end - frame.offset
            self.offset = frame.end
        del self._data[:at]
        return frames


def encode_input(id: str, data: bytes) -> bytes:
    """The payload of a `stdin` or `closed` frame (the latter without bytes). Ids: up to 255 bytes."""
    return pack_input(id, data)


def decode_input(payload: bytes) -> tuple[str, bytes]:
    """The id of a write and the bytes that were accepted under it."""
    return unpack_input(payload)


def encode_gap(stdout: int, stderr: int) -> bytes:
    """The payload of a `gap` frame: how many bytes of each stream were not kept."""
    return json.dumps({"stdout": stdout, "stderr": stderr}).encode()


def decode_gap(payload: bytes) -> dict[Literal["stdout", "stderr"], int]:
    """How many bytes of each stream were not kept."""
    body = json.loads(payload)
    return {"stdout": int(body.get("stdout", 0)), "stderr": int(body.get("stderr", 0))}


def encode_exit(exit: Exit, *, read: int) -> bytes:
    """The payload of an `exit` frame. `read`: how many bytes of its input the process took."""
    body = {
        "code": exit.code,
        "signal": exit.signal,
        "cause": exit.cause,
        "read": read,
        "error": exit.error,
    }
    return json.dumps(body).encode()


def decode_exit(payload: bytes) -> tuple[Exit, int]:
    """How the run ended, and how many bytes of its input the process took."""
    body = json.loads(payload)
    over = Exit(
        code=body["code"], signal=body["signal"], cause=body["cause"], error=body.get("error", "")
    )
    return over, int(body["read"])

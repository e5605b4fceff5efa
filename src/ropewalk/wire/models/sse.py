"""Server-sent events, of which only the data counts (https://html.spec.whatwg.org/multipage/server-sent-events.html).

Lines and events may be of any length: what is said comes out in the pieces that went in, and nothing is held but
the beginning of a line.
"""

import re
from typing import cast

_LINE = re.compile(rb"[^\r\n]*")
_FIELD = 5
"""As many bytes as tell `data:` from everything else."""


class Events:
    """Takes the data out of an event stream that comes in pieces."""

    def __init__(self) -> None:
        """At the beginning of a stream."""
        self._head = bytearray()  # of the line, until it is known to be data or not
        self._is_data: bool | None = None  # of the line; None: not known yet
        self._space = False  # one blank may follow the colon, and is not data
        self._after_return = False
        self._said = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """Pieces of data in their order; None: the event is over. Lines of one event are parted by a newline."""
        out: list[bytes | None] = []
        at = 0
        while at < len(data):
            if self._after_return and data[at] == 0x0A:
                self._after_return = False
                at += 1
                continue
            self._after_return = False
            end = cast("re.Match[bytes]", _LINE.match(data, at)).end()
            self._grow(data[at:end], out)
            if end < len(data):
                self._after_return = data[end] == 0x0D
                self._ended(out)
                end += 1
            at = end
        return out

    def end(self) -> list[bytes | None]:
        """What the stream's end ends: an event whose empty line never came, for servers that leave it out."""
        out: list[bytes | None] = []
        self._ended(out)
        if self._said:
            self._said = False
            out.append(None)
        return out

    def _grow(self, piece: bytes, out: list[bytes | None]) -> None:
        if self._is_data is None:
            need = _FIELD - len(self._head)
            self._head += piece[:need]
            piece = piece[need:]
            if len(self._head) < _FIELD:
                return
            self._is_data = self._space = bytes(self._head) == b"data:"
        if self._is_data and piece:
            self._said = True
            out.append(piece[1:] if self._space and piece[:1] == b" " else piece)
            self._space = False

    def _ended(self, out: list[bytes | None]) -> None:
        empty = self._is_data is None and not self._head
        if self._is_data:
            out.append(b"\n")
        elif empty and self._said:
            self._said = False
            out.append(None)
        self._head.clear()
        self._is_data = None

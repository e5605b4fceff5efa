"""Input on its way from the spool to the agent: spooled first, then fed as the agent takes it."""

import collections
import contextlib
import fcntl
import os
import struct
import termios

from ropewalk.runner.spool import Spool
from ropewalk.wire.layout import HEAD, pack_input

FEED = 64 * 1024


class Input:
    """Appends writes by compare-and-append and feeds a descriptor that never blocks."""

    def __init__(self, spool: Spool, fd: int, *, unread: int, pty: bool) -> None:
        """`fd` is the write end, -1 if there is none; `unread` the read end, kept to count what is left."""
        self._spool = spool
        self._fd = fd
        self._unread = unread
        self._pty = pty
        self._ids: dict[str, int] = {}
        self._waiting: collections.deque[tuple[int, int]] = collections.deque()
        self.spooled = 0
        self.delivered = 0
        self.closed = fd < 0
        self.broken = False
        self.gone = False

    def accept(self, id: str, at: int, data: bytes | None) -> tuple[str, int]:
        """Spool bytes (None: the end of input). ("ok" | "stale" | "gone", position). Full: not taken."""
        if id in self._ids:
            return "ok", self._ids[id]
        if at != self.spooled:
            return "stale", self.spooled
        if self.closed or self.gone:
            return "gone", self.spooled
        kind = "closed" if data is None else "stdin"
        offset = self._spool.append(kind, pack_input(id, data or b""), position=at, durable=True)
        self._ids[id] = at
        if data is None:
            self.closed = True
        elif data:
            self._waiting.append((offset + HEAD.size + 1 + len(id.encode()), len(data)))
            self.spooled += len(data)
        return "ok", at

    @property
    def wants(self) -> bool:
        """Whether there is something to feed, or the end to be told."""
        return self._fd >= 0 and not self.broken and (bool(self._waiting) or self.closed)

    @property
    def fd(self) -> int:
        """The write end; -1 when it is closed."""
        return self._fd

    @property
    def floor(self) -> int:
        """Below this spool offset nothing is needed for feeding."""
        return self._waiting[0][0] - HEAD.size - 256 if self._waiting else self._spool.end

    def feed(self) -> None:
        """Give the agent what it takes now. A closed other end drops the rest."""
        try:
            while self._waiting and self._feed_one():
                pass
        except BlockingIOError:
            return
        except OSError:
            self.broken = True
            self._waiting.clear()
        if self.closed and not self._waiting:
            self.shut()

    def read(self) -> int:
        """How many of its bytes the agent has taken."""
        if self._unread < 0:
            return self.delivered
        left = fcntl.ioctl(self._unread, termios.FIONREAD, struct.pack("i", 0))
        return self.delivered - struct.unpack("i", left)[0]

    def shut(self) -> None:
        """Close the write end; a terminal is told by its end-of-file character."""
        if self._fd >= 0 and self._pty:
            with contextlib.suppress(OSError):
                os.write(self._fd, b"\x04")
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def end(self) -> None:
        """The agent is gone: nothing more is taken."""
        self.gone = True

    def _feed_one(self) -> bool:
        offset, left = self._waiting[0]
        data = self._load(offset, min(left, FEED))
        sent = os.write(self._fd, data)
        self.delivered += sent
        self._waiting[0] = (offset + sent, left - sent)
        if sent == left:
            self._waiting.popleft()
        return sent == len(data)

    def _load(self, offset: int, size: int) -> bytes:
        fd, place, _ = self._spool.piece(offset)
        try:
            return os.pread(fd, size, place)
        finally:
            os.close(fd)

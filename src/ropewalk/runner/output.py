"""Output of the agent on its way into the spool, within the quota."""

import json
import time

from ropewalk.runner.spool import Spool

TAIL = 1024 * 1024
CHUNK = 64 * 1024


class Output:
    """Keeps what the quota allows: all of it, else head and tail with one gap between them.

    The tail (half of the quota, at most 1 MiB) waits in memory and is spooled by `finish`.
    """

    def __init__(self, spool: Spool) -> None:
        """`limit` in bytes is set from outside; 0 is no limit."""
        self._spool = spool
        self.limit = 0
        self.keep = "tail"
        self.exceeded = False
        self._positions = {"stdout": 0, "stderr": 0}
        self._lost = {"stdout": 0, "stderr": 0}
        self._tail: list[tuple[str, int, float, bytearray]] = []
        self._waiting = 0

    def take(self, kind: str, data: bytes) -> None:
        """Spool a chunk. Full: nothing of it was taken, give it again later."""
        room = self._room()
        if room < len(data) or self._tail or self.exceeded:
            self._overflow(kind, data, room)
            return
        self._spool.append(kind, data, position=self._positions[kind])
        self._positions[kind] += len(data)

    def finish(self) -> None:
        """Spool the gap and the tail. Full: call again later."""
        if any(self._lost.values()):
            self._spool.append("gap", json.dumps(self._lost).encode())
            self._lost = {"stdout": 0, "stderr": 0}
        while self._tail:
            kind, position, when, data = self._tail[0]
            self._spool.append(kind, bytes(data), position=position, when=when)
            del self._tail[0]

    def _room(self) -> int:
        if not self.limit:
            return 1 << 62
        tail = min(self.limit // 2, TAIL) if self.keep == "tail" else 0
        return max(0, self.limit - tail - self._spool.held)

    def _overflow(self, kind: str, data: bytes, room: int) -> None:
        fits = 0 if self._tail or self.exceeded else room
        if fits:
            self._spool.append(kind, data[:fits], position=self._positions[kind])
            self._positions[kind] += fits
        rest = data[fits:]
        if self.keep == "stop":
            self.exceeded = True
            self._lost[kind] += len(rest)
        else:
            self._hold(kind, rest)
        self._positions[kind] += len(rest)

    def _hold(self, kind: str, data: bytes) -> None:
        last = self._tail[-1] if self._tail else None
        if last and last[0] == kind and len(last[3]) + len(data) <= CHUNK:
            last[3].extend(data)
        else:
            self._tail.append((kind, self._positions[kind], time.time(), bytearray(data)))
        self._waiting += len(data)
        excess = self._waiting - min(self.limit // 2, TAIL)
        while excess > 0:
            excess -= self._drop(excess)

    def _drop(self, excess: int) -> int:
        kind, position, when, data = self._tail[0]
        size = min(excess, len(data))
        self._lost[kind] += size
        self._waiting -= size
        del data[:size]
        if data:
            self._tail[0] = (kind, position + size, when, data)
        else:
            del self._tail[0]
        return size

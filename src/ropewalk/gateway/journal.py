"""The durable journal: lines of JSON in segments, each named by the number of its first entry.

What is appended has been written (it survives the process) when `append` returns; it is handed out when it is on
the disk (it survives the machine), since a number must not mean two things. Each segment begins with an entry of
the kind `state`, so that older segments are not needed to go on.
"""

import asyncio
import bisect
import contextlib
import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ropewalk.core.codec import dump, load
from ropewalk.core.errors import Outside
from ropewalk.ports.gateway import Entry

STATE = "state"
SEGMENT = 1024 * 1024
CROWDED = 64 * SEGMENT
"""Above this, entries that may be missed are counted and not kept."""
RECENT = 2000
MOST = 500
SYNC_S = 0.02
"""Entries that come within this time go to the disk together."""


class JournalFile:
    """The one writer of a journal's folder."""

    def __init__(self, folder: Path, state: Callable[[], dict[str, Any]] = dict) -> None:
        """Reads what is there; a line that was torn by a death is cut off. Outside: it is damaged."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._state = state
        self._fd = -1
        self._size = self._total = 0
        self.missed = 0
        """Entries that were not kept, since the last one that was."""
        self._firsts = sorted(int(one.name) for one in folder.iterdir() if one.name.isdigit())
        self._recent: deque[Entry] = deque(maxlen=RECENT)
        self.begun = self._mend()
        """The entries of the last segment: its state, and what came after."""
        self._recent.extend(self.begun)
        self.last = self.begun[-1].seq if self.begun else 0
        self.durable = self.last
        self._grown = asyncio.Event()
        self._written = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")

    def append(self, entry: Entry, *, dispensable: bool = False) -> Entry:
        """Write an entry; its number and time are given here. OSError: the disk does not take it."""
        if dispensable and self._total > CROWDED:
            self.missed += 1
            return entry
        if self._fd < 0 or self._size > SEGMENT:
            self._next_segment()
        return self._write(entry)

    async def run(self) -> None:
        """Bring what was written to the disk, until cancelled."""
        while True:
            await self._written.wait()
            await asyncio.sleep(SYNC_S)
            await self.sync()

    async def sync(self) -> None:
        """Bring it to the disk now."""
        self._written.clear()
        upto, fd = self.last, os.dup(self._fd) if self._fd >= 0 else -1
        if fd < 0:
            return
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, os.fsync, fd)
        finally:
            os.close(fd)
        self.durable = max(self.durable, upto)
        self._grown.set()
        self._grown = asyncio.Event()

    async def read(self, after: int, wait_s: float = 0.0) -> Sequence[Entry]:
        """The next durable entries above a number; waits so long for the first one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while self.durable <= after:
                    await self._grown.wait()
        return self._above(after)

    def trim(self, upto: int) -> None:
        """Delete the segments of which nothing above a number is needed; never the last one."""
        while len(self._firsts) > 1 and self._firsts[1] <= upto + 1:
            path = self._path(self._firsts.pop(0))
            self._total -= path.stat().st_size
            path.unlink()

    def kept(self) -> Iterator[Entry]:
        """All entries that are there, oldest first."""
        for first in self._firsts:
            yield from self._entries(self._path(first))

    def close(self) -> None:
        """Bring everything to the disk and let go."""
        self._thread.shutdown()
        if self._fd >= 0:
            os.fsync(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _above(self, after: int) -> list[Entry]:
        if self._recent and self._recent[0].seq <= after + 1:
            found: Iterator[Entry] = iter(self._recent)
        else:
            at = max(0, bisect.bisect_right(self._firsts, after + 1) - 1)
            found = (one for first in self._firsts[at:] for one in self._entries(self._path(first)))
        above: list[Entry] = []
        for one in found:
            if after < one.seq <= self.durable:
                above.append(one)
            if len(above) >= MOST:
                break
        return above

    def _write(self, entry: Entry) -> Entry:
        missed = self.missed if entry.kind != STATE else 0
        body = {**entry.body, "missed": missed} if missed else entry.body
        entry = Entry(
            seq=self.last + 1, at=round(time.time(), 3), kind=entry.kind, person=entry.person,
            task=entry.task, attempt=entry.attempt, epoch=entry.epoch, body=body,
        )  # fmt: skip
        data = json.dumps(dump(entry), separators=(",", ":")).encode() + b"\n"
        done = 0
        try:
            while done < len(data):
                done += os.write(self._fd, data[done:])
        except OSError:
            os.ftruncate(self._fd, self._size)
            raise
        self._size += len(data)
        self._total += len(data)
        self.last, self.missed = entry.seq, self.missed - missed
        self._recent.append(entry)
        self._written.set()
        return entry

    def _next_segment(self) -> None:
        if self._fd >= 0:
            os.fsync(self._fd)
            os.close(self._fd)
        first = self.last + 1
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._fd, self._size = os.open(self._path(first), flags, 0o600), 0
        if first not in self._firsts:
            self._firsts.append(first)
        _sync_folder(self._folder)
        self._write(Entry(seq=0, at=0, kind=STATE, body=self._state()))

    def _mend(self) -> list[Entry]:
        """What the last segment holds."""
        self._total = sum(self._path(one).stat().st_size for one in self._firsts)
        while self._firsts:
            path = self._path(self._firsts[-1])
            data = path.read_bytes()
            whole = data[: data.rfind(b"\n") + 1]
            if whole:
                os.truncate(path, len(whole))
                return list(self._entries(path))
            path.unlink()
            self._firsts.pop()
        return []

    def _entries(self, path: Path) -> Iterator[Entry]:
        with path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    return
                try:
                    yield load(Entry, json.loads(line))
                except ValueError as error:
                    raise Outside(
                        f"the gateway's journal {path} is damaged", hint="Move it away."
                    ) from error

    def _path(self, first: int) -> Path:
        return self._folder / f"{first:020d}"


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

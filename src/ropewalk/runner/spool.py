"""The spool on disk: segments named by their first logical offset; a frame never crosses one."""

import contextlib
import os
import time

from ropewalk.wire import layout

SEGMENT = 1024 * 1024
RESERVE = 256 * 1024


class Full(Exception):
    """The disk did not take it (no space, quota, input/output error); what was cut is as before."""


def segment_name(offset: int) -> str:
    """The file name of the segment that begins at an offset."""
    return f"{offset:020d}"


class Spool:
    """Appends frames. Only `append` with `durable` survives a power loss at once; else `sync` does it."""

    def __init__(self, folder: str) -> None:
        """A new spool in a folder that must not exist. FileExistsError: another incarnation's.

        Nothing of it is on the disk for sure before the first `sync`; the reserve is made by `refill`.
        """
        os.mkdir(folder, 0o700)
        self.folder = folder
        self.start = 0
        self.end = 0
        self.held = 0
        self._segments: list[tuple[int, int]] = []
        self._output = 0
        self._fd = -1
        self._reserve = os.path.join(folder, "reserve")
        self.dirty = False
        self._unnamed = True
        self._rotate()

    def append(
        self,
        kind: str,
        payload: bytes,
        *,
        position: int = 0,
        when: float = 0.0,
        durable: bool = False,
    ) -> int:
        """Append a frame; its offset. Full: nothing was appended. `durable` may use the reserve."""
        offset = self.end
        data = layout.pack(
            kind, payload, offset=offset, time=when or time.time(), position=position
        )
        try:
            self._write(data, durable)
        except Full:
            if not durable or not self._release():
                raise
            self._write(data, durable)
        if kind in ("stdout", "stderr"):
            self.held += len(payload)
            self._output += len(payload)
        return offset

    def sync(self) -> None:
        """Bring what was appended to the disk. Full: the disk failed; it stays due."""
        if self.dirty:
            try:
                self._bring()
            except OSError as error:
                raise Full(str(error)) from error
            self.dirty = False

    def refill(self) -> None:
        """Make the reserve for input and exit frames, if there is space for it."""
        if os.path.exists(self._reserve):
            return
        try:
            fd = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            os.write(fd, bytes(RESERVE))
        except OSError:
            os.unlink(self._reserve)
        finally:
            os.close(fd)

    def trim(self, upto: int) -> int:
        """Remove whole segments below an offset, never the last; the offset where the spool now starts."""
        while len(self._segments) > 1 and self._segments[1][0] <= upto:
            first, output = self._segments.pop(0)
            self.held -= output
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self.folder, segment_name(first)))
        self.start = self._segments[0][0]
        return self.start

    def piece(self, offset: int) -> tuple[int, int, int]:
        """A new descriptor, place in it and number of bytes of the frames from a frame's offset on."""
        first, after = self._around(offset)
        fd = os.open(os.path.join(self.folder, segment_name(first)), os.O_RDONLY | os.O_CLOEXEC)
        return fd, offset - first, after - offset

    def close(self) -> None:
        """Sync and let go; the reserve is not needed any more."""
        with contextlib.suppress(Full):
            self.sync()
        with contextlib.suppress(OSError):
            os.unlink(self._reserve)
        os.close(self._fd)

    def _around(self, offset: int) -> tuple[int, int]:
        after = self.end
        for first, _ in reversed(self._segments):
            if first <= offset:
                return first, after
            after = first
        raise ValueError("below the start of the spool")

    def _write(self, data: bytes, durable: bool) -> None:
        first = self._segments[-1][0]
        if self.end > first and self.end - first + len(data) > SEGMENT:
            self._rotate()
            first = self.end
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._fd, view) :]
            if durable:
                self._bring()
        except OSError as error:
            self._cut(self.end - first)
            raise Full(str(error)) from error
        self.dirty = not durable
        self.end += len(data)

    def _bring(self) -> None:
        os.fdatasync(self._fd)
        if self._unnamed:
            sync_folder(self.folder)
            self._unnamed = False

    def _cut(self, size: int) -> None:
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, size)
            os.lseek(self._fd, size, os.SEEK_SET)

    def _rotate(self) -> None:
        path = os.path.join(self.folder, segment_name(self.end))
        try:
            self.sync()
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            self._unnamed = True
        except OSError as error:
            raise Full(str(error)) from error
        if self._fd >= 0:
            os.close(self._fd)
            self._segments[-1] = (self._segments[-1][0], self._output)
        self._fd = fd
        self._output = 0
        self._segments.append((self.end, 0))

    def _release(self) -> bool:
        try:
            os.unlink(self._reserve)
        except OSError:
            return False
        return True


def sync_folder(path: str) -> None:
    """Make new names in a folder durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

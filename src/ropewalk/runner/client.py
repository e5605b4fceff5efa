"""One connection to a runner: requests in, replies and pieces of the spool out, all bounded.

Requests and replies are JSON lines; a reply carries the request's number as `n`. A `write` is followed
by `len` bytes. Frames come as a line {"frames": size, "from": offset, "tail": n} and so many bytes.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LINE = 64 * 1024
LARGEST = 1024 * 1024
BACKLOG = 256 * 1024
READ = 128 * 1024
DESCRIPTORS = 8


class Gone(Exception):
    """The client hung up, or said what no client may say."""


class Client:
    """Buffers of one client. Whoever does not read is no longer listened to, and gets nothing more."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over an accepted connection."""
        connection.setblocking(False)
        self.socket = connection
        self.version = 0
        self.epoch: int | None = None
        self.position: int | None = None
        self.credit = 0
        self.tail = 0
        self.fds: list[int] = []
        self._in = bytearray()
        self._queue: collections.deque[Message | Piece] = collections.deque()
        self._queued = 0
        self.sending = False

    @property
    def busy(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self._queue)

    @property
    def listened(self) -> bool:
        """Whether more requests are taken."""
        return self._queued < BACKLOG

    def reply(self, message: dict[str, Any], *, fd: int = -1) -> None:
        """Queue a reply; a descriptor goes with it and is closed here."""
        data = json.dumps(message).encode() + b"\n"
        self._queue.append(Message(data, fd))
        self._queued += len(data)

    def send_piece(self, fd: int, place: int, size: int) -> None:
        """Queue a part of a file, one at a time (`sending`); the descriptor is closed here."""
        self._queue.append(Piece(fd, place, size))
        self.sending = True

    def receive(self) -> list[tuple[dict[str, Any], bytes]]:
        """The requests that have arrived completely. Gone: this client is to be dropped."""
        try:
            data, fds, _, _ = socket.recv_fds(self.socket, READ, DESCRIPTORS)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError as error:
            raise Gone from error
        self.fds += fds
        if len(self.fds) > DESCRIPTORS or not data:
            raise Gone
        self._in += data
        return list(self._requests())

    def flush(self) -> None:
        """Send what the client takes now. Gone: it hung up."""
        try:
            while self._queue:
                first = self._queue[0]
                if isinstance(first, Piece):
                    self._send_piece(first)
                else:
                    self._send_message(first)
                self._queue.popleft().close()
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise Gone from error

    def close(self) -> None:
        """Hang up; bytes that were not read are lost to nobody but the client."""
        for fd in self.fds:
            os.close(fd)
        for item in self._queue:
            item.close()
        with contextlib.suppress(OSError):
            self.socket.close()

    def _requests(self) -> Any:
        while (size := self._in.find(b"\n")) >= 0:
            try:
                request = json.loads(self._in[:size])
                length = int(request.get("len", 0))
            except (ValueError, TypeError, AttributeError) as error:
                raise Gone from error
            if not 0 <= length <= LARGEST:
                raise Gone
            if len(self._in) < size + 1 + length:
                return
            body = bytes(self._in[size + 1 : size + 1 + length])
            del self._in[: size + 1 + length]
            yield request, body
        if len(self._in) > LINE:
            raise Gone

    def _send_message(self, message: Message) -> None:
        while message.data:
            if message.fd >= 0:
                sent = socket.send_fds(self.socket, [message.data], [message.fd])
                message.close()
            else:
                sent = self.socket.send(message.data)
            message.data = message.data[sent:]
            self._queued -= sent

    def _send_piece(self, piece: Piece) -> None:
        while piece.size:
            sent = send_file(self.socket, piece.fd, piece.place, piece.size)
            piece.place += sent
            piece.size -= sent
        self.sending = False


class Message:
    """A line on its way, perhaps with a descriptor."""

    def __init__(self, data: bytes, fd: int) -> None:
        """`fd` is -1 for none."""
        self.data = data
        self.fd = fd

    def close(self) -> None:
        """Let go of the descriptor."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class Piece:
    """A part of a file on its way."""

    def __init__(self, fd: int, place: int, size: int) -> None:
        """`size` bytes from `place` on."""
        self.fd = fd
        self.place = place
        self.size = size

    def close(self) -> None:
        """Let go of the file."""
        os.close(self.fd)


def send_file(connection: socket.socket, fd: int, place: int, size: int) -> int:
    """Send a part of a file without reading it where the system can do that; how much went out."""
    if hasattr(os, "sendfile") and os.uname().sysname == "Linux":
        return os.sendfile(connection.fileno(), fd, place, size)
    return connection.send(os.pread(fd, min(size, 64 * 1024), place))


def allowed(connection: socket.socket) -> bool:
    """Whether the other end is of our user (or root), where the system tells."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    raw = connection.getsockopt(socket.SOL_SOCKET, option, 12)
    return int.from_bytes(raw[4:8], "little") in (os.geteuid(), 0)

"""HTTP/1.1 over a unix socket, as little of it as our own hub speaks: one request a connection.

Why not `http.client`: it imports the `email` package, a third of a cold start. Bodies come with a
`Content-Length`, chunked (RFC 9112, section 7.1) or until the end of the connection.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ropewalk.core.errors import Outside, Refused

HEAD_LIMIT = 65_536
BROKEN = "The hub broke off in the middle of an answer."


class Body:
    """Takes the bytes of an answer's body as they come and gives back what they say."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        """`headers` in lower case."""
        self._chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        length = headers.get("content-length", "")
        self._left = 0 if self._chunked else int(length) if length.isdigit() else -1
        self._raw = b""
        self.ended = not self._chunked and self._left == 0

    def feed(self, data: bytes) -> bytes:
        """The content in `data`; an empty `data` is the end of the connection."""
        if not data:
            if not self.ended and (self._chunked or self._left > 0):
                raise Outside(BROKEN, hint="See what it says: ropewalk hub logs")
            self.ended = True
            return b""
        if self._chunked:
            return self._chunks(data)
        if self._left >= 0:
            data = data[: self._left]
            self._left -= len(data)
            self.ended = self._left == 0
        return data

    def _chunks(self, data: bytes) -> bytes:
        """What is there of a chunk is given at once: one may hold megabytes."""
        raw = self._raw + data
        out: list[bytes] = []
        while raw and not self.ended:
            if self._left > 0:
                taken, raw = raw[: self._left], raw[self._left :]
                self._left -= len(taken)
                out.append(taken)
                continue
            line, found, rest = raw.partition(b"\r\n")
            if not found:
                break
            raw = rest
            if line:  # an empty one ends the chunk before
                self._left = int(line.partition(b";")[0], 16)
                self.ended = self._left == 0
        self._raw = raw
        return b"".join(out)


class Answer:
    """An open answer: `status` (HTTP), then the body at once or line by line."""

    def __init__(self, connection: socket.socket) -> None:
        """Reads the head; the connection's time limit holds for every read."""
        self._connection = connection
        self._pending = b""
        raw = b""
        while b"\r\n\r\n" not in raw:
            data = self._receive()
            if not data or len(raw) > HEAD_LIMIT:
                raise Outside(BROKEN, hint="See what it says: ropewalk hub logs")
            raw += data
        head, _, rest = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1])
        pairs = (line.partition(":") for line in lines)
        self._body = Body({name.strip().lower(): value.strip() for name, _, value in pairs})
        self._text = self._body.feed(rest) if rest else b""

    def _receive(self) -> bytes:
        try:
            return self._connection.recv(65_536)
        except TimeoutError as error:
            raise Outside("The hub did not answer in time.", hint="ropewalk hub status") from error

    def fileno(self) -> int:
        """For select."""
        return self._connection.fileno()

    def read(self) -> bytes:
        """The whole body."""
        parts = [self._text]
        while not self._body.ended:
            parts.append(self._body.feed(self._receive()))
        self.close()
        return b"".join(parts)

    def more(self) -> list[bytes] | None:
        """The complete lines after one read (blocks until something is there); None at the end."""
        if not self._text:
            if self._body.ended:
                return None
            self._text += self._body.feed(self._receive())
        return self._split()

    def _split(self) -> list[bytes]:
        *lines, kept = (self._pending + self._text).split(b"\n")
        self._pending, self._text = kept, b""
        return [line for line in lines if line]

    def lines(self) -> Iterator[bytes]:
        """Every line until the end; empty ones (heartbeats) are left out."""
        while (found := self.more()) is not None:
            yield from found

    def close(self) -> None:
        """Let the connection go; twice is harmless."""
        self._connection.close()


def _refuse_stranger(connection: socket.socket, path: str) -> None:
    """What we ask may hold secrets: only a hub of our own user hears it, where the system can tell."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return
    raw = connection.getsockopt(socket.SOL_SOCKET, option, 12)
    if int.from_bytes(raw[4:8], sys.byteorder) != os.geteuid():
        raise Refused(
            f"Another user listens at {path}.",
            hint="Choose a directory of your own: export ROPEWALK_HOME=~/.local/state/ropewalk",
        )


def request(
    path: str, method: str, target: str, body: Mapping[str, Any] | None, timeout_s: float | None
) -> Answer:
    """Ask over the unix socket at `path`. OSError: nobody listens there. Refused: another user does."""
    content = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: ropewalk\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect(path)
        _refuse_stranger(connection, path)
        connection.sendall(head.encode() + content)
        return Answer(connection)
    except BaseException:
        connection.close()
        raise

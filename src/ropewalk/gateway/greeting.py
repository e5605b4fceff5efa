"""The server name in a TLS client's first message. Pure.

Source: RFC 8446 4.1.2 and 5.1 (ClientHello, records), RFC 6066 3 (server_name). The message may lie in several
records, and arrive in any pieces.
"""

from dataclasses import dataclass

HANDSHAKE, CLIENT_HELLO, SERVER_NAME = 22, 1, 0
LARGEST = 64 * 1024


class NoGreeting(ValueError):
    """These bytes do not begin a TLS connection that names at most one server."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a client said; an empty name: it named no server."""

    name: str


def greeting(data: bytes) -> Greeting | None:
    """What the bytes say; None: more of them are needed. NoGreeting."""
    if len(data) > LARGEST:
        raise NoGreeting("the first message is too long")
    message = _message(data)
    if message is None:
        return None
    try:
        return Greeting(_name(_Bytes(message)))
    except IndexError:
        raise NoGreeting("the first message is cut short") from None


def _message(data: bytes) -> bytes | None:
    """The body of the ClientHello, out of one or more records."""
    gathered, at = bytearray(), 0
    while True:
        if data[at : at + 1] not in (b"", bytes([HANDSHAKE])) or data[at + 1 : at + 2] not in (
            b"",
            b"\3",
        ):
            raise NoGreeting("this is not TLS")
        if len(data) < at + 5:
            return None
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        if not size:
            raise NoGreeting("a record is empty")
        gathered += data[at + 5 : at + 5 + size]
        if gathered[:1] not in (b"", bytes([CLIENT_HELLO])):
            raise NoGreeting("this is not the first message of a client")
        if len(gathered) >= 4:
            whole = int.from_bytes(gathered[1:4], "big")
            if len(gathered) >= 4 + whole:
                return bytes(gathered[4 : 4 + whole])
        if len(data) < at + 5 + size:
            return None
        at += 5 + size


class _Bytes:
    """Reads one after the other. IndexError: there are not so many."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.data):
            raise IndexError
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """What a length of so many bytes goes before."""
        return self.take(self.number(size))

    @property
    def more(self) -> bool:
        return self.at < len(self.data)


def _name(message: _Bytes) -> str:
    message.take(2 + 32)  # version, random
    message.vector(1)  # session id
    message.vector(2)  # cipher suites
    message.vector(1)  # compression
    if not message.more:
        return ""
    extensions, found = _Bytes(message.vector(2)), [""]
    while extensions.more:
        kind, body = extensions.number(2), extensions.vector(2)
        if kind == SERVER_NAME:
            found += _host_names(_Bytes(body))
    if len(found) > 2:
        raise NoGreeting("it names more than one server")
    return found[-1]


def _host_names(body: _Bytes) -> list[str]:
    names, found = _Bytes(body.vector(2)), list[str]()
    while names.more:
        kind, name = names.number(1), names.vector(2)
        if kind != 0:
            raise NoGreeting("it names a server in an unknown way")
        found.append(name.decode("ascii", "replace"))
    return found

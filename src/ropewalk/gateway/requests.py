"""What a client asks for, and what of its headers goes on. Pure.

Sources: RFC 9110 7.6.1 (what is for one hop only), RFC 9112 3.2 (forms of the target), 6.1 and 6.3 (framing).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import h11

from ropewalk.gateway.names import Misspelt, authority, shown
from ropewalk.gateway.refusals import No

Header = tuple[bytes, bytes]
ONE_HOP = {
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
    b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings",
}  # fmt: skip
FRAMING = {b"content-length", b"host", b"transfer-encoding"}
MODEL = b"/model/"


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for: a tunnel to a server, something of one, a model, or the gateway itself."""

    kind: Literal["tunnel", "server", "model", "self"]
    host: str = ""
    port: int = 0
    path: bytes = b""


def target(request: h11.Request) -> Target:
    """No: it is ambiguous or malformed."""
    refuse_ambiguous(request)
    try:
        if request.method == b"CONNECT":
            return _tunnel(request)
        if request.target.startswith(b"/"):
            kind = "model" if request.target.startswith(MODEL) else "self"
            return Target(kind, path=request.target)
        return _server(request)
    except (Misspelt, ValueError) as error:
        raise No(400, "malformed", f"The request is malformed: {error}.") from None


def refuse_ambiguous(message: h11.Request | h11.Response) -> None:
    """No: two readers could see different ends of this message."""
    names = [name for name, _ in message.headers]
    if b"transfer-encoding" in names:
        if b"content-length" in names:
            raise No(400, "smuggling", "A message has a length or is chunked, not both.")
        if message.http_version < b"1.1":
            raise No(400, "smuggling", "HTTP/1.0 knows no chunked messages.")


def _tunnel(request: h11.Request) -> Target:
    asked = request.target.decode("ascii")
    host, port = authority(asked)
    named = _host_header(request)
    if named and authority(named, port) != (host, port):
        raise Misspelt("Host is not the server that is asked for")
    return Target("tunnel", host, port)


def _server(request: h11.Request) -> Target:
    parts = urlsplit(request.target.decode("ascii"))
    if parts.scheme != "http" or "@" in parts.netloc:
        raise Misspelt("only http:// is asked for like this; use CONNECT for anything else")
    host, port = authority(parts.netloc, 80)
    named = _host_header(request)
    if named and authority(named, 80) != (host, port):
        raise Misspelt("Host is not the server that is asked for")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target("server", host, port, path.encode("ascii"))


def _host_header(request: h11.Request) -> str:
    return b"".join(value for name, value in request.headers if name == b"host").decode("latin-1")


def onward(headers: Iterable[Header]) -> list[Header]:
    """The headers without those for one hop, and without Host and length."""
    pairs = [(name.lower(), value) for name, value in headers]
    named = {
        one.strip().lower()
        for name, value in pairs
        if name == b"connection"
        for one in value.split(b",")
    }
    return [one for one in pairs if one[0] not in ONE_HOP | FRAMING | named]


def length(headers: Iterable[Header]) -> bytes | None:
    """The value of Content-Length, if it is what ends the message."""
    found = {name.lower(): value for name, value in headers}
    return None if b"transfer-encoding" in found else found.get(b"content-length")


def framing(request: h11.Request) -> list[Header]:
    """How the body of a request is sent on: as it came."""
    size = length(request.headers)
    if size is not None:
        return [(b"content-length", size)]
    chunked = any(name == b"transfer-encoding" for name, _ in request.headers)
    return [(b"transfer-encoding", b"chunked")] if chunked else []


def host_value(host: str, port: int, usual: int) -> bytes:
    """For a Host header."""
    text = shown(host, port)
    return (text.removesuffix(f":{usual}") if port == usual else text).encode("ascii")

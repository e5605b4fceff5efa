"""An answer on its way from a server to a client, piece by piece."""

from typing import Protocol

import h11

from ropewalk.gateway.requests import Header, length, onward
from ropewalk.gateway.upstream import Upstream
from ropewalk.gateway.visitor import Visitor


class Watches(Protocol):
    """Looks at what passes, and may alter it without changing its length."""

    def head(self, headers: list[Header]) -> list[Header]:
        """The headers of the answer."""
        ...

    def piece(self, data: bytes) -> bytes:
        """The next bytes of its body; it may keep some back until the next ones."""
        ...

    def rest(self) -> bytes:
        """What was kept back, at the end."""
        ...


class Unwatched:
    """Everything passes as it is."""

    def head(self, headers: list[Header]) -> list[Header]:
        """As they are."""
        return headers

    def piece(self, data: bytes) -> bytes:
        """As they are."""
        return data

    def rest(self) -> bytes:
        """Nothing."""
        return b""


async def pass_on(
    upstream: Upstream, visitor: Visitor, response: h11.Response, watches: Watches | None = None
) -> None:
    """Pass an answer on at the pace of the client. Cut: the server broke off. Hungup: the client did."""
    watches = watches or Unwatched()
    headers = onward(response.headers)
    size = length(response.headers)
    if size is not None:
        headers.append((b"content-length", size))
    await visitor.send(
        h11.Response(
            status_code=response.status_code, headers=watches.head(headers), reason=response.reason
        )
    )
    async for piece in upstream.pieces():
        if data := watches.piece(piece):
            await visitor.send(h11.Data(data=data))
    if data := watches.rest():
        await visitor.send(h11.Data(data=data))
    await visitor.send(h11.EndOfMessage())

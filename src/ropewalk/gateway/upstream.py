"""One request to a server outside, and its answer. h11 writes and reads it; nothing is kept but one piece."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import h11

from ropewalk.gateway.network import Stream
from ropewalk.gateway.requests import Header
from ropewalk.gateway.visitor import LARGEST_HEAD, PIECE

SILENCE_S = 1800.0
"""A server that says nothing for so long is given up; a model may think for minutes."""


class Cut(Exception):
    """The server hung up before its answer was whole, or answered what is no answer."""


class Upstream:
    """A conversation with a server."""

    def __init__(self, stream: Stream) -> None:
        """On a connection that nobody else uses."""
        self.reader, self.writer = stream
        self.sent = self.received = 0
        """Bytes on the connection."""
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)

    async def ask(
        self,
        method: bytes,
        path: bytes,
        headers: Iterable[Header],
        body: AsyncIterator[bytes] | bytes,
    ) -> None:
        """Send a request. OSError: the server does not take it."""
        await self._send(h11.Request(method=method, target=path, headers=list(headers)))
        if isinstance(body, bytes):
            if body:
                await self._send(h11.Data(data=body))
        else:
            async for piece in body:
                await self._send(h11.Data(data=piece))
        await self._send(h11.EndOfMessage())

    async def response(self) -> h11.Response:
        """The head of the answer. Cut."""
        while not isinstance(event := await self._next(), h11.Response):
            if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
                raise Cut("the server answered out of turn")
        return event

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body of the answer, as it arrives; what arrived together comes together. Cut."""
        while isinstance(event := await self._next(), h11.Data):
            first, whole = bytes(event.data), None
            while isinstance(event := self._try(), h11.Data):
                whole = whole or bytearray(first)
                whole += event.data
            yield bytes(whole) if whole else first
            if isinstance(event, h11.EndOfMessage):
                return

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent on the connection."""
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    def abort(self) -> None:
        """Cut the connection."""
        self.writer.transport.abort()

    async def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self.writer.write(data)
            self.sent += len(data)
        await self.writer.drain()

    def _try(self) -> object:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as error:
            raise Cut(str(error)) from None

    async def _next(self) -> object:
        while (event := self._try()) is h11.NEED_DATA:
            try:
                async with asyncio.timeout(SILENCE_S):
                    data = await self.reader.read(PIECE)
            except TimeoutError:
                raise Cut(f"the server said nothing for {SILENCE_S:.0f} s") from None
            except OSError as error:
                raise Cut(error.strerror or "the connection broke") from error
            self.received += len(data)
            self._http.receive_data(data)
        return event

"""One connection of a client in a sandbox: what it asks, and what it is answered. h11 reads and writes it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import h11

from ropewalk.gateway.refusals import No

LARGEST_HEAD = 64 * 1024
PIECE = 64 * 1024
HEAD_S, IDLE_S, BODY_S = 30.0, 300.0, 300.0
LINGER_S, LINGER_BYTES = 2.0, 4 * 1024 * 1024


class Hungup(Exception):
    """The client is gone."""


class Visitor:
    """A client. Every wait for it has a limit."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection that was accepted."""
        self.reader = reader
        self.writer = writer
        self.sent = 0
        """Bytes of answers."""
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
        self._served = 0

    @property
    def answered(self) -> bool:
        """Whether the head of an answer went out."""
        return self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE)

    async def request(self) -> h11.Request | None:
        """The next request; None: there is none. No: it is malformed."""
        event = await self._next(IDLE_S if self._served else HEAD_S)
        if isinstance(event, h11.Request):
            self._served += 1
            return event
        return None

    async def body(self) -> AsyncIterator[bytes]:
        """The pieces of the request's body."""
        while isinstance(event := await self._next(BODY_S), h11.Data):
            yield bytes(event.data)

    async def gather(self, limit: int) -> bytes:
        """The whole body. No: it is longer."""
        gathered = bytearray()
        async for piece in self.body():
            gathered += piece
            if len(gathered) > limit:
                raise No(413, "too-large", f"The request is larger than {limit} bytes.", model=True)
        return bytes(gathered)

    async def send(self, event: h11.Event) -> None:
        """Send a part of the answer, and wait while the client is slow. Hungup."""
        data = self._http.send(event)
        if data:
            self.writer.write(data)
            self.sent += len(data)
        await self._drain()

    async def refuse(self, no: No) -> None:
        """Answer with a text of our own, if nothing was answered yet, and hang up properly."""
        if self.answered:
            self.abort()
            return
        response, body = no.response()
        with contextlib.suppress(Hungup, h11.LocalProtocolError):
            await self.send(response)
            await self.send(h11.Data(data=body))
            await self.send(h11.EndOfMessage())
        await self.linger()

    async def linger(self) -> None:
        """Let the client read our answer before it hears of what it sent in vain."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            self.writer.write_eof()
            async with asyncio.timeout(LINGER_S):
                left = LINGER_BYTES
                while left > 0 and (data := await self.reader.read(PIECE)):
                    left -= len(data)

    async def gone(self) -> None:
        """Wait until the client hangs up; what it sends before its answer is kept, within limits."""
        while len(self._http.trailing_data[0]) < LARGEST_HEAD:
            try:
                data = await self.reader.read(PIECE)
            except OSError:
                return
            self._http.receive_data(data)
            if not data:
                return
        await asyncio.Event().wait()

    async def tunnel(self) -> bytes:
        """Say that the tunnel is there; what the client has sent into it already. Hungup."""
        await self._next(HEAD_S)  # the end of the request
        self.writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await self._drain()
        return self._http.trailing_data[0]

    def again(self) -> bool:
        """Whether another request may come on this connection."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            return True
        return False

    def abort(self) -> None:
        """Cut the connection, so that the client does not take what it got for the whole."""
        self.writer.transport.abort()

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(LINGER_S):
                await self.writer.wait_closed()
                return
        self.abort()

    async def _next(self, limit_s: float) -> h11.Event | type[h11.PAUSED]:
        """The next event, waited for so long in all. Hungup, No."""
        try:
            async with asyncio.timeout(limit_s):
                while (event := self._http.next_event()) is h11.NEED_DATA:
                    await self._more()
        except TimeoutError:
            raise Hungup from None
        except h11.RemoteProtocolError as error:
            status = error.error_status_hint
            raise No(status, "malformed", f"The request is malformed: {error}.") from None
        return event  # pyright: ignore[reportReturnType]

    async def _more(self) -> None:
        if self._http.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
            self.writer.write(self._http.send(go_on) or b"")
        try:
            data = await self.reader.read(PIECE)
        except OSError as error:
            raise Hungup from error
        self._http.receive_data(data)

    async def _drain(self) -> None:
        try:
            await self.writer.drain()
        except OSError as error:
            raise Hungup from error

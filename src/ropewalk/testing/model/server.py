"""The scripted model server: HTTP/1.1 on a loopback address, in the event loop of who uses it."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

import h11

from ropewalk.testing.model.pieces import pieces
from ropewalk.testing.model.reply import Reply
from ropewalk.testing.model.shapes import SHAPES
from ropewalk.wire.models import Asked, Call, Name, Provider, asked, call, parse

Choose = Callable[["Seen"], Reply]
_PROVIDERS: tuple[Provider, ...] = ("anthropic", "openai", "gemini", "azure", "vertex", "bedrock")
_KEYS = ("x-api-key", "x-goog-api-key", "api-key", "authorization")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request that came. `key` is the credential it had, wherever it had it; empty: none.

    `served` is what the answer says of usage and model if it comes whole; None: it says nothing of it.
    """

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    key: str
    body: bytes
    protocol: Name | None = None
    asked: Asked | None = None
    served: Reply | None = None


class ModelServer:
    """Answers in the order of its script; the last reply is repeated. Use it with `async with`."""

    def __init__(
        self,
        script: Sequence[Reply] | Choose = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """`script` is a list of replies, or says the reply to a request. Empty: `Reply()`. Port 0: any that is free."""
        self.seen: list[Seen] = []
        self.keys: Counter[str] = Counter()
        self._choose = script if callable(script) else self._in_turn
        self._script = () if callable(script) else tuple(script) or (Reply(),)
        self._place = (host, port)
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        if self._server is None:
            raise RuntimeError("the model server has not been started")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._meet, *self._place)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, whatever hangs."""
        if self._server is not None:
            self._server.close()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    def _in_turn(self, _: Seen) -> Reply:
        return self._script[min(len(self.seen), len(self._script)) - 1]

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
        try:
            with contextlib.suppress(
                ConnectionError, h11.RemoteProtocolError, asyncio.CancelledError
            ):
                await self._talk(_Line(reader, writer))
        finally:
            writer.close()

    async def _talk(self, line: "_Line") -> None:
        while (came := await line.request()) is not None:
            request, body = came
            seen, way = _understood(request, body)
            self.seen.append(seen)
            self.keys[seen.key] += 1
            reply = _filled(self._choose(seen), seen)
            self.seen[-1] = replace(seen, served=reply if reply.fault in ("", "endless") else None)
            if not await _answered(line, self.seen[-1], way, reply) or not line.again():
                return


class _Line:
    """One connection, in HTTP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._http = h11.Connection(h11.SERVER)
        self._reader = reader
        self._writer = writer

    async def request(self) -> tuple[h11.Request, bytes] | None:
        request: h11.Request | None = None
        body: list[bytes] = []
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                if self._http.they_are_waiting_for_100_continue:
                    await self.send(h11.InformationalResponse(status_code=100, headers=[]))
                self._http.receive_data(await self._reader.read(65536))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and request is not None:
                return request, b"".join(body)
            else:
                return None

    async def send(self, *events: h11.Event) -> None:
        for one in events:
            self._writer.write(self._http.send(one) or b"")
        await self._writer.drain()

    def again(self) -> bool:
        if self._http.our_state is h11.MUST_CLOSE or self._http.their_state is h11.MUST_CLOSE:
            return False
        self._http.start_next_cycle()
        return True

    def abort(self) -> None:
        self._writer.transport.abort()

    async def gone(self) -> None:
        """Until the other side goes."""
        while await self._reader.read(65536):
            pass


def _understood(request: h11.Request, body: bytes) -> tuple[Seen, Call]:
    parts = urlsplit(request.target.decode("latin-1"))
    headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
    query = parse_qs(parts.query)
    method = request.method.decode()
    ways = (call(one, method, parts.path) for one in _PROVIDERS)
    way = next((one for one in ways if one.codec or one.free), Call())
    value = parse(body)
    known = [headers[one] for one in _KEYS if one in headers] + query.get("key", [])
    seen = Seen(
        method=method,
        path=parts.path,
        query=query,
        headers=headers,
        key=known[0].removeprefix("Bearer ") if known else "",
        body=body,
        protocol=way.codec.name if way.codec and value is not None else None,
        asked=asked(way, value) if way.codec and value is not None else None,
    )
    return seen, way


def _filled(reply: Reply, seen: Seen) -> Reply:
    """The reply as this request gets it: its model, within its limit, and as far as the protocol can tell it."""
    if seen.protocol is None or seen.asked is None:
        return reply
    usage = reply.usage
    if seen.asked.output is not None:
        output = min(usage.output, seen.asked.output)
        usage = replace(usage, output=output, reasoning=min(usage.reasoning, output))
    usage = SHAPES[seen.protocol].said(usage)
    return replace(reply, usage=usage, model=reply.model or seen.asked.model)


async def _answered(line: _Line, seen: Seen, way: Call, reply: Reply) -> bool:
    """Whether the answer came to its end."""
    if way.free:
        return await _json(line, 200, {"data": [], "input_tokens": 1, "totalTokens": 1}, reply)
    if seen.protocol is None or seen.asked is None:
        return await _json(line, 404, {"error": {"message": "nothing is scripted here"}}, reply)
    if reply.fault == "redirect":
        return await _json(line, 307, {}, reply, ("location", reply.location))
    if reply.fault == "status":
        await asyncio.sleep(reply.pause_s)
        return await _json(line, reply.status, SHAPES[seen.protocol].wrong(reply.status), reply)
    streams = seen.asked.streams and seen.query.get("alt", ["sse"]) == ["sse"]
    kind = "text/event-stream" if streams and reply.fault != "garbage" else "application/json"
    await line.send(_head(200, [("content-type", kind)], reply))
    async for piece in _paced(pieces(seen.protocol, reply, streams=streams), reply):
        await line.send(h11.Data(data=piece))
    if reply.fault == "cut":
        line.abort()
        return False
    if reply.fault == "hang":
        await line.gone()
        return False
    await line.send(h11.EndOfMessage())
    return True


async def _paced(parts: Iterable[bytes], reply: Reply) -> AsyncIterator[bytes]:
    for one in parts:
        if reply.pause_s:
            await asyncio.sleep(reply.pause_s)
        yield one


async def _json(
    line: _Line, status: int, value: object, reply: Reply, *headers: tuple[str, str]
) -> bool:
    body = json.dumps(value).encode()
    usual = [("content-type", "application/json"), ("content-length", str(len(body)))]
    await line.send(
        _head(status, [*usual, *headers], reply), h11.Data(data=body), h11.EndOfMessage()
    )
    return True


def _head(status: int, headers: list[tuple[str, str]], reply: Reply) -> h11.Response:
    return h11.Response(status_code=status, headers=[*headers, *reply.headers.items()])

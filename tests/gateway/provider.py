"""A provider of models outside: answers what the test says, and keeps what it was asked."""

import asyncio
import json
from dataclasses import dataclass, field

import h11

from ropewalk.ports.gateway import KeySource, Provider

KEY = "sk-real-" + "k" * 24


@dataclass
class Asked:
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """Serves on connections that stay open. `pieces` are sent one by one; None waits for `go`."""

    status: int = 200
    pieces: list[bytes | None] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    cut: bool = False
    raw: bytes = b""
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        http = h11.Connection(h11.SERVER)
        while await self._one(http, reader, writer):
            http.start_next_cycle()

    async def _one(self, http, reader, writer) -> bool:
        request, body = None, b""
        while not isinstance(event := http.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                http.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                return False
        named = {name.decode(): value.decode() for name, value in request.headers}
        self.asked.append(Asked(request.target.decode(), named, body))
        if self.raw:
            writer.write(self.raw)
            return False
        head = h11.Response(status_code=self.status, headers=self.headers)
        writer.write(http.send(head))
        for piece in self.pieces:
            if piece is None:
                await writer.drain()
                await self.go.wait()
            else:
                writer.write(http.send(h11.Data(data=piece)))
                await writer.drain()
        if self.cut:
            return False
        writer.write(http.send(h11.EndOfMessage()))
        await writer.drain()
        return http.our_state is h11.DONE and http.their_state is h11.DONE


def event(kind: str, **body) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **body})}\n\n".encode()


START = event(
    "message_start",
    message={"model": "claude-real-1", "usage": {"input_tokens": 12, "output_tokens": 1}},
)
WORDS = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "hello"})
DELTA = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 34})
STOP = event("message_stop")
STREAM = [("content-type", "text/event-stream")]


def anthropic(port: int, **more) -> Provider:
    more = {"key": KeySource(value=KEY), "base_url": f"http://127.0.0.1:{port}", **more}
    return Provider(name="anthropic", kind="anthropic", **more)


def message(token: str, *, path: str = "/model/anthropic/v1/messages", **more) -> bytes:
    """A request of a client that streams."""
    body = {"model": "claude-asked", "max_tokens": 100, "stream": True, "messages": [], **more}
    data = json.dumps(body).encode()
    lines = [
        f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"x-api-key: {token}", "anthropic-version: 2023-06-01",
        "accept-encoding: gzip", f"content-length: {len(data)}", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + data

"""What the tests of the gateway share: a gateway, doors, servers outside and clients inside."""

import asyncio
import hashlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

from ropewalk.core.errors import Outside
from ropewalk.core.prices import read
from ropewalk.gateway.client import GatewayClient
from ropewalk.gateway.place import GatewayFolder
from ropewalk.gateway.process import Process, take_lock
from ropewalk.ports.gateway import Door, Entry, NetworkRules
from ropewalk.testing.internet import Internet

LIMIT_S = 20.0
PUBLIC = "93.184.215.14"
TOKEN = "t0" * 16
DIGEST = hashlib.sha256(TOKEN.encode()).hexdigest()
PRICES = read('[[price]]\nmodel = "claude-asked"\ninput = 1\noutput = 10\n')
Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Scene:
    """A home with a gateway in this process."""

    def __init__(self, home: Path, environ: dict[str, str] | None = None) -> None:
        self.home = home
        self.environ = environ or {}
        self.internet = Internet()
        self.wait_s = 10.0
        self.listeners: list[socket.socket] = []
        self.servers: list[asyncio.Server] = []
        self.answering: set[asyncio.Task] = set()

    async def begin(self) -> None:
        place = GatewayFolder(self.home)
        place.make()
        self.process = Process(
            place, self.internet, self.environ, PRICES, take_lock(place), wait_s=self.wait_s
        )
        self.running = asyncio.create_task(self.process.run())
        self.client = await connected(self.home)

    async def end(self) -> None:
        await self.client.leave()
        self.process.end()
        await self.running
        for server in self.servers:
            server.close()
        for task in self.answering:
            task.cancel()
        await asyncio.gather(*self.answering, return_exceptions=True)
        for listener in self.listeners:
            listener.close()

    async def again(self) -> None:
        """Another gateway takes the place of this one; doors and servers stay."""
        await self.client.leave()
        self.process.end()
        await self.running
        await self.begin()

    async def door(self, *allowed: str, attempt: str = "7.1", epoch: int = 1, **more) -> int:
        """A door with rules, and its port."""
        listener: socket.socket | None = more.pop("listener", None)
        rules = more.pop("rules", None) or NetworkRules(preset="listed", allowed=allowed)
        task = attempt.partition(".")[0]
        door = Door(
            person="ann", task=task, attempt=attempt, epoch=epoch, rules=rules, token_digest=DIGEST,
            **more,
        )  # fmt: skip
        listener = listener or self.listener()
        return await self.client.open(door, listener=listener.fileno())

    def listener(self) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", 0))
        self.listeners.append(listener)
        return listener

    async def server(self, serving: Serving, tls: ssl.SSLContext | None = None) -> int:
        """A server of this machine, and its port."""

        async def serve(reader, writer):
            self.answering.add(task := asyncio.current_task())
            try:
                await serving(reader, writer)
            except OSError:
                pass
            finally:
                self.answering.discard(task)
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        self.servers.append(server)
        return server.sockets[0].getsockname()[1]

    async def site(self, name: str, serving: Serving, port: int = 80, address: str = PUBLIC) -> int:
        """A server out in the world."""
        at = await self.server(serving)
        self.internet.add(name, address, port, at)
        return at

    async def entries(self, kind: str, count: int = 1) -> list[Entry]:
        """So many entries of the journal, waited for."""
        return await noted(self.client, kind, count)


async def noted(client: GatewayClient, kind: str, count: int = 1) -> list[Entry]:
    """So many entries of a gateway's journal, waited for."""
    found: list[Entry] = []
    after = 0
    async with asyncio.timeout(8):
        while len(found) < count:
            for one in await client.read(after, wait_s=5):
                after = one.seq
                if one.kind == kind:
                    found.append(one)
    return found


async def connected(home: Path) -> GatewayClient:
    async with asyncio.timeout(8):
        while True:
            try:
                return await GatewayClient.connect(home)
            except Outside:
                await asyncio.sleep(0.01)


async def say(port: int, data: bytes, *, half: bool = False) -> bytes:
    """Everything that is answered to some bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        if half:
            writer.write_eof()
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def get(url: str, host: str = "", *more: str) -> bytes:
    host = host or url.split("/")[2]
    lines = [f"GET {url} HTTP/1.1", f"Host: {host}", "Connection: close", *more, "", ""]
    return "\r\n".join(lines).encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


async def head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that says what it was asked."""
    asked = await head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(asked) + asked)
    await writer.drain()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that sends back what it gets."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


def client_hello(name: str) -> bytes:
    """What a TLS client says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()

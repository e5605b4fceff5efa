"""The control socket, version 1: what the host daemon and the hub ask of a gateway.

JSON lines both ways; an answer is {"n", "ok": true, ...} or {"n", "ok": false, "error": {code, message, hint}}.
The first request is `hello {version}`. What is large (more than a line may be) follows a line as `len` bytes.

    open {door}          with the listening socket as SCM_RIGHTS, or `runner` in the door; answers {port}
    rules {attempt, epoch, rules}
    close {attempt, epoch}
    list                 {doors}
    read {after, wait_s} {entries}, of the journal
    trim {upto}
    provide {provider}   a model provider, with the key or where it is
    withdraw {person, name}
    prices {text}        the person's own prices
    grant {allowance, ceiling}  what an epoch of an attempt may use in all; answers {report}
    spent {attempt, epoch}      {report}
    retire {within_s}    accept nobody any more, let streams end for so long, then end
    stop                 end now
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from ropewalk import __version__
from ropewalk.core.errors import Bug, Outside, Refused, RopewalkError
from ropewalk.runner.client import Client, Gone, allowed

VERSION = 1
CLIENTS = 64
Json = dict[str, Any]
Operation = Callable[[Json, int], Awaitable[Json]]
"""Takes a request, and a descriptor that came with it (-1: none), which becomes its own."""


class Control:
    """All connections to one control socket."""

    def __init__(self, listener: socket.socket, operations: dict[str, Operation]) -> None:
        """Listens once it has begun."""
        listener.setblocking(False)
        self._listener = listener
        self._operations = operations
        self._clients: set[Client] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Accept."""
        asyncio.get_running_loop().add_reader(self._listener.fileno(), self._come)

    async def close(self) -> None:
        """Hang up on everybody."""
        asyncio.get_running_loop().remove_reader(self._listener.fileno())
        self._listener.close()
        for one in self._tasks:
            one.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in list(self._clients):
            self._drop(client)

    def _come(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if len(self._clients) >= CLIENTS or not allowed(connection):
            connection.close()
            return
        client = Client(connection)
        self._clients.add(client)
        self._watch(client)

    def _watch(self, client: Client) -> None:
        loop, fd = asyncio.get_running_loop(), client.socket.fileno()
        if fd < 0:
            return
        if client.listened:
            loop.add_reader(fd, self._read, client)
        else:
            loop.remove_reader(fd)
        if client.busy:
            loop.add_writer(fd, self._flush, client)
        else:
            loop.remove_writer(fd)

    def _read(self, client: Client) -> None:
        try:
            for request, body in client.receive():
                fd = client.fds.pop(0) if client.fds else -1
                task = asyncio.create_task(self._answer(client, request, body, fd))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except Gone:
            self._drop(client)

    def _flush(self, client: Client) -> None:
        try:
            client.flush()
        except Gone:
            self._drop(client)
        else:
            self._watch(client)

    def _drop(self, client: Client) -> None:
        fd = client.socket.fileno()
        if fd >= 0:
            loop = asyncio.get_running_loop()
            loop.remove_reader(fd)
            loop.remove_writer(fd)
            client.close()
        self._clients.discard(client)

    async def _answer(self, client: Client, request: Json, body: bytes, fd: int) -> None:
        try:
            answer: Json = {"ok": True, **await self._do(client, request, body, fd)}
        except Exception as error:
            said = _named(error)
            if isinstance(said, Bug):
                print(f"{request.get('op')}: {said.message}", file=sys.stderr, flush=True)
            about = {"code": said.code, "message": said.message, "hint": said.hint}
            answer = {"ok": False, "error": about}
        if client in self._clients:
            client.reply({"n": request.get("n"), **answer})
            self._flush(client)

    async def _do(self, client: Client, request: Json, body: bytes, fd: int) -> Json:
        name = str(request.get("op"))
        operation = self._operations.get(name)
        if not client.version or operation is None:
            if fd >= 0:
                os.close(fd)
            if name != "hello":
                raise Refused(f"this gateway does not understand {name!r}", hint="Say hello first.")
            return self._hello(client, request)
        if body:
            request = {**request, **_object(body)}
        return await operation(request, fd)

    def _hello(self, client: Client, request: Json) -> Json:
        if request.get("version") != VERSION:
            raise Refused(
                f"this gateway speaks version {VERSION}, not {request.get('version')}",
                hint="Let it retire, and start the one that belongs to you.",
            )
        client.version = VERSION
        return {"version": VERSION, "program": __version__, "pid": os.getpid()}


def _object(body: bytes) -> Json:
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("the body is no object")
    return found


def _named(error: Exception) -> RopewalkError:
    if isinstance(error, RopewalkError):
        return error
    if isinstance(error, OSError):
        return Outside(f"The system refused: {error.strerror or error}.")
    if isinstance(error, KeyError | ValueError | TypeError):
        return Refused(f"the gateway does not understand this request: {error}")
    return Bug(f"{type(error).__name__}: {error}", hint="See gateway.log.")

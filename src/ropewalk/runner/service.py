"""The protocol of a runner, version 1: who may attach, and what each request does.

`hello {version, epoch?}` comes first. With an epoch: the one controller; a lower epoch than the highest
seen is refused, and the previous controller is dropped with what it sent and we did not read. Without:
an observer, who may read and take descriptors. The answer tells where the run stands. Then:

    tail {from, credit}       frames from an offset on, as long as there is credit (bytes)
    more {credit}             more credit
    write {id, at, len}+bytes compare-and-append; a repeated id is answered with its first `at`
    eof {id, at}              the same, closes the input
    sig {signal, tree}        signal the agent, or all of its tree
    resize {rows, columns}    of a terminal
    limits {deadline_s, output_bytes, keep}
    trim {upto}               whole segments below an offset that were delivered
    put-fd {name} / get-fd {name}   with a descriptor as SCM_RIGHTS
"""

from __future__ import annotations

import os

TYPE_CHECKING = False

from ropewalk.runner.client import Client, Gone, allowed
from ropewalk.runner.loop import READ, WRITE, Loop
from ropewalk.runner.spool import Full

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

    from ropewalk.runner.run import Runner

VERSIONS = [1]
CLIENTS = 64
KEPT = 64


class Service:
    """All clients of one runner."""

    def __init__(
        self,
        loop: Loop,
        listener: socket.socket,
        runner: Runner,
        epoch: int,
        kept: dict[str, int],
    ) -> None:
        """Begin to listen. `kept` are descriptors to hand out, by name."""
        self._loop = loop
        self._listener = listener
        self._runner = runner
        self._epoch = epoch
        self._clients: dict[int, Client] = {}
        self._kept = kept
        self._operations: dict[str, Callable[[Client, dict[str, Any], bytes], dict[str, Any]]] = {
            "tail": self._tail,
            "more": self._more,
            "get-fd": self._get,
        }
        self._controls: dict[str, Callable[[Client, dict[str, Any], bytes], dict[str, Any]]] = {
            "write": self._write,
            "eof": self._eof,
            "sig": self._signal,
            "resize": self._resize,
            "limits": self._limits,
            "trim": self._trim,
            "put-fd": self._put,
        }
        listener.setblocking(False)
        loop.watch(listener.fileno(), READ, self._accept)

    def pump(self) -> None:
        """The spool has grown: serve whoever waits."""
        for client in list(self._clients.values()):
            self._serve(client)

    @property
    def idle(self) -> bool:
        """Whether every client has all that it asked for."""
        end = self._runner.spool.end
        return not any(
            one.busy or (one.position is not None and one.position < end)
            for one in self._clients.values()
        )

    def _accept(self, _: int) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if len(self._clients) >= CLIENTS or not allowed(connection):
            connection.close()
            return
        client = Client(connection)
        self._clients[connection.fileno()] = client
        self._watch(client)

    def _watch(self, client: Client) -> None:
        events = (READ if client.listened else 0) | (WRITE if client.busy else 0)
        self._loop.watch(client.socket.fileno(), events, lambda ready: self._ready(client, ready))

    def _ready(self, client: Client, ready: int) -> None:
        if ready & READ:
            try:
                for request, body in client.receive():
                    self._answer(client, request, body)
                    if client.socket.fileno() < 0:
                        return
            except Gone:
                self._drop(client)
                return
        self._serve(client)

    def _serve(self, client: Client) -> None:
        """Send what is due; what is asked for and there goes on until the client is full."""
        try:
            client.flush()
            while self._next_piece(client):
                client.flush()
        except Gone:
            self._drop(client)
            return
        self._watch(client)

    def _next_piece(self, client: Client) -> bool:
        spool = self._runner.spool
        if (
            client.position is None
            or client.credit <= 0
            or client.sending
            or client.position >= spool.end
        ):
            return False
        if client.position < spool.start:
            client.reply(
                {"ok": False, "error": "trimmed", "tail": client.tail, "start": spool.start}
            )
            client.position = None
            return True
        fd, place, size = spool.piece(client.position)
        client.reply({"frames": size, "from": client.position, "tail": client.tail})
        client.send_piece(fd, place, size)
        client.position += size
        client.credit -= size
        return True

    def _drop(self, client: Client) -> None:
        if client.socket.fileno() < 0:
            return
        self._loop.watch(client.socket.fileno(), 0, self._accept)
        self._clients.pop(client.socket.fileno(), None)
        client.close()

    def _answer(self, client: Client, request: dict[str, Any], body: bytes) -> None:
        name = request.get("op")
        try:
            if not client.version:
                answer = (
                    self._hello(client, request)
                    if name == "hello"
                    else _no("hello", "say hello first")
                )
            elif name in self._operations:
                answer = self._operations[name](client, request, body)
            elif name in self._controls and client.epoch is not None:
                answer = self._controls[name](client, request, body)
            else:
                answer = _no("unknown", f"there is no {name} for you")
        except Full as full:
            answer = _no("full", f"the disk does not take it: {full}")
        except (KeyError, TypeError, ValueError, OSError) as error:
            answer = _no("request", f"{type(error).__name__}: {error}")
        fd = answer.pop("fd", -1)
        client.reply({**answer, "n": request.get("n")}, fd=fd)

    def _hello(self, client: Client, request: dict[str, Any]) -> dict[str, Any]:
        if request.get("version") not in VERSIONS:
            return _no("version", "this runner does not speak that version") | {
                "versions": VERSIONS
            }
        epoch = request.get("epoch")
        if epoch is not None:
            if int(epoch) < self._epoch:
                return _no("epoch", "a later controller has this run") | {"epoch": self._epoch}
            self._epoch = client.epoch = int(epoch)
            for other in [
                one for one in self._clients.values() if one.epoch is not None and one is not client
            ]:
                self._drop(other)
        client.version = request["version"]
        return {"ok": True, "version": client.version, "epoch": self._epoch, **self._runner.state()}

    def _tail(self, client: Client, request: dict[str, Any], _: bytes) -> dict[str, Any]:
        start = int(request["from"])
        spool = self._runner.spool
        if not spool.start <= start <= spool.end:
            return _no("trimmed", "the spool does not reach there") | {
                "start": spool.start,
                "end": spool.end,
            }
        client.position, client.credit, client.tail = start, int(request["credit"]), request["n"]
        return {"ok": True}

    def _more(self, client: Client, request: dict[str, Any], _: bytes) -> dict[str, Any]:
        client.credit += int(request["credit"])
        return {"ok": True}

    def _write(self, _: Client, request: dict[str, Any], body: bytes) -> dict[str, Any]:
        return self._runner.accept(str(request["id"]), int(request["at"]), body)

    def _eof(self, _: Client, request: dict[str, Any], __: bytes) -> dict[str, Any]:
        return self._runner.accept(str(request["id"]), int(request["at"]), None)

    def _signal(self, _: Client, request: dict[str, Any], __: bytes) -> dict[str, Any]:
        self._runner.signal(int(request["signal"]), bool(request.get("tree", True)))
        return {"ok": True}

    def _resize(self, _: Client, request: dict[str, Any], __: bytes) -> dict[str, Any]:
        self._runner.resize(int(request["rows"]), int(request["columns"]))
        return {"ok": True}

    def _limits(self, _: Client, request: dict[str, Any], __: bytes) -> dict[str, Any]:
        self._runner.limit(request)
        return {"ok": True}

    def _trim(self, _: Client, request: dict[str, Any], __: bytes) -> dict[str, Any]:
        return {"ok": True, "start": self._runner.trim(int(request["upto"]))}

    def _put(self, client: Client, request: dict[str, Any], _: bytes) -> dict[str, Any]:
        name = str(request["name"])
        if not client.fds or (len(self._kept) >= KEPT and name not in self._kept):
            return _no("request", "no descriptor came, or there are too many")
        if name in self._kept:
            os.close(self._kept[name])
        self._kept[name] = client.fds.pop(0)
        return {"ok": True}

    def _get(self, _: Client, request: dict[str, Any], __: bytes) -> dict[str, Any]:
        fd = self._kept.get(str(request["name"]))
        if fd is None:
            return _no("request", "no descriptor of that name is kept")
        return {"ok": True, "fd": os.dup(fd)}


def _no(error: str, message: str) -> dict[str, Any]:
    return {"ok": False, "error": error, "message": message}

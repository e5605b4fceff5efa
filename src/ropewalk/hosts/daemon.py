"""The host daemon: one per home; starts runners, leads to them, makes workspaces. Holds no state.

What it knows it reads from `runs/`; killed and started again, it goes on where it was. It ends by itself
when no hub has been connected for a while and no run is alive.
"""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ropewalk import __version__
from ropewalk.core.box import Box
from ropewalk.core.codec import dump, load
from ropewalk.core.errors import Outside, Refused
from ropewalk.hosts.folder import RunFolder
from ropewalk.hosts.keepers import Keepers
from ropewalk.hosts.memory import free_memory_mb
from ropewalk.hosts.messages import (
    LONGEST_LINE,
    VERSION,
    close_writer,
    dump_error,
    read_message,
    write_message,
)
from ropewalk.hosts.place import HostFolder
from ropewalk.hosts.relay import connect, relay
from ropewalk.hosts.runs import HostRuns, Planner, sweep_forgotten
from ropewalk.hosts.visits import Visits, sweep_pipes
from ropewalk.hosts.workspace_calls import answer_call
from ropewalk.ports import RunSpec, Workspaces
from ropewalk.runner.client import allowed
from ropewalk.runner.start import lock_exclusively

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

IDLE_S = 600.0
Answer = dict[str, Any]


def no_mount(_: str) -> None:
    """How a workspace is mounted that needs no mount."""


def serve(
    home: Path,
    workspaces: Workspaces,
    *,
    plan: Planner = no_mount,
    keepers: Keepers | None = None,
    begin: "Callable[[], None]" = lambda: None,
    idle_s: float = IDLE_S,
) -> None:
    """Be the host daemon of a home until told to stop, or until idle. Refused: there is one already.

    `plan` tells how a workspace is mounted; `keepers` knows which runs hold a mount.
    `begin` is done first of all, when no other daemon can be there.
    """
    place = HostFolder(home)
    place.make()
    lock = take_lock(place)
    try:
        begin()
        sweep_pipes(place.visits, place.runs)
        sweep_forgotten(place.runs)
        runs = HostRuns(place.runs, keepers or Keepers(place.runs), plan)
        visits = Visits(place.visits, place.runs, runs, plan)
        try:
            asyncio.run(Daemon(place, runs, visits, workspaces, idle_s).run())
        finally:
            runs.close()
    finally:
        os.close(lock)


def take_lock(place: HostFolder) -> int:
    """The lock that makes us the only daemon; it names our process. Refused: it is taken."""
    lock = os.open(place.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not lock_exclusively(lock):
        os.close(lock)
        raise Refused(f"a host daemon runs for {place.path} already", hint="Use that one.")
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return lock


class Daemon:
    """Serves one unix socket."""

    def __init__(
        self,
        place: HostFolder,
        runs: HostRuns,
        visits: Visits,
        workspaces: Workspaces,
        idle_s: float,
    ) -> None:
        """`idle_s` is how long it stays without hub and run."""
        self._place = place
        self._runs = runs
        self._visits = visits
        self._workspaces = workspaces
        self._idle_s = idle_s
        self._stop = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self._operations: dict[str, Callable[[Answer], Awaitable[Answer]]] = {
            "start": self._start,
            "list": self._list,
            "forget": self._forget,
            "memory": self._memory,
            "visit": self._visit,
            "workspace": self._workspace,
            "stop": self._end,
        }

    async def run(self) -> None:
        """Serve until stopped."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        path = self._place.socket()
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._connected, path, limit=LONGEST_LINE)
        path.chmod(0o600)
        idle = asyncio.create_task(self._watch_idle())
        try:
            await self._stop.wait()
        finally:
            idle.cancel()
            server.close()
            path.unlink(missing_ok=True)
            for one in self._connections:
                one.cancel()
            await asyncio.gather(idle, *self._connections, return_exceptions=True)

    async def _watch_idle(self) -> None:
        """Wakes once per idle period, and asks the disk only when no hub is there."""
        lonely = False
        while True:
            await asyncio.sleep(self._idle_s)
            if lonely and not self._connections and not await self._runs.any_alive():
                self._stop.set()
                return
            lonely = not self._connections

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task  # noqa: S101
        self._connections.add(task)
        try:
            if allowed(writer.get_extra_info("socket")):
                await self._converse(reader, writer)
        except asyncio.CancelledError:
            return  # we are stopping
        finally:
            self._connections.discard(task)
            with contextlib.suppress(asyncio.CancelledError):
                await close_writer(writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Requests of one connection, answered as they get done, until it becomes a relay."""
        async with asyncio.TaskGroup() as tasks:
            with contextlib.suppress(ConnectionError, Outside):
                while request := await read_message(reader):
                    if request.get("op") == "relay":
                        await self._relay(request, reader, writer)
                        return
                    tasks.create_task(self._answer(request, writer))

    async def _relay(
        self, request: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            folder = RunFolder(self._place.runs, request["run"])
            there = await connect(folder)
        except Exception as error:
            await write_message(writer, {"n": request.get("n"), "error": dump_error(error)})
            return
        await write_message(writer, {"n": request.get("n"), "ok": True})
        await relay(folder, there, reader, writer)

    async def _answer(self, request: Answer, writer: asyncio.StreamWriter) -> None:
        try:
            if request.get("op") == "hello":
                answer = self._hello(request)
            else:
                answer = await self._operations[request["op"]](request)
            answer = {"ok": True, **answer}
        except KeyError as error:
            answer = {"error": dump_error(Refused(f"the host does not understand {error}"))}
        except Exception as error:
            answer = {"error": dump_error(error)}
            print(f"{request.get('op')}: {answer['error']['message']}", file=sys.stderr, flush=True)
        with contextlib.suppress(ConnectionError):
            await write_message(writer, {"n": request.get("n"), **answer})

    def _hello(self, request: Answer) -> Answer:
        if request.get("version") != VERSION:
            raise Refused(
                f"this host daemon speaks version {VERSION}, not {request.get('version')}",
                hint="Run `ropewalk hub stop`, then start again.",
            )
        return {
            "version": VERSION,
            "program": __version__,
            "pid": os.getpid(),
            "host": self._place.host_id(),
        }

    async def _start(self, request: Answer) -> Answer:
        return {"run": dump(await self._runs.start(load(RunSpec, request["spec"])))}

    async def _list(self, _: Answer) -> Answer:
        return {"runs": dump(await self._runs.every())}

    async def _forget(self, request: Answer) -> Answer:
        await self._runs.forget(request["run"])
        return {}

    async def _memory(self, _: Answer) -> Answer:
        return {"free_mb": free_memory_mb()}

    async def _visit(self, request: Answer) -> Answer:
        box = load(Box, request["box"]) if request.get("box") else None
        way = await self._visits.let_in(request["workspace"], box, request.get("path", ""))
        return {"visit": dump(way)}

    async def _workspace(self, request: Answer) -> Answer:
        return {
            "result": await answer_call(self._workspaces, request["call"], request["arguments"])
        }

    async def _end(self, _: Answer) -> Answer:
        asyncio.get_running_loop().call_later(0.05, self._stop.set)
        return {}

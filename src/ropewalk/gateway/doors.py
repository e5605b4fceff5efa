"""The doors that are open, and the list of them on disk that a killed gateway's successor opens again."""

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from ropewalk.core.codec import dump, load
from ropewalk.core.errors import NotFound, Outside, Refused
from ropewalk.gateway.borrowing import borrow
from ropewalk.gateway.network import LIMIT
from ropewalk.gateway.rules import refuse_malformed
from ropewalk.ports.gateway import Door, NetworkRules

CONNECTIONS = 256
"""So many may be open at one door."""
BACKLOG = 128
Visit = Callable[["OpenDoor", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class OpenDoor:
    """A door, its listening socket and whoever is going through."""

    def __init__(self, door: Door, listener: socket.socket, visit: Visit) -> None:
        """`listener` becomes ours."""
        self.door = door
        self.listener = listener
        self._visit = visit
        self._server: asyncio.Server | None = None
        self._visits: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Inside."""
        return self.listener.getsockname()[1]

    @property
    def busy(self) -> bool:
        """Whether somebody is going through."""
        return bool(self._visits)

    async def begin(self) -> None:
        """Begin to accept."""
        self._server = await asyncio.start_server(
            self._come, sock=self.listener, limit=LIMIT, backlog=BACKLOG
        )

    def stop(self) -> None:
        """Accept nobody any more; whoever is going through goes on."""
        if self._server:
            self._server.close()
        self.listener.close()

    async def close(self) -> None:
        """Stop, and end what goes through."""
        self.stop()
        for one in self._visits:
            one.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)

    async def ended(self) -> None:
        """Wait until nobody goes through any more."""
        while self._visits:
            await asyncio.wait(self._visits)

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task  # noqa: S101
        if len(self._visits) >= CONNECTIONS:
            writer.transport.abort()
            return
        self._visits.add(task)
        try:
            await self._visit(self, reader, writer)
        except asyncio.CancelledError:
            return  # the door is closed
        finally:
            self._visits.discard(task)
            writer.transport.abort()


class OpenDoors:
    """All doors of a host."""

    def __init__(self, record: Path, visit: Visit) -> None:
        """`record` is the file that lists them; it holds no secret."""
        self._record = record
        self._visit = visit
        self._open: dict[str, OpenDoor] = {}

    def __iter__(self):
        """Those that are open."""
        return iter(list(self._open.values()))

    async def open(self, door: Door, listener: int = -1) -> OpenDoor:
        """Open a door, or answer with the one that is open. Refused, Outside. `listener` becomes ours."""
        try:
            refuse_malformed(door.rules)
            there = self._open.get(door.attempt)
            if there and there.door.epoch > door.epoch:
                raise Refused(f"{door.attempt} has a door of epoch {there.door.epoch}")
        except Refused:
            _drop(listener)
            raise
        if there and (there.door.epoch, there.door.runner) == (door.epoch, door.runner):
            _drop(listener)
            there.door = door
        else:
            await self.close(door.attempt, door.epoch)
            there = OpenDoor(door, await _listening(door, listener), self._visit)
            self._open[door.attempt] = there
            await there.begin()
        self._save()
        return there

    async def rules(self, attempt: str, epoch: int, rules: NetworkRules) -> None:
        """Replace the rules of a door. NotFound, Refused."""
        there = self._open.get(attempt)
        if there is None or there.door.epoch != epoch:
            raise NotFound(f"{attempt} has no open door of epoch {epoch}")
        refuse_malformed(rules)
        old = there.door
        there.door = Door(
            person=old.person, task=old.task, attempt=attempt, epoch=epoch, rules=rules,
            token_digest=old.token_digest, runner=old.runner, metered=old.metered,
        )  # fmt: skip
        self._save()

    async def close(self, attempt: str, epoch: int) -> None:
        """Close a door of this epoch or a lower one."""
        there = self._open.get(attempt)
        if there and there.door.epoch <= epoch:
            del self._open[attempt]
            self._save()
            await there.close()

    async def again(self) -> Sequence[Door]:
        """Open what was open when the gateway before died; those that could not be had."""
        gone: list[Door] = []
        for door in self._read():
            try:
                await self.open(door)
            except (Outside, Refused):
                gone.append(door)
        self._save()
        return gone

    def stop(self) -> None:
        """Accept nobody any more; the list on disk stays, for the one who comes after."""
        for one in self._open.values():
            one.stop()

    async def end(self) -> None:
        """End what goes through every door; the list on disk stays."""
        for one in self._open.values():
            await one.close()

    def _read(self) -> list[Door]:
        try:
            return [load(Door, one) for one in json.loads(self._record.read_text())]
        except (FileNotFoundError, ValueError):
            return []

    def _save(self) -> None:
        fresh = self._record.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps([dump(one.door) for one in self._open.values()]))
        fresh.replace(self._record)


async def _listening(door: Door, listener: int) -> socket.socket:
    """The listening socket of a door: the one that came, or that of its runner. Refused: it is none."""
    if listener < 0:
        if not door.runner:
            raise Refused(f"{door.attempt} came without a listening socket")
        listener = await asyncio.to_thread(borrow, door.runner)
    try:
        found = socket.socket(fileno=listener)
    except OSError as error:
        os.close(listener)
        raise Refused(f"what came for {door.attempt} is no socket: {error}") from None
    try:
        if not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise OSError("it does not listen")
        if found.family not in (socket.AF_INET, socket.AF_INET6):
            raise OSError("it is no TCP socket")
    except OSError as error:
        found.close()
        raise Refused(f"what came for {door.attempt} is no listening socket: {error}") from None
    found.setblocking(False)
    return found


def _drop(fd: int) -> None:
    if fd >= 0:
        os.close(fd)

"""The hub's and the host daemon's end of a gateway's control socket."""

import asyncio
import itertools
import json
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ropewalk.core.allowance import Allowance, Report
from ropewalk.core.codec import dump, load
from ropewalk.core.errors import Conflict, NotFound, Outside, Refused, RopewalkError
from ropewalk.gateway.control import VERSION
from ropewalk.gateway.place import GatewayFolder
from ropewalk.ports.gateway import Door, Entry, NetworkRules, Provider

LONGEST_ANSWER = 16 * 1024 * 1024
LINE = 32 * 1024
CODES: dict[str, type[RopewalkError]] = {
    one.code: one for one in (Refused, NotFound, Conflict, Outside)
}
Json = dict[str, Any]


class GatewayClient:
    """Implements the ports of the gateway over one connection, on which several requests may be under way."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, own: socket.socket
    ) -> None:
        """See `connect`."""
        self._reader, self._writer, self._socket = reader, writer, own
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._sending = asyncio.Lock()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def connect(cls, home: Path) -> "GatewayClient":
        """To the gateway of a home. Outside: it is not there."""
        own = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        own.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(own, str(GatewayFolder(home).socket()))
            passing = socket.socket(fileno=os.dup(own.fileno()))
            reader, writer = await asyncio.open_unix_connection(sock=own, limit=LONGEST_ANSWER)
        except OSError as error:
            own.close()
            raise Outside(f"the gateway is not there: {error.strerror or error}") from error
        client = cls(reader, writer, passing)
        try:
            await client.ask("hello", version=VERSION)
        except BaseException:
            await client.leave()
            raise
        return client

    async def open(self, door: Door, *, listener: int = -1) -> int:
        """See `Doors`."""
        return (await self.ask("open", listener, door=dump(door)))["port"]

    async def rules(self, attempt: str, epoch: int, rules: NetworkRules) -> None:
        """See `Doors`."""
        await self.ask("rules", attempt=attempt, epoch=epoch, rules=dump(rules))

    async def close(self, attempt: str, epoch: int) -> None:
        """See `Doors`."""
        await self.ask("close", attempt=attempt, epoch=epoch)

    async def doors(self) -> Sequence[Door]:
        """See `Doors`."""
        return [load(Door, one) for one in (await self.ask("list"))["doors"]]

    async def read(self, after: int, *, wait_s: float = 0.0) -> Sequence[Entry]:
        """See `Journal`."""
        answer = await self.ask("read", after=after, wait_s=wait_s)
        return [load(Entry, one) for one in answer["entries"]]

    async def trim(self, upto: int) -> None:
        """See `Journal`."""
        await self.ask("trim", upto=upto)

    async def provide(self, provider: Provider) -> None:
        """See `Keys`."""
        await self.ask("provide", provider=dump(provider))

    async def withdraw(self, name: str, *, person: str = "") -> None:
        """See `Keys`."""
        await self.ask("withdraw", name=name, person=person)

    async def grant(self, word: Allowance, *, ceiling: int | None = None) -> Report | None:
        """See `Allowances`."""
        answer = await self.ask("grant", allowance=dump(word), ceiling=ceiling)
        return load(Report, answer["report"]) if answer["report"] else None

    async def spent(self, attempt: str, epoch: int) -> Report | None:
        """See `Allowances`."""
        answer = await self.ask("spent", attempt=attempt, epoch=epoch)
        return load(Report, answer["report"]) if answer["report"] else None

    async def prices(self, text: str) -> None:
        """See `Allowances`."""
        await self.ask("prices", text=text)

    async def retire(self, within_s: float = 60.0) -> None:
        """Let the gateway end when nothing goes through any more, or after so long; start the next one then."""
        await self.ask("retire", within_s=within_s)

    async def stop(self) -> None:
        """Let the gateway end now."""
        await self.ask("stop")

    async def leave(self) -> None:
        """Hang up."""
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        self._writer.close()
        self._socket.close()

    async def ask(self, op: str, fd: int = -1, **request: Any) -> Json:
        """Send a request, and its answer. Outside: the gateway is gone; else what it says."""
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self._send({"n": number, "op": op}, request, fd)
            got = await answer
        except OSError as error:
            raise Outside("the gateway is gone") from error
        finally:
            self._waiting.pop(number, None)
        if got["ok"]:
            return got
        about = got["error"]
        raise CODES.get(about["code"], Outside)(about["message"], hint=about["hint"])

    async def _send(self, head: Json, request: Json, fd: int) -> None:
        body = json.dumps(request).encode()
        if len(body) < LINE:
            data = json.dumps({**head, **request}).encode() + b"\n"
        else:
            data = json.dumps({**head, "len": len(body)}).encode() + b"\n" + body
        async with self._sending:
            if fd >= 0:
                await self._writer.drain()
                sent = socket.send_fds(self._socket, [data], [fd])
                data = data[sent:]
            self._writer.write(data)
            await self._writer.drain()

    async def _listen(self) -> None:
        try:
            while line := await self._reader.readline():
                answer = json.loads(line)
                waiting = self._waiting.get(answer.get("n"))
                if waiting and not waiting.done():
                    waiting.set_result(answer)
        except (OSError, ValueError):
            pass
        for one in self._waiting.values():
            if not one.done():
                one.set_exception(ConnectionResetError("the gateway hung up"))

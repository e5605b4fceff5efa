"""A gateway's process: one for each home, until it is told to stop or to retire."""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from ropewalk.core.allowance import Allowance
from ropewalk.core.codec import dump, load
from ropewalk.core.errors import Refused
from ropewalk.core.prices import Prices
from ropewalk.core.prices import read as read_prices
from ropewalk.gateway.control import Control, Json, Operation
from ropewalk.gateway.doors import OpenDoors
from ropewalk.gateway.egress import Egress
from ropewalk.gateway.gateway import Gateway
from ropewalk.gateway.holding import WAIT_S, Holding
from ropewalk.gateway.journal import JournalFile
from ropewalk.gateway.ledger import CLOSED, GRANT, Ledger
from ropewalk.gateway.models import Models
from ropewalk.gateway.network import Network
from ropewalk.gateway.notes import Notes
from ropewalk.gateway.outbound import Outbound, Ways
from ropewalk.gateway.place import GatewayFolder
from ropewalk.gateway.pool import Pool
from ropewalk.gateway.providers import Providers
from ropewalk.ports.gateway import Door, Entry, NetworkRules, Provider
from ropewalk.runner.start import lock_exclusively

LONGEST_WAIT_S = 60.0
DRAIN_S = 60.0


def serve(home: Path, network: Network, environ: Mapping[str, str], prices: Prices) -> None:
    """Be the gateway of a home. Refused: there is one already."""
    place = GatewayFolder(home)
    place.make()
    process = Process(place, network, environ, prices, take_lock(place))

    async def live() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, process.end)
        await process.run()

    asyncio.run(live())


def take_lock(place: GatewayFolder) -> int:
    """The lock that makes us the only gateway; it names our process. Refused: it is taken."""
    lock = os.open(place.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not lock_exclusively(lock):
        os.close(lock)
        raise Refused(f"a gateway runs for {place.path} already", hint="Use that one.")
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return lock


class Process:
    """The parts of a gateway, and its life."""

    def __init__(
        self,
        place: GatewayFolder,
        network: Network,
        environ: Mapping[str, str],
        prices: Prices,
        lock: int,
        wait_s: float = WAIT_S,
    ) -> None:
        """With the lock held, which becomes ours."""
        self._place = place
        self._lock = lock
        self._ended = asyncio.Event()
        self._retiring: asyncio.Task[None] | None = None
        self._prices = prices
        self._ledger = Ledger(prices)
        self._journal = JournalFile(place.journal, self._ledger.state)
        self._forfeited = self._ledger.restore(self._journal.begun)
        self._providers = Providers(environ)
        self._notes = Notes(self._journal, self._providers.redacted)
        outbound = Outbound(network, Ways.read(environ), _trust(environ))
        self._pool = Pool(outbound)
        models = Models(
            self._providers, self._pool, self._notes, Holding(self._ledger, self._notes, wait_s)
        )
        self._gateway = Gateway(Egress(outbound, self._notes), models)
        self._doors = OpenDoors(place.doors, self._gateway.visit)

    async def run(self) -> None:
        """Serve until told to stop."""
        syncing = asyncio.create_task(self._journal.run())
        control = Control(_listen(self._place.socket()), self._operations())
        for gone in await self._doors.again():
            self._notes.note(gone, "door.lost")
        for attempt, epoch in self._forfeited:
            report = self._ledger.report((attempt, epoch))
            self._journal.append(
                Entry(
                    seq=0,
                    at=0,
                    kind="forfeited",
                    attempt=attempt,
                    epoch=epoch,
                    body={"report": report},
                )
            )
        control.begin()
        try:
            await self._ended.wait()
        finally:
            if self._retiring:
                self._retiring.cancel()
                await asyncio.gather(self._retiring, return_exceptions=True)
            await control.close()
            self._place.socket().unlink(missing_ok=True)
            await self._doors.end()
            self._pool.close()
            syncing.cancel()
            await asyncio.gather(syncing, return_exceptions=True)
            self._journal.close()
            os.close(self._lock)

    def end(self) -> None:
        """Let it end now."""
        self._ended.set()

    def _operations(self) -> dict[str, Operation]:
        return {
            "open": self._open,
            "rules": self._rules,
            "close": self._close,
            "list": self._list,
            "read": self._read,
            "trim": self._trim,
            "provide": self._provide,
            "withdraw": self._withdraw,
            "grant": self._grant,
            "spent": self._spent,
            "prices": self._price,
            "retire": self._retire,
            "stop": self._stop,
        }

    async def _open(self, request: Json, fd: int) -> Json:
        try:
            door = load(Door, request["door"])
        except BaseException:
            _drop(fd)
            raise
        there = await self._doors.open(door, fd)
        self._notes.note(door, "door.opened", port=there.port)
        return {"port": there.port}

    async def _rules(self, request: Json, fd: int) -> Json:
        _drop(fd)
        rules = load(NetworkRules, request["rules"])
        await self._doors.rules(request["attempt"], int(request["epoch"]), rules)
        return {}

    async def _close(self, request: Json, fd: int) -> Json:
        _drop(fd)
        attempt, epoch = str(request["attempt"]), int(request["epoch"])
        await self._doors.close(attempt, epoch)
        self._journal.append(Entry(seq=0, at=0, kind=CLOSED, attempt=attempt, epoch=epoch))
        self._ledger.close(attempt, epoch)
        return {"report": self._ledger.report((attempt, epoch))}

    async def _list(self, _: Json, fd: int) -> Json:
        _drop(fd)
        return {"doors": [dump(one.door) for one in self._doors]}

    async def _read(self, request: Json, fd: int) -> Json:
        _drop(fd)
        wait_s = min(float(request.get("wait_s", 0.0)), LONGEST_WAIT_S)
        return {"entries": dump(await self._journal.read(int(request["after"]), wait_s))}

    async def _trim(self, request: Json, fd: int) -> Json:
        _drop(fd)
        upto = int(request["upto"])
        self._journal.trim(upto)
        if upto >= self._journal.last:
            self._ledger.forget_final()
        return {}

    async def _provide(self, request: Json, fd: int) -> Json:
        _drop(fd)
        self._providers.provide(load(Provider, request["provider"]))
        return {}

    async def _withdraw(self, request: Json, fd: int) -> Json:
        _drop(fd)
        self._providers.withdraw(request.get("person", ""), request["name"])
        return {}

    async def _grant(self, request: Json, fd: int) -> Json:
        _drop(fd)
        word = load(Allowance, request["allowance"])
        ceiling = None if request.get("ceiling") is None else int(request["ceiling"])
        body = {"allowance": dump(word), "ceiling": ceiling}
        self._journal.append(
            Entry(seq=0, at=0, kind=GRANT, attempt=word.attempt, epoch=word.epoch, body=body)
        )
        self._ledger.grant(word, ceiling)
        return {"report": self._ledger.report((word.attempt, word.epoch))}

    async def _spent(self, request: Json, fd: int) -> Json:
        _drop(fd)
        return {"report": self._ledger.report((request["attempt"], int(request["epoch"])))}

    async def _price(self, request: Json, fd: int) -> Json:
        _drop(fd)
        self._ledger.prices = self._prices.over(read_prices(request["text"]))
        return {}

    async def _retire(self, request: Json, fd: int) -> Json:
        """Connections that come meanwhile wait at the sockets that the runners keep, for the next gateway."""
        _drop(fd)
        self._doors.stop()
        self._gateway.retire()
        within_s = float(request.get("within_s", DRAIN_S))
        self._retiring = asyncio.create_task(self._drain(within_s))
        return {}

    async def _drain(self, within_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                for one in self._doors:
                    await one.ended()
        self.end()

    async def _stop(self, _: Json, fd: int) -> Json:
        _drop(fd)
        asyncio.get_running_loop().call_later(0.05, self._ended.set)
        return {}


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(64)
    return listener


def _trust(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Whom the system trusts, and whom the person's SSL_CERT_FILE names."""
    context = ssl.create_default_context()
    if path := environ.get("SSL_CERT_FILE"):
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ssl.SSLError) as error:
            print(f"SSL_CERT_FILE {path} cannot be used: {error}", file=sys.stderr, flush=True)
    return context


def _drop(fd: int) -> None:
    if fd >= 0:
        os.close(fd)

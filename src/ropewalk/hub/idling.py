"""Idling: why the hub stays up, and its end when nothing needs it."""

import asyncio

from ropewalk.core.admission import takes_room
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.scheduler import Scheduler


class Idling:
    """Knows whether anything needs the hub. `clients` counts those who follow."""

    def __init__(self, ledger: Ledger, scheduler: Scheduler, seconds: float) -> None:
        """`seconds` is how long the hub stays up although nothing needs it."""
        self._ledger = ledger
        self._scheduler = scheduler
        self._seconds = seconds
        self._last_needed = ledger.clock.now()
        self.clients = 0

    def needed(self) -> None:
        """A client called."""
        self._last_needed = self._ledger.clock.now()

    @property
    def ends_at(self) -> float:
        """When the hub ends if nothing needs it until then."""
        return self._last_needed + self._seconds

    async def watch(self) -> None:
        """Return when nothing has needed the hub for its idle time; sleeps until then, polls nothing."""
        while True:
            now = self._ledger.clock.now()
            if self.reasons():
                self._last_needed = now
                await self._ledger.moved_past(self._ledger.durable, self._seconds)
            elif (left := self.ends_at - now) > 0:
                await asyncio.sleep(left)
            else:
                return

    def reasons(self) -> list[str]:
        """Why the hub stays up, in words; empty: it will end by itself."""
        world = self._ledger.world
        live = sum(takes_room(one) for one in world.attempts.values())
        queued = sum(one.state == "queued" for one in world.attempts.values())
        checks = sum(not one.finished for one in world.evidence.values())
        servers = sum(one.serving for one in world.attempts.values())
        busy = max(0, self._scheduler.busy - servers)
        counts = [
            (live, "attempt has a process", "attempts have a process"),
            (queued, "attempt waits for room", "attempts wait for room"),
            (checks, "check is not finished", "checks are not finished"),
            (servers, "server runs", "servers run"),
            (busy, "step is being done", "steps are being done"),
            (self.clients, "client follows", "clients follow"),
        ]
        return [f"{n} {one if n == 1 else many}" for n, one, many in counts if n]

"""The hub: brought up from the store, and ended when nothing needs it."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from ropewalk.core.views import SCHEMA, HubStatus
from ropewalk.hub.leftovers import Leftovers
from ropewalk.hub.parts import Identity, Parts
from ropewalk.hub.services import Services

API = 1
MB = 1024 * 1024
"""The version of the HTTP API."""


class Hub(Services):
    """One per home directory: the services, with a life."""

    def __init__(self, parts: Parts, identity: Identity) -> None:
        """Brings everything up from the store; nothing runs before `run`."""
        super().__init__(parts)
        self.identity = identity
        self.stopping = asyncio.Event()

    def _leftovers(self) -> Leftovers:
        parts = self.parts
        return Leftovers(
            self.ledger,
            parts.runs,
            parts.workspaces,
            parts.checkout,
            keep_spools=parts.keep_spools,
        )

    async def run(self, serve: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run until `stopping` is set or nothing needed the hub for its idle time. Agents go on after it."""
        for task in self.ledger.world.tasks.values():
            await self.references.recall(task)
        writer = asyncio.create_task(self.ledger.run(), name="ledger")
        scheduler = asyncio.create_task(self.scheduler.run(), name="scheduler")
        server = asyncio.create_task(serve(), name="server")
        watch = asyncio.create_task(self.idling.watch(), name="idle watch")
        clearing = asyncio.create_task(self._leftovers().clear(), name="leftovers")
        tidying = asyncio.create_task(self.cleaning.tidy(), name="tidying")
        stop = asyncio.create_task(self.stopping.wait(), name="stop")
        try:
            done, _ = await asyncio.wait(
                [writer, scheduler, server, watch, stop], return_when=asyncio.FIRST_COMPLETED
            )
            for one in done:
                one.result()
        finally:
            await _end(watch, stop, clearing, tidying, scheduler)
            await self.processes.close()
            await self.preparing.close()
            await self.parts.leave()
            await _end(server, writer)

    def status(self) -> HubStatus:
        """Who the hub is and why it is up."""
        reasons = self.idling.reasons()
        world = self.ledger.world
        trouble = [f"the disk refuses: {self.ledger.trouble}"] if self.ledger.trouble else []
        return HubStatus(
            schema=SCHEMA,
            version=self.identity.version,
            api=API,
            pid=self.identity.pid,
            hub=self.id,
            home=self.identity.home,
            started=self.identity.started,
            reasons=[*trouble, *reasons],
            ends_at=0.0 if reasons else self.idling.ends_at,
            live_attempts=sum(one.process == "alive" for one in world.attempts.values()),
        )


async def _end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks, one after the other, each to its end."""
    for one in tasks:
        one.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await one

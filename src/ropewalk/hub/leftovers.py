"""Leftovers: runs of an earlier hub that nobody waits for any more, because it died before it let go of them."""

import asyncio
import logging
import signal
from contextlib import suppress

from ropewalk.core.errors import RopewalkError
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.serving import PREFIX
from ropewalk.hub.spools import check_run, sets_up
from ropewalk.ports import CheckoutCopier, Run, Runs, Workspaces

LOG = logging.getLogger(__name__)


class Leftovers:
    """Ends and forgets runs of attempts that moved on, of checks that have their result, and set-ups of neither."""

    def __init__(
        self,
        ledger: Ledger,
        runs: Runs,
        workspaces: Workspaces,
        checkout: CheckoutCopier,
        *,
        keep_spools: bool,
    ) -> None:
        """`keep_spools`: what ended stays to be read."""
        self._ledger = ledger
        self._runs = runs
        self._workspaces = workspaces
        self._checkout = checkout
        self._keep_spools = keep_spools

    async def clear(self) -> None:
        """Look once. Runs of attempts that are not in memory are left alone."""
        kept = [one.setup.brought for one in self._ledger.world.tasks.values()]
        try:
            await asyncio.to_thread(self._checkout.forget_brought, kept)
            if not self._ledger.world.tasks:
                return
            for run in await self._runs.list():
                await self._look_at(run)
        except RopewalkError as error:
            LOG.warning("Leftovers of an earlier hub stay for now: %s", error.message)
        except Exception:
            LOG.exception("Leftovers of an earlier hub stay for now.")

    async def _look_at(self, run: Run) -> None:
        """End one run that nobody waits for; one that cannot be ended now keeps no other from it."""
        try:
            if run.id.startswith("check-"):
                await self._clear_check(run)
            elif run.id.startswith(("setup-", "teardown-")):
                if not sets_up(self._ledger.world):
                    await self._end(run)
            elif run.id.startswith(PREFIX):
                await self._clear_server(run)
            elif self._moved_on(run.id):
                await self._end(run)
        except RopewalkError as error:
            LOG.warning("Run %s of an earlier hub stays for now: %s", run.id, error.message)

    async def _clear_check(self, run: Run) -> None:
        unfinished = [one for one in self._ledger.world.evidence.values() if not one.finished]
        if run.id not in {check_run(one.key, one.again) for one in unfinished}:
            await self._workspaces.trash(id=run.id, forever=True)
            await self._end(run)

    async def _clear_server(self, run: Run) -> None:
        attempt = self._ledger.world.attempts.get(run.id.removeprefix(PREFIX).rpartition("-")[0])
        server = attempt.server if attempt else None
        if attempt and not (server and server.live and server.run == run.id):
            await self._end(run)

    def _moved_on(self, run: str) -> bool:
        attempt = self._ledger.world.attempts.get(run.rpartition("-")[0])
        if attempt is None:
            return False
        starting = attempt.state == "preparing" and run == f"{attempt.id}-{attempt.epoch}"
        return not starting and not (attempt.process == "alive" and attempt.run == run)

    async def _end(self, run: Run) -> None:
        if run.state == "alive":
            _, line = await self._runs.dial(run.id, run.epoch)
            try:
                await line.signal(signal.SIGKILL)
            finally:
                await line.close()
        if not self._keep_spools:
            with suppress(RopewalkError):
                await self._runs.forget(run.id)

"""The activity of every live attempt, from the events as they come; read back from the store when asked."""

import asyncio
from collections.abc import Sequence

from ropewalk.core.activity import Activity, observe
from ropewalk.core.events import Recorded
from ropewalk.core.state import Task
from ropewalk.hub.ledger import Ledger

PAGE = 5_000


class Activities:
    """What attempts do and say now."""

    def __init__(self, ledger: Ledger) -> None:
        """Listens to the ledger from now on."""
        self._ledger = ledger
        self._known: dict[str, Activity] = {}
        ledger.listeners.append(self._heard)

    def _heard(self, news: Sequence[Recorded]) -> None:
        for one in news:
            if key := one.draft.attempt:
                self._known[key] = observe(self._known.get(key, Activity()), one.event)

    def of(self, attempt: str) -> Activity:
        """What is known without asking the store."""
        return self._known.get(attempt, Activity())

    async def words(self, attempt: str) -> str:
        """The newest message of an attempt, read back from the store where memory has none."""
        if not self.of(attempt).words:
            await self._read_back(attempt)
        return self.of(attempt).words

    async def _read_back(self, attempt: str) -> None:
        activity, seq = Activity(), 0
        while page := await asyncio.to_thread(
            self._ledger.store.events, after=seq, attempt=attempt, limit=PAGE
        ):
            for one in page:
                activity = observe(activity, one.event)
            seq = page[-1].seq
        self._known[attempt] = activity

    def forget_task(self, task: Task) -> None:
        """The task is closed and left memory."""
        for attempt in task.attempts:
            self._known.pop(attempt, None)

"""The ledger: the one writer of state. Decide, fold, append; then, and only then, effects and answers."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

from ropewalk.core.errors import Outside
from ropewalk.core.events import (
    AttemptAdded,
    CheckEnded,
    CheckStarted,
    Draft,
    Event,
    EvidenceWanted,
    Recorded,
)
from ropewalk.core.fold import fold
from ropewalk.core.lifecycle import draft
from ropewalk.core.payload import Payload
from ropewalk.core.sealing import alter, seal
from ropewalk.core.state import Attempt, World
from ropewalk.core.steps import TURNS
from ropewalk.ports import Clock, Commit, Cursor, Store

RETRY_S = 1.0
"""How long to wait before a disk that refused is asked again."""

REMEMBERED_BYTES = 16_000_000
"""How much memory the newest events may have, for those who follow."""

RECORD_BYTES = 650
"""About what an event takes there beside its texts."""


@dataclass(slots=True)
class _Pending:
    commit: Commit
    done: "asyncio.Future[None]"


class Ledger:
    """Holds the world and writes what happens to it, in groups, each in one durable transaction.

    Events are folded at once, so that the next decision sees them; whoever recorded them goes on only
    when they are durable. When the disk refuses, everything waits and nothing is lost.
    """

    def __init__(
        self, store: Store, clock: Clock, world: World, *, last_seq: int, host: str = ""
    ) -> None:
        """`world` and `last_seq` as loaded from the store; `host` is where attempts run."""
        self.host = host
        self.world = world
        self.store = store
        self.clock = clock
        self.durable = last_seq
        self.trouble = ""
        self.recent: deque[Recorded] = deque()
        self._remembered_bytes = 0
        self.listeners: list[Callable[[Sequence[Recorded]], None]] = []
        self._seq = last_seq
        self._pending: list[_Pending] = []
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    @property
    def seq(self) -> int:
        """The newest number given, durable or not."""
        return self._seq

    async def record(
        self, drafts: Sequence[Draft], *, cursor: Cursor | None = None
    ) -> list[Recorded]:
        """Fold these events, and answer when they are durable."""
        recorded, done = self.put(drafts, cursor=cursor)
        await asyncio.shield(done)
        return recorded

    def put(
        self, drafts: Sequence[Draft], *, cursor: Cursor | None = None
    ) -> "tuple[list[Recorded], asyncio.Future[None]]":
        """Fold these events at once; the future is done when they are durable."""
        now = self.clock.now()
        recorded: list[Recorded] = []
        for one in drafts:
            here = replace(one, host=self.host) if one.attempt and not one.host else one
            sealed = seal(here, secrets.token_bytes)
            self._seq += 1
            fold(self.world, sealed)
            recorded.append(Recorded(seq=self._seq, recorded=now, draft=sealed))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append(_Pending(self._commit(recorded, cursor), done))
        self._wake.set()
        return recorded, done

    def _commit(self, recorded: list[Recorded], cursor: Cursor | None) -> Commit:
        world = self.world
        drafts = [one.draft for one in recorded]
        keys = {
            one.event.key
            for one in drafts
            if isinstance(one.event, EvidenceWanted | CheckStarted | CheckEnded)
        }
        return Commit(
            events=recorded,
            projects=[
                world.projects[one] for one in {d.project for d in drafts} if one in world.projects
            ],
            tasks=[world.tasks[one] for one in {d.task for d in drafts} if one in world.tasks],
            attempts=[world.attempts[one] for one in _altered(drafts) if one in world.attempts],
            evidence=[world.evidence[one] for one in keys if one in world.evidence],
            cursor=cursor,
        )

    async def run(self) -> None:
        """Write groups until cancelled; what is pending then is written first, if the disk takes it."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._pending:
                    await self._append()
        finally:
            if self._pending:
                with suppress(Outside):  # nobody was told that it is durable
                    self.store.append([one.commit for one in self._pending])
            self._thread.shutdown(wait=True)

    async def _append(self) -> None:
        """Write what is pending; it stays pending until the disk has it."""
        group = list(self._pending)
        commits = [one.commit for one in group]
        loop = asyncio.get_running_loop()
        writing = loop.run_in_executor(self._thread, self.store.append, commits)
        try:
            await asyncio.shield(writing)
        except Outside as error:
            self.trouble = error.message
            await asyncio.sleep(RETRY_S)
            return
        except asyncio.CancelledError:
            with suppress(Outside):
                await writing
                del self._pending[: len(group)]
            raise
        del self._pending[: len(group)]
        self.trouble = ""
        self._publish(group)

    def _publish(self, group: list[_Pending]) -> None:
        news = [event for one in group for event in one.commit.events]
        self._remember(news)
        if news:
            self.durable = news[-1].seq
        for one in group:
            if not one.done.done():
                one.done.set_result(None)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        for listener in self.listeners:
            listener(news)

    def _remember(self, news: list[Recorded]) -> None:
        self.recent.extend(news)
        self._remembered_bytes += sum(_weight(one) for one in news)
        while self._remembered_bytes > REMEMBERED_BYTES:
            self._remembered_bytes -= _weight(self.recent.popleft())

    def drafts(self, attempt: Attempt, *events: Event) -> list[Draft]:
        """Events of an attempt that the hub brings about, now."""
        now = self.clock.now()
        return [draft(attempt, one, actor="hub", now=now) for one in events]

    async def tell(self, attempt: Attempt, *events: Event) -> None:
        """Record events of an attempt that the hub brings about."""
        await self.record(self.drafts(attempt, *events))

    async def text(self, payload: Payload) -> str:
        """The words of a payload, from memory or the store."""
        if payload.text is not None:
            return payload.text
        return await asyncio.to_thread(self.store.text, payload.digest) or ""

    async def moved_past(self, seq: int, seconds: float) -> bool:
        """Wait until there is a durable event above `seq`; False when so many seconds passed first."""
        try:
            async with asyncio.timeout(seconds):
                while self.durable <= seq:
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    async def after(
        self, seq: int, *, attempt: str = "", task: str = "", limit: int = 1000
    ) -> list[Recorded]:
        """Durable events above `seq`, from memory where it reaches back far enough, else from the store."""
        if self.recent and self.recent[0].seq <= seq + 1:
            return self._remembered(seq, attempt, task, limit)
        return await asyncio.to_thread(
            self.store.events, after=seq, attempt=attempt, task=task, limit=limit
        )

    def _remembered(self, seq: int, attempt: str, task: str, limit: int) -> list[Recorded]:
        found: deque[Recorded] = deque()
        for one in reversed(self.recent):
            if one.seq <= seq:
                break
            its = one.draft
            if (not attempt or its.attempt == attempt) and (not task or its.task == task):
                found.appendleft(one)
        return list(found)[:limit]


def _weight(one: Recorded) -> int:
    """About how many bytes an event holds."""
    sizes = [RECORD_BYTES]

    def measure(payload: Payload) -> Payload:
        sizes.append(payload.size)
        return payload

    alter(one.event, measure)
    return sum(sizes)


def _altered(drafts: Sequence[Draft]) -> set[str]:
    return {
        one.attempt
        for one in drafts
        if type(one.event) in TURNS or isinstance(one.event, AttemptAdded)
    }

"""Cleaning: what is on the disk, whose it is, what may go for good; and letting it go."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ropewalk.core import events as e
from ropewalk.core.errors import Conflict, RopewalkError
from ropewalk.core.lifecycle import draft
from ropewalk.core.state import Attempt, Task, World
from ropewalk.core.views import SCHEMA, DiskClearing, DiskItem, DiskView
from ropewalk.hub.claims import Claims
from ropewalk.hub.keeping import Known, Verdict, judge
from ropewalk.hub.ledger import Ledger
from ropewalk.ports import Cleared, Contents, Disk, Usage

LOG = logging.getLogger(__name__)
CLOSED_LOOKED_AT = 10_000
AT_ONCE = 2
DAY_S = 86_400.0
LATER = "Try again, or look again: ropewalk gc"


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that was shown, and shall go."""

    kind: str
    id: str
    stamp: str


class Cleaning:
    """Shows what takes the disk, and removes for good what nothing needs."""

    def __init__(
        self,
        ledger: Ledger,
        disk: Disk,
        claims: Claims,
        *,
        before: Callable[[], float],
        done: Callable[[str], None],
    ) -> None:
        """`before`: what came to the trash earlier goes by itself (seconds since the epoch).

        `done` hears whose files nobody holds any more.
        """
        self._done = done
        self._ledger = ledger
        self._disk = disk
        self._claims = claims
        self._before = before
        self._places = asyncio.Semaphore(AT_ONCE)

    async def look(self) -> DiskView:
        """Everything, measured now, and what would go. Nothing is removed."""
        usages = await self._disk.usage()
        known = await self._known(usages)
        verdicts = judge(usages, known)
        items = await asyncio.gather(
            *(self._item(one, verdicts[one.kind, one.id], known) for one in usages)
        )
        free = sum(one["bytes"] for one in items if one["frees"])
        return DiskView(schema=SCHEMA, items=list(items), frees_bytes=free)

    async def clear(self, asked: Sequence[Asked]) -> DiskClearing:
        """Remove what was shown, as far as it may still go; the trash first, then what it stood on."""
        done: list[DiskItem] = []
        wanted = {(one.kind, one.id): one.stamp for one in asked}
        for _ in range(len(wanted) + 1):
            usages = await self._disk.usage(measured=False)
            known = await self._known(usages)
            verdicts = judge(usages, known)
            now = [
                one
                for one in usages
                if wanted.get((one.kind, one.id)) == one.stamp
                and verdicts[one.kind, one.id].frees
                and not verdicts[one.kind, one.id].after
            ]
            if not now:
                break
            for one in now:
                del wanted[one.kind, one.id]
            done += await asyncio.gather(
                *(self._clear_one(one, verdicts[one.kind, one.id], known) for one in now)
            )
        left = [
            f"{one} stays: it is not what was shown, or something needs it now."
            for _, one in wanted
        ]
        freed = sum(one["bytes"] for one in done if one["frees"])
        return DiskClearing(schema=SCHEMA, items=done, freed_bytes=freed, stays=left)

    async def tidy(self) -> None:
        """What nothing needs any more, and is older than the person keeps it, goes by itself; once a day."""
        while True:
            try:
                await self._tidy_once()
            except RopewalkError as error:
                LOG.warning("The trash stays for now: %s", error.message)
            except Exception:
                LOG.exception("The trash stays for now.")
            await asyncio.sleep(DAY_S)

    async def _tidy_once(self) -> None:
        if not self._ledger.world.projects:
            return
        usages = await self._disk.usage(measured=False)
        old = [one for one in usages if one.since < self._before() or one.private]
        verdicts = judge(usages, await self._known(usages))
        asked = [
            Asked(one.kind, one.id, one.stamp) for one in old if verdicts[one.kind, one.id].frees
        ]
        if asked:
            await self.clear(asked)

    # --- one thing -----------------------------------------------------------------------------

    async def _item(self, usage: Usage, verdict: Verdict, known: Known) -> DiskItem:
        contents, trouble = await self._contents(usage, known)
        item = _view(usage, verdict, contents)
        if trouble:
            item["why"] = trouble
            item["frees"] = False
        return item

    async def _contents(self, usage: Usage, known: Known) -> tuple[Contents | None, str]:
        """What it holds, if nobody works on it; why that is not known, if it ought to be."""
        attempt = known.attempts.get(usage.attempt)
        resting = attempt is not None and attempt.process != "alive" and attempt.state == "ended"
        if usage.kind != "trash" and not (usage.kind == "workspace" and resting):
            return None, ""
        async with self._places:
            if not self._claims.take(usage.attempt):
                return None, ""
            try:
                return await self._disk.examine(kind=usage.kind, id=usage.id), ""
            except RopewalkError as error:
                return None, f"no ref can be made for it: {error.message}"
            finally:
                self._release(usage.attempt)

    def _release(self, attempt: str) -> None:
        self._claims.release(attempt)
        self._done(attempt)

    async def _clear_one(self, usage: Usage, verdict: Verdict, known: Known) -> DiskItem:
        async with self._places:
            try:
                cleared = await self._cleared(usage)
            except RopewalkError as error:
                return _view(usage, replace(verdict, frees=False, why=error.message), None)
        attempt = known.attempts.get(usage.attempt)
        if attempt is not None:
            await self._tell(attempt, cleared)
        item = _view(usage, verdict, cleared.contents)
        item["bytes"] = cleared.bytes
        return item

    async def _cleared(self, usage: Usage) -> Cleared:
        if usage.kind == "base":
            return await self._disk.clear(kind=usage.kind, id=usage.id, stamp="")
        if not self._claims.take(usage.attempt):
            raise Conflict("somebody works on its files now.", hint=LATER)
        try:
            return await self._disk.clear(kind=usage.kind, id=usage.id, stamp=usage.stamp)
        finally:
            self._release(usage.attempt)

    async def _tell(self, attempt: Attempt, cleared: Cleared) -> None:
        now = self._ledger.clock.now()
        noted = e.Noted(text=gone_words(cleared.contents))
        await self._ledger.record([draft(attempt, noted, actor="hub", now=now)])

    # --- who needs what ------------------------------------------------------------------------

    async def _known(self, usages: Sequence[Usage]) -> Known:
        """The attempts that these are of, closed ones too, and the commits that something may stand on soon."""
        world = self._ledger.world
        attempts = dict(world.attempts)
        tasks = dict(world.tasks)
        ids = {one.attempt for one in usages if one.kind in ("workspace", "trash")}
        if ids - attempts.keys():
            found = await asyncio.to_thread(
                self._ledger.store.tasks, closed=True, limit=CLOSED_LOOKED_AT
            )
            for task, its in found:
                tasks.setdefault(task.id, task)
                for one in its:
                    attempts.setdefault(one.id, one)
        return Known(attempts=attempts, tasks=tasks, commits=_commits(world))


def _commits(world: World) -> frozenset[tuple[str, str]]:
    """The commits, by project, of which a workspace may be wanted."""
    found: set[tuple[str, str]] = set()
    for task in world.tasks.values():
        if not task.closed:
            found |= _of_task(world, task)
    found |= {(x.project, x.commit) for x in world.evidence.values() if not x.finished}
    return frozenset(found)


def _of_task(world: World, task: Task) -> set[tuple[str, str]]:
    its = world.of_task(task.id)
    return {(task.project, task.base), *((task.project, one.base) for one in its)}


def gone_words(contents: Contents) -> str:
    """What is said of a workspace that went for good."""
    held = f"; a ref holds its files: {contents.ref}" if contents.ref else ""
    if not contents.ignored:
        return f"its workspace was removed for good; its versions hold all files{held}"
    many = "1 file" if contents.ignored == 1 else f"{contents.ignored} files"
    size = f"{contents.ignored_bytes} bytes"
    largest = f"the largest: {contents.largest}, {contents.largest_bytes} bytes"
    return (
        f"its workspace was removed for good, with {many} that no version has ({size}; {largest})"
        f"{held}"
    )


def _view(usage: Usage, verdict: Verdict, contents: Contents | None) -> DiskItem:
    return DiskItem(
        kind=usage.kind,
        id=usage.id,
        name=verdict.name or usage.id,
        engine=usage.engine,
        files=usage.files,
        bytes=usage.bytes,
        since=usage.since,
        stamp=usage.stamp,
        state=verdict.state,
        dirty=None if contents is None else not contents.held,
        unmerged=verdict.unmerged,
        ignored=contents.ignored if contents else 0,
        ignored_bytes=contents.ignored_bytes if contents else 0,
        largest=contents.largest if contents else "",
        held_by=contents.ref if contents else "",
        used_by=list(usage.used_by),
        frees=verdict.frees,
        why=verdict.why,
    )

"""Cleaning: what is on the disk, whose it is, what may go for good; and letting it go."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ropewalk.core import events as e
from ropewalk.core.errors import Conflict, RopewalkError
from ropewalk.core.lifecycle import draft
from ropewalk.core.state import Attempt, Task, World
from ropewalk.core.views import SCHEMA, DiskClearing, DiskItem, DiskView
from ropewalk.hub.claims import Claims
from ropewalk.hub.grouping import KINDS, Group, groups
from ropewalk.hub.keeping import Known, Verdict, judge
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.refer import References
from ropewalk.hub.spools import attempt_of, still_read
from ropewalk.ports import Cleared, Contents, Disk, Run, Runs, Usage

LOG = logging.getLogger(__name__)
CLOSED_LOOKED_AT = 10_000
AT_ONCE = 2
DAY_S = 86_400.0
STARTING_S = 3600.0
BY_ITSELF = ("trash", "base")
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
        runs: Runs,
        references: References,
        before: Callable[[], float],
        done: Callable[[str], None],
    ) -> None:
        """`before`: what came to the trash earlier goes by itself (seconds since the epoch).

        `done` hears whose files nobody holds any more.
        """
        self._runs = runs
        self._references = references
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
        single = [one for one in usages if one.kind not in KINDS and not _is_nothing(one)]
        items = await asyncio.gather(
            *(self._item(one, verdicts[one.kind, one.id], known) for one in single)
        )
        items += [one.item(await self._weight(one)) for one in groups(usages, verdicts)]
        free = sum(one["bytes"] for one in items if one["frees"])
        return DiskView(schema=SCHEMA, items=list(items), frees_bytes=free)

    async def clear(self, asked: Sequence[Asked]) -> DiskClearing:
        """Remove what was shown, as far as it may still go; the trash first, then what it stood on."""
        done: list[DiskItem] = []
        wanted = {(one.kind, one.id): one.stamp for one in asked}
        done += await self._clear_groups(wanted)
        last = {key: wanted.pop(key) for key in [*wanted] if key[0] == "objects"}
        await self._clear_rounds(wanted, done)
        await self._clear_rounds(last, done)
        left = [
            f"{one} stays: it is not what was shown, or something needs it now."
            for _, one in (*wanted, *last)
        ]
        freed = sum(one["bytes"] for one in done if one["frees"])
        return DiskClearing(schema=SCHEMA, items=done, freed_bytes=freed, stays=left)

    async def _clear_rounds(self, wanted: dict[tuple[str, str], str], done: list[DiskItem]) -> None:
        """Remove what may go, then what may go after that; what it was is no longer wanted."""
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
            Asked(one.kind, one.id, one.stamp)
            for one in old
            if one.kind in BY_ITSELF and verdicts[one.kind, one.id].frees
        ]
        spools = groups([one for one in old if one.kind == "spools"], verdicts)
        asked += [Asked(one.kind, one.id, one.stamp) for one in spools if one.frees]
        if asked:
            await self.clear(asked)

    # --- many as one -----------------------------------------------------------------------------

    async def _weight(self, group: Group) -> int:
        if group.kind != "versions":
            return sum(one.bytes for one in group.members)
        ids = [one.attempt for one in group.members]
        return await self._disk.weigh(project=group.id, attempts=ids)

    async def _clear_groups(self, wanted: dict[tuple[str, str], str]) -> list[DiskItem]:
        """Remove those of the groups' members that were shown; what is done is no longer wanted."""
        if not any(kind in KINDS for kind, _ in wanted):
            return []
        usages = await self._disk.usage(measured=False)
        known = await self._known(usages)
        done: list[DiskItem] = []
        for group in groups(usages, judge(usages, known)):
            shown = wanted.get((group.kind, group.id), "").split(",")
            members = tuple(one for one in group.members if one.id in shown)
            if group.frees and members:
                del wanted[group.kind, group.id]
                done.append(await self._clear_group(replace(group, members=members), known))
        return done

    async def _clear_group(self, group: Group, known: Known) -> DiskItem:
        gone: list[Usage] = []
        why = ""
        for one in group.members:
            try:
                await (self._forget(one) if group.kind == "spools" else self._let_go(one, known))
            except RopewalkError as error:
                why = error.message
            else:
                gone.append(one)
        if not gone:
            return replace(group, frees=False, why=why).item(0)
        group = replace(group, members=tuple(gone))
        return group.item(await self._freed(group))

    async def _freed(self, group: Group) -> int:
        """The bytes that are free now; what is young stays for another time."""
        if group.kind == "spools":
            return await self._weight(group)
        try:
            cleared = await self._disk.clear(kind="objects", id=f"{group.id}.git", stamp="")
        except RopewalkError as error:
            LOG.warning("What the versions held stays for now: %s", error.message)
            return 0
        return cleared.bytes

    async def _forget(self, usage: Usage) -> None:
        await self._runs.forget(usage.id)

    async def _let_go(self, usage: Usage, known: Known) -> None:
        """The record says so first: nobody goes back to a version that may be half gone."""
        attempt = known.attempts[usage.attempt]
        task = known.tasks[attempt.task]
        if not self._claims.take(attempt.id):
            raise Conflict("somebody works on its files now.", hint=LATER)
        try:
            its = [known.attempts[one] for one in task.attempts]
            self._references.adopt(task, its)
            now = self._ledger.clock.now()
            here = self._ledger.world.attempts[attempt.id]
            if here.decision != "dropped":
                raise Conflict("it came back.", hint=LATER)
            await self._ledger.record([draft(here, e.VersionsGone(), actor="hub", now=now)])
            await self._disk.clear(kind=usage.kind, id=usage.id, stamp="")
        finally:
            self._release(attempt.id)
            self._references.trim()

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
        if usage.kind in ("base", "objects"):
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
        runs = {one.id: one for one in await self._runs.list()}
        ids = {one.attempt for one in usages if one.kind in ("workspace", "trash", "versions")}
        ids |= {attempt_of(one) for one in runs}
        if ids - attempts.keys():
            found = await asyncio.to_thread(
                self._ledger.store.tasks, closed=True, limit=CLOSED_LOOKED_AT
            )
            for task, its in found:
                tasks.setdefault(task.id, task)
                for one in its:
                    attempts.setdefault(one.id, one)
        return Known(
            attempts=attempts,
            tasks=tasks,
            commits=_commits(world),
            runs=self._why_spools_stay(usages, runs, attempts),
            before=self._before(),
        )

    def _why_spools_stay(
        self, usages: Sequence[Usage], runs: Mapping[str, Run], attempts: Mapping[str, Attempt]
    ) -> dict[str, str]:
        """Of each run here; one that has no record is being started, or its start died long ago."""
        world, long_ago = self._ledger.world, self._ledger.clock.now() - STARTING_S
        found: dict[str, str] = {}
        for one in usages:
            if one.kind == "spools":
                run = runs.get(one.id)
                if run is None:
                    found[one.id] = "" if one.since < long_ago else "it is being started"
                elif run.state == "alive":
                    found[one.id] = "goes when what runs write is read"
                else:
                    found[one.id] = still_read(world, one.id, attempts)
        return found


def _is_nothing(usage: Usage) -> bool:
    return usage.kind == "objects" and not usage.bytes


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

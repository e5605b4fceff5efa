"""Reading: what faces show, put together from the world, the store and git. Changes nothing."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial

from ropewalk.core.agreement import Agreement, agreements
from ropewalk.core.errors import NotFound
from ropewalk.core.lifecycle import alias, picked
from ropewalk.core.ranking import Candidate, Ranked, passes, rank
from ropewalk.core.screen import URGENCY, attempt_view, check_cell, task_view
from ropewalk.core.standing import cell
from ropewalk.core.state import Attempt, Task, World
from ropewalk.core.turnviews import fork_view
from ropewalk.core.views import (
    SCHEMA,
    AttemptView,
    Board,
    Comparison,
    RankedRow,
    TaskView,
)
from ropewalk.hub.activities import Activities
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.refer import References, task_keys
from ropewalk.hub.results import Results, evidence_of
from ropewalk.ports import RepositoryReader

DONE_SHOWN = 5
"""How many finished tasks a board shows unless all are asked for."""


class Reading:
    """Answers questions."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        references: References,
        results: Results,
        activities: Activities,
        repository: RepositoryReader,
    ) -> None:
        """All that is read from."""
        self._ledger = ledger
        self._references = references
        self._results = results
        self._activities = activities
        self._repository = repository

    # --- board ---------------------------------------------------------------------------------

    async def board(self, project: str, *, everything: bool) -> Board:
        """All tasks of a project (empty: of every project), the most urgent first."""
        world = self._ledger.world
        shown = 1000 if everything else DONE_SHOWN
        live = [
            one for one in world.tasks.values() if project in ("", one.project) and not one.closed
        ]
        closed = await self._closed(project, shown)
        views = sorted(
            [*(self.task(one) for one in live), *closed],
            key=lambda one: (URGENCY.index(one["group"]), -one["number"]),
        )
        over = sum(n for key, n in world.closed.items() if project in ("", key))
        counts = {name: sum(one["group"] == name for one in views) for name in URGENCY}
        counts["done"] += over - len(closed)
        known = world.projects.get(project)
        return Board(
            schema=SCHEMA,
            project=project,
            project_name=known.name if known else "",
            tasks=views,
            counts=counts,
            hidden_done=over - len(closed),
        )

    async def _closed(self, project: str, limit: int) -> list[TaskView]:
        """The newest closed tasks, read from the store and shown without being taken into memory."""
        found = await asyncio.to_thread(
            self._ledger.store.tasks, project=project, closed=True, limit=limit
        )
        world = World(projects=self._ledger.world.projects)
        for task, attempts in found:
            world.tasks[task.id] = task
            world.attempts.update({one.id: one for one in attempts})
        wanted = [key for task, _ in found for key in task_keys(world, task)]
        for one in await asyncio.to_thread(self._ledger.store.evidence, wanted):
            world.evidence[one.key] = one
        return [self._task(world, task) for task, _ in found]

    def task(self, task: Task) -> TaskView:
        """A task with its attempts."""
        return self._task(self._ledger.world, task)

    def _task(self, world: World, task: Task) -> TaskView:
        attempts = [self._attempt(world, one) for one in world.of_task(task.id)]
        return task_view(world, task, attempts=attempts, evidence=partial(evidence_of, world))

    def attempt(self, attempt: Attempt) -> AttemptView:
        """An attempt as a row."""
        return self._attempt(self._ledger.world, attempt)

    def _attempt(self, world: World, attempt: Attempt) -> AttemptView:
        return attempt_view(
            world,
            attempt,
            now=self._ledger.clock.now(),
            doing=self._activities.of(attempt.id).line,
            evidence=partial(evidence_of, world),
        )

    # --- diff ----------------------------------------------------------------------------------

    async def diff(self, one: str, other: str) -> str:
        """The difference that a version makes: against its base, or (`other`) to another attempt's."""
        attempt, number = await self._references.attempt(one)
        new = picked(self._ledger.world, attempt, number)
        old = new.base
        if other and other != "base":
            against, its = await self._references.attempt(other)
            old = picked(self._ledger.world, against, its).commit
        return await asyncio.to_thread(
            self._repository.diff, project=attempt.project, old=old, new=new.commit
        )

    # --- compare -------------------------------------------------------------------------------

    async def compare(self, task: Task) -> Comparison:
        """Every attempt of a task, ranked by evidence, with the reasons."""
        world = self._ledger.world
        attempts = [one for one in world.of_task(task.id) if _was_tried(one)]
        if not attempts:
            raise NotFound(
                f"Task {task.number} has no result yet.", hint=f"ropewalk show {task.number}"
            )
        diffs = {
            alias(world, one): await self.diff(alias(world, one), "")
            for one in attempts
            if one.versions
        }
        kin = agreements(diffs)
        candidates = [await self._candidate(task, one, kin) for one in attempts]
        ranking = rank(candidates)
        rows = [self._row(one, attempts) for one in ranking.rows]
        base = self._results.evidence(task, task.base_tree)
        return Comparison(
            schema=SCHEMA,
            task=task.number,
            title=task.title,
            base_checks=[check_cell(*one) for one in base],
            rows=rows,
            confidence=ranking.confidence,
            notes=list(task.notices),
            next=_next(ranking.rows),
        )

    async def _candidate(
        self, task: Task, attempt: Attempt, kin: dict[str, Agreement]
    ) -> Candidate:
        name = alias(self._ledger.world, attempt)
        version = attempt.version
        about = kin.get(name)
        edited = next((one for one in reversed(attempt.edits) if one.tree), None)
        current = edited is not None and version is not None and edited.number == version.number
        return Candidate(
            alias=name,
            agent=attempt.agent.name,
            applies=True if version else None,
            empty=version is None,
            unfinished=_unfinished(attempt),
            checks=await self._results.of(task, version.tree) if version else (),
            with_base_tests=await self._results.of(task, edited.tree, required_only=True)
            if edited and current
            else (),
            findings=attempt.findings,
            added=version.added if version else 0,
            removed=version.removed if version else 0,
            paths=version.paths if version else (),
            agreement=about.mean if about else None,
            same_as=about.same_as if about else (),
            agrees_with=about.agrees_with if about else (),
            cost_usd=attempt.usage.cost_usd,
        )

    def _row(self, ranked: Ranked, attempts: Sequence[Attempt]) -> RankedRow:
        one = ranked.candidate
        attempt = next(x for x in attempts if alias(self._ledger.world, x) == one.alias)
        version = attempt.version
        return RankedRow(
            rank=ranked.rank,
            alias=one.alias,
            agent=one.agent,
            version=version.number if version else 0,
            checks=_cells(cell(x) for x in one.checks),
            with_base_tests=_cells(cell(x) for x in one.with_base_tests),
            agrees_with=[*one.same_as, *(x for x in one.agrees_with if x not in one.same_as)],
            files=version.files if version else 0,
            added=one.added,
            removed=one.removed,
            cost_usd=one.cost_usd,
            why=ranked.why,
            findings=list(one.findings),
            regressions=list(ranked.regressions),
            fixed=list(ranked.fixed),
            fork=fork_view(self._ledger.world, attempt),
        )


def _cells(cells: Iterable[str]) -> str:
    return " · ".join(cells)


def _was_tried(attempt: Attempt) -> bool:
    return attempt.state == "ended" or bool(attempt.versions)


def _unfinished(attempt: Attempt) -> str:
    if attempt.state != "ended":
        return "still at work"
    words = {
        "timed-out": "hit its time limit",
        "stopped": "was stopped",
        "interrupted": "was interrupted",
        "refused": "refused",
        "failed": f"failed: {attempt.reason}" if attempt.reason else "failed",
    }
    return words.get(attempt.outcome or "", "")


def _next(rows: Sequence[Ranked]) -> list[str]:
    """What a person would most likely do now; nobody is told to merge what does not pass."""
    first = rows[0].candidate
    if first.empty:
        return [f"ropewalk log {first.alias}"]
    if first.required and not passes(first):
        return [f"ropewalk diff {first.alias}", f'ropewalk say {first.alias} "…"']
    return [f"ropewalk diff {first.alias}", f"ropewalk merge {first.alias}"]

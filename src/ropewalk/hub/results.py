"""Results: evidence compared with the base, case by case where the check told cases apart."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from ropewalk.core import wanted as w
from ropewalk.core.cases import Difference, compare, load_cases
from ropewalk.core.keys import environment_digest
from ropewalk.core.records import Case, Check
from ropewalk.core.standing import Result, stand
from ropewalk.core.state import Evidence, Task, World
from ropewalk.hub.ledger import Ledger

REMEMBERED = 256
"""How many lists of cases are kept in memory."""


class Results:
    """Reads evidence. Cases come from the store and are remembered for a while."""

    def __init__(self, ledger: Ledger) -> None:
        """Evidence is that of the ledger's world."""
        self._ledger = ledger
        self._cases: OrderedDict[str, tuple[Case, ...]] = OrderedDict()

    def evidence(self, task: Task, tree: str) -> list[tuple[Check, Evidence | None]]:
        """A tree's evidence for each check of a task, in the task's order."""
        return evidence_of(self._ledger.world, task, tree)

    def finished(self, task: Task, tree: str, *, required_only: bool = False) -> bool:
        """Every check (every required one) of the tree has ended."""
        return all(
            found is not None and found.finished
            for check, found in self.evidence(task, tree)
            if check.required or not required_only
        )

    async def of(self, task: Task, tree: str, *, required_only: bool = False) -> tuple[Result, ...]:
        """How a tree stands against the task's checks, compared with the base."""
        base = dict(self.evidence(task, task.base_tree))
        return tuple(
            [
                await self._result(check, found, base.get(check))
                for check, found in self.evidence(task, tree)
                if check.required or not required_only
            ]
        )

    async def _result(self, check: Check, found: Evidence | None, base: Evidence | None) -> Result:
        cases = await self.cases(found) if found and found.finished else ()
        base_cases = await self.cases(base) if base and base.finished else ()
        return stand(check, found, base, cases=cases, base_cases=base_cases)

    async def difference(self, found: Evidence, base: Evidence | None) -> Difference:
        """The cases of a tree against those of the base; empty where either has none."""
        if base is None or not base.finished or not base.results:
            return Difference()
        before, after = await self.cases(base), await self.cases(found)
        if not before or not after:
            return Difference()
        return compare(before, after, flaky=base.results[-1].flaky)

    async def cases(self, evidence: Evidence) -> tuple[Case, ...]:
        """All cases of the repetition that counts."""
        payload = evidence.results[-1].cases if evidence.results else None
        if payload is None:
            return ()
        if payload.digest not in self._cases:
            text = payload.text
            if text is None:
                text = await asyncio.to_thread(self._ledger.store.text, payload.digest)
            self._cases[payload.digest] = load_cases(text) if text else ()
            while len(self._cases) > REMEMBERED:
                self._cases.popitem(last=False)
        return self._cases[payload.digest]

    async def blockers(self, task: Task, tree: str) -> list[str]:
        """Why a tree may not be merged, in words; empty: it may.

        A failed check blocks, unless every failure is one that the base has too. What could not be
        run blocks as well: nothing is known is not good.
        """
        base = dict(self.evidence(task, task.base_tree))
        words: list[str] = []
        for check, found in self.evidence(task, tree):
            if check.required:
                words += await self._blocks(check, found, base.get(check))
        return words

    async def _blocks(
        self, check: Check, found: Evidence | None, base: Evidence | None
    ) -> Sequence[str]:
        if found is None or not found.results:
            return [f"{check.name} has not run"]
        last = found.results[-1]
        if last.standing == "passed":
            return []
        if last.standing != "failed":
            said = "hit its time limit" if last.standing == "timed-out" else "could not be run"
            return [f"{check.name} {said}{': ' + last.reason if last.reason else ''}"]
        difference = await self.difference(found, base)
        new = (*difference.regressions, *difference.new_failing)
        if difference.failing and not new:
            return []
        named = new or last.failures
        return [f"{check.name} fails" + (f" in {named[0]}" + _more(named) if named else "")]


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""


def evidence_of(world: World, task: Task, tree: str) -> list[tuple[Check, Evidence | None]]:
    """A tree's evidence for each check of a task, in the task's order."""
    judged = w.Judged(task=task.id, commit="", tree=tree)
    digest = environment_digest(task.environment)
    return [(check, world.evidence.get(key)) for check, key in w.keys(task, judged, digest)]

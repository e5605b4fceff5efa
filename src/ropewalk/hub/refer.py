"""References: from what a person types (`7`, `7.2`, `7.2@3`, a permanent id) to what is meant."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence

from ropewalk.core.errors import NotFound
from ropewalk.core.events import Recorded, TaskClosed, TaskReopened
from ropewalk.core.keys import environment_digest
from ropewalk.core.state import Attempt, Task, World
from ropewalk.core.wanted import keys, trees
from ropewalk.hub.ledger import Ledger

CLOSED_KEPT = 64
"""How many closed tasks stay in memory, those that were used last."""

ACTION_REACH = 1000
"""How far back, in closed tasks, an action is looked for when it is to be undone."""

ALIAS = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,15}))?(?:@([0-9]{1,15}))?")


class References:
    """Finds tasks and attempts, and brings closed ones back into memory when they are asked for."""

    def __init__(self, ledger: Ledger) -> None:
        """Looks into the ledger's world first, then into its store."""
        self._ledger = ledger
        self.kept = CLOSED_KEPT
        self._closed: OrderedDict[str, None] = OrderedDict()
        self.forgotten: list[Callable[[Task], None]] = []
        ledger.listeners.append(self._heard)

    # --- memory --------------------------------------------------------------------------------

    def _heard(self, news: Sequence[Recorded]) -> None:
        for one in news:
            if isinstance(one.event, TaskClosed):
                self._closed[one.draft.task] = None
                self.trim()
            elif isinstance(one.event, TaskReopened):
                self._closed.pop(one.draft.task, None)

    def trim(self) -> None:
        """Let go of the closed tasks that were used least lately, but for a few; the store has them all."""
        world = self._ledger.world
        gone: list[Task] = []
        while len(self._closed) > self.kept:
            task = world.tasks.get(self._closed.popitem(last=False)[0])
            if task is not None and task.closed:
                gone.append(task)
        for task in gone:
            for attempt in task.attempts:
                world.attempts.pop(attempt, None)
            del world.tasks[task.id]
        if gone:
            self._trim_evidence({one.id for one in gone})
        for task in gone:
            for hear in self.forgotten:
                hear(task)

    def _trim_evidence(self, gone: set[str]) -> None:
        world = self._ledger.world
        used = {key for task in world.tasks.values() for key in task_keys(world, task)}
        for key in [one.key for one in world.evidence.values() if one.task in gone]:
            if key not in used and world.evidence[key].finished:
                del world.evidence[key]

    # --- finding -------------------------------------------------------------------------------

    async def attempts(self, reference: str) -> list[Attempt]:
        """The attempt of a reference, or all attempts of a task. NotFound."""
        task, number, _ = await self._parse(reference)
        found = self._ledger.world.of_task(task.id)
        if number is None:
            return found
        return [one for one in found if one.number == number] or self._nothing(reference)

    async def attempt(self, reference: str) -> tuple[Attempt, int]:
        """One attempt and a version number (0: none named). A task is taken if it has one attempt."""
        task, number, version = await self._parse(reference)
        found = self._ledger.world.of_task(task.id)
        if number is None and len(found) == 1:
            return found[0], version
        chosen = [one for one in found if one.number == number]
        if not chosen:
            which = ", ".join(f"{task.number}.{one.number}" for one in found)
            raise NotFound(f"“{reference}” is not one attempt.", hint=f"Say which: {which}")
        return chosen[0], version

    async def task(self, reference: str) -> Task:
        """The task of a reference to it or to one of its attempts."""
        return (await self._parse(reference))[0]

    async def _parse(self, reference: str) -> tuple[Task, int | None, int]:
        world = self._ledger.world
        if reference in world.tasks:
            return world.tasks[reference], None, 0
        if reference in world.attempts:
            attempt = world.attempts[reference]
            return world.tasks[attempt.task], attempt.number, 0
        match = ALIAS.fullmatch(reference.strip())
        if match is None:
            self._nothing(reference)
            raise AssertionError
        task = await self._by_number(int(match[1]), reference)
        number = int(match[2]) if match[2] else None
        if number is not None and number not in [one.number for one in world.of_task(task.id)]:
            self._nothing(reference)
        return task, number, int(match[3] or 0)

    async def _by_number(self, number: int, reference: str) -> Task:
        world = self._ledger.world
        for task in world.tasks.values():
            if task.number == number:
                return task
        found = await asyncio.to_thread(self._ledger.store.tasks, number=number)
        if not found:
            self._nothing(reference)
        task, attempts = found[0]
        self.adopt(task, attempts)
        self.trim()
        await self.recall(task)
        return task

    async def recent(self, project: str) -> None:
        """Bring the newest closed tasks of a project into memory: what was done last can be undone."""
        found = await asyncio.to_thread(
            self._ledger.store.tasks, project=project, closed=True, limit=CLOSED_KEPT // 2
        )
        for task, attempts in reversed(found):
            self.adopt(task, attempts)
        self.trim()

    async def of_action(self, project: str, action: str) -> None:
        """Bring every closed task into memory that an action touched, however many there are."""
        found = await asyncio.to_thread(
            self._ledger.store.tasks, project=project, closed=True, limit=ACTION_REACH
        )
        for task, attempts in found:
            if any(one.action == action for one in attempts):
                self.adopt(task, attempts)
                await self.recall(task)

    def adopt(self, task: Task, attempts: list[Attempt]) -> None:
        """Take a stored task into memory."""
        world = self._ledger.world
        if world.tasks.setdefault(task.id, task).closed:
            self._closed[task.id] = None
            self._closed.move_to_end(task.id)
        for attempt in attempts:
            world.attempts.setdefault(attempt.id, attempt)

    async def recall(self, task: Task) -> None:
        """Bring the evidence of a task into memory."""
        world = self._ledger.world
        wanted = [key for key in task_keys(world, task) if key not in world.evidence]
        for one in await asyncio.to_thread(self._ledger.store.evidence, wanted):
            world.evidence.setdefault(one.key, one)

    def _nothing(self, reference: str) -> list[Attempt]:
        raise NotFound(f"There is no “{reference}”.", hint="See what there is: ropewalk ls --all")


def task_keys(world: World, task: Task) -> list[str]:
    """The keys of all evidence about a task, closed or not."""
    digest = environment_digest(task.environment)
    return [
        key for judged in trees(world, task, closed=True) for _, key in keys(task, judged, digest)
    ]

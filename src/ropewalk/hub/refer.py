"""References: from what a person types (`7`, `7.2`, `7.2@3`, a permanent id) to what is meant."""

import asyncio
import re

from ropewalk.core.errors import NotFound
from ropewalk.core.keys import environment_digest
from ropewalk.core.state import Attempt, Task
from ropewalk.core.wanted import keys, trees
from ropewalk.hub.ledger import Ledger

ALIAS = re.compile(r"(\d+)(?:\.(\d+))?(?:@(\d+))?")


class References:
    """Finds tasks and attempts, and brings closed ones back into memory when they are asked for."""

    def __init__(self, ledger: Ledger) -> None:
        """Looks into the ledger's world first, then into its store."""
        self._ledger = ledger

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
        await self.recall(task)
        return task

    def adopt(self, task: Task, attempts: list[Attempt]) -> None:
        """Take a stored task into memory."""
        world = self._ledger.world
        world.tasks.setdefault(task.id, task)
        for attempt in attempts:
            world.attempts.setdefault(attempt.id, attempt)

    async def recall(self, task: Task) -> None:
        """Bring the evidence of a task into memory."""
        world = self._ledger.world
        digest = environment_digest(task.environment)
        wanted = [
            key
            for judged in trees(world, task, closed=True)
            for _, key in keys(task, judged, digest)
            if key not in world.evidence
        ]
        for one in await asyncio.to_thread(self._ledger.store.evidence, wanted):
            world.evidence.setdefault(one.key, one)

    def _nothing(self, reference: str) -> list[Attempt]:
        raise NotFound(f"There is no “{reference}”.", hint="See what there is: ropewalk ls --all")

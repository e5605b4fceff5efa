"""Boxing: which box each run of a task gets, from the task's rules, those of the machine, and what is on it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from ropewalk.core.box import Box, Rung
from ropewalk.core.boxing import Kind, Machine, box_of, planned_words, rung_of
from ropewalk.core.found import Found, Look
from ropewalk.core.machinerules import MachineRules, narrowed
from ropewalk.core.records import Agent
from ropewalk.core.rules import Rules, expanded
from ropewalk.core.state import Task
from ropewalk.hub.ledger import Ledger


class Finder(Protocol):
    """Finds what a box is to show."""

    def __call__(self, look: Look) -> Found:
        """Looks at the file system; blocks."""
        ...


def finds_nothing(look: Look) -> Found:
    """Nothing is on this machine but the system."""
    return Found()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """What the hub knows of the sandbox of its machine. `private`: directories that no box shows.

    `lends` names what git in the workspaces of a project borrows from: it is shown, to read.
    """

    find: Finder = finds_nothing
    holds: Callable[[], Machine] = lambda: Machine(rung="none", why="nobody looked")
    rules: Callable[[], MachineRules] = MachineRules
    private: tuple[str, ...] = field(default=())
    lends: Callable[[str], tuple[str, ...]] = lambda project: ()


class Boxing:
    """Makes boxes."""

    def __init__(self, ledger: Ledger, sandbox: Sandbox) -> None:
        """`ledger` knows where the projects are."""
        self._ledger = ledger
        self._sandbox = sandbox

    async def holds(self) -> Machine:
        """What this machine can hold."""
        return await asyncio.to_thread(self._sandbox.holds)

    async def rung(self, rules: Rules) -> Rung:
        """The kind of box that rules lead to here. Refused: the machine cannot hold, or allow, it."""
        machine = await asyncio.to_thread(self._sandbox.rules)
        return rung_of(narrowed(rules, machine), await self.holds())

    async def planned(self, rules: Rules) -> str:
        """What agents will be locked in, in words."""
        machine = await asyncio.to_thread(self._sandbox.rules)
        return planned_words(narrowed(rules, machine), await self.rung(rules))

    async def allow(self, agents: set[str]) -> None:
        """Refused: the machine does not allow one of these agents."""
        machine = await asyncio.to_thread(self._sandbox.rules)
        for one in sorted(agents):
            machine.allow_agent(one)

    async def box(
        self,
        task: Task,
        kind: Kind,
        argv: tuple[str, ...] = (),
        *,
        path: str = "",
        agent: Agent | None = None,
        ports: tuple[int, int] = (0, 0),
    ) -> Box | None:
        """The box of a run; None: it has none. `path` is its PATH. Refused: as `rung`."""
        rung = await self.rung(task.rules)
        if rung == "none":
            return None
        machine = await asyncio.to_thread(self._sandbox.rules)
        rules = narrowed(task.rules, machine)
        home = task.environment.get("HOME") or str(Path.home())
        look = Look(
            path=path or task.environment.get("PATH", ""),
            home=home,
            argv=argv,
            directory=self._ledger.world.projects[task.project].path,
            agent=agent.name if agent and rules.logins and not agent.scripted else "",
            wanted=tuple(expanded(one, home) for one in rules.seen),
            written=tuple(expanded(one, home) for one in rules.written),
            asked=tuple(expanded(one, home) for one in rules.asked),
            hidden=tuple(expanded(one, home) for one in rules.hidden),
            private=self._sandbox.private,
        )
        found = await asyncio.to_thread(self._sandbox.find, look)
        made = box_of(kind, rules, rung, found, home=home, ports=ports)
        return made and replace(made, seen=(*made.seen, *self._sandbox.lends(task.project)))

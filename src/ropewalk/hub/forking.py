"""Forking: a new attempt of the same task that goes on from the files of another one."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ropewalk.core import events as e
from ropewalk.core.agentspec import MOST
from ropewalk.core.errors import Conflict, Refused
from ropewalk.core.going_back import point
from ropewalk.core.lifecycle import alias, draft, picked, reopened
from ropewalk.core.payload import Payload
from ropewalk.core.records import Agent, Fork
from ropewalk.core.setup import Setup
from ropewalk.core.state import Attempt, Task
from ropewalk.core.turns import Point, going_on
from ropewalk.hub.boxing import Boxing
from ropewalk.hub.claims import Claims
from ropewalk.hub.consent import require_consent
from ropewalk.hub.finders import AgentFinder
from ropewalk.hub.keys import Keys
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.projects import Projects
from ropewalk.hub.refer import References
from ropewalk.hub.refs import version_ref
from ropewalk.hub.rewinding import Rewinding
from ropewalk.hub.trust import require_trust
from ropewalk.hub.turns import Turns
from ropewalk.ports import Repository

CLAIMS, CLAIM_S = 100, 0.05
"""How often, and how many seconds apart, the files of an attempt are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFork:
    """What a person asked for. Empty: `at` is the newest state, `brief` the task's, `agent` the same."""

    attempt: str
    at: str = ""
    brief: str = ""
    agent: str = ""
    environment: dict[str, str] = field(default_factory=dict[str, str])
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    trust: bool = False
    consent: bool = False
    actor: str = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forking:
    """Makes forks."""

    ledger: Ledger
    references: References
    projects: Projects
    repository: Repository
    agents: AgentFinder
    keys: Keys
    boxing: Boxing
    rewinding: Rewinding
    turns: Turns
    claims: Claims
    carries: Callable[[Agent, str], None]
    done: Callable[[str], None]

    async def fork(self, new: NewFork) -> Attempt:
        """Make the attempt. Refused, NotFound, Conflict or Consent: nothing was made."""
        origin, version = await self.references.attempt(new.attempt)
        task = self.ledger.world.tasks[origin.task]
        to = await self._point(new, origin, version)
        agent, agreed = await self._agent(new, origin, task)
        brief = await self._brief(new, origin, task, to)
        self.carries(agent, brief)
        key = secrets.token_hex(8)
        tree = await self._hold(origin, to, key) if to.number else ""
        attempt = self._added(new, task.id, origin.id, key, agent, brief, to)
        drafts = [*agreed, *attempt, *self._version(attempt[-1], origin.id, to, tree)]
        drafts += self._keys(new, task.id, origin, agent, attempt[-1])
        await self.ledger.record(drafts)
        return self.ledger.world.attempts[key]

    # --- from where ----------------------------------------------------------------------------

    async def _point(self, new: NewFork, origin: Attempt, version: int) -> Point:
        if new.at and version:
            raise Refused("There is a version and --at.", hint="Give one of the two.")
        world = self.ledger.world
        if new.at:
            turn, number = await self.turns.goal(origin, new.at)
            return point(world, origin, turn=turn, number=number)
        if version:
            return point(world, origin, number=version)
        await self._keep(origin)
        origin = world.attempts[origin.id]
        newest = origin.version.number if origin.version else 0
        return point(world, origin, number=newest)

    async def _keep(self, origin: Attempt) -> None:
        """What was changed in the files outside of a turn goes along, as a version of its own."""
        if not _quiet(origin):
            return
        await self._claim(origin)
        try:
            here = self.ledger.world.attempts[origin.id]
            made = await self.rewinding.kept(here) if _quiet(here) else []
            here, now = self.ledger.world.attempts[origin.id], self.ledger.clock.now()
            await self.ledger.record([draft(here, one, actor="hub", now=now) for one in made])
        finally:
            self.claims.release(origin.id)
            self.done(origin.id)

    async def _claim(self, origin: Attempt) -> None:
        """Have its files to ourselves; what the hub itself does with them is soon over."""
        for _ in range(CLAIMS):
            if self.claims.take(origin.id):
                return
            await asyncio.sleep(CLAIM_S)
        name = alias(self.ledger.world, origin)
        raise Conflict(f"{name}'s files are being worked on.", hint="Try again.")

    async def _hold(self, origin: Attempt, to: Point, key: str) -> str:
        """The new attempt's own ref holds what it begins with; the tree."""
        return await asyncio.to_thread(
            self.repository.take_target,
            project=origin.project,
            source=self.ledger.world.projects[origin.project].path,
            commit=to.commit,
            ref=version_ref(key, 1),
        )

    # --- by whom -------------------------------------------------------------------------------

    async def _agent(
        self, new: NewFork, origin: Attempt, task: Task
    ) -> tuple[Agent, list[e.Draft]]:
        """The agent, and what the person agrees to with it."""
        if not new.agent:
            return origin.agent, []
        project = self.ledger.world.projects[task.project]
        settings = await self.projects.settings(project, task.base)
        files = await self.projects.deciding(project, task.base, settings, (), Setup())
        agreed = require_trust(project, files, trusted=new.trust)
        path = new.environment.get("PATH", "") or task.environment.get("PATH", "")
        found = self.agents([new.agent], None, settings.config, path=path, directory=project.path)
        if len(found) != 1:
            raise Refused("A fork is one attempt.", hint="Fork again for another one.")
        await self.boxing.allow({found[0].name})
        sandbox = await self.boxing.planned(task.rules)
        new_ones = require_consent(project, found, (), sandbox=sandbox, given=new.consent)
        agreed |= dict.fromkeys(new_ones, "yes")
        now = self.ledger.clock.now()
        given = [
            e.Draft(
                event=e.ConsentGiven(subject=one, digest=digest),
                project=project.id,
                actor=new.actor,
                observed=now,
            )
            for one, digest in agreed.items()
        ]
        return found[0], given

    async def _brief(self, new: NewFork, origin: Attempt, task: Task, to: Point) -> str:
        if new.brief.strip():
            return new.brief
        words = await self.ledger.text(task.brief)
        return going_on(words, alias(self.ledger.world, origin), to.turn)

    # --- events --------------------------------------------------------------------------------

    def _added(
        self, new: NewFork, task: str, origin: str, key: str, agent: Agent, brief: str, to: Point
    ) -> list[e.Draft]:
        """The task reopened if it is closed, then the attempt, last."""
        world, now = self.ledger.world, self.ledger.clock.now()
        number = max(one.number for one in world.of_task(task)) + 1
        if number > MOST:
            raise Refused(
                f"Task {world.tasks[task].number} has {MOST} attempts, which is the most.",
                hint="Start a new task: ropewalk run",
            )
        added = e.AttemptAdded(
            number=number,
            agent=agent,
            brief=Payload.of(brief),
            base=to.base,
            fork=Fork(attempt=origin, turn=to.turn, number=to.number),
        )
        here = e.Draft(
            event=added,
            project=world.tasks[task].project,
            task=task,
            attempt=key,
            actor=new.actor,
            observed=now,
        )
        return [*reopened(world, {task}, new.actor, now), here]

    def _version(self, added: e.Draft, origin: str, to: Point, tree: str) -> list[e.Draft]:
        """What the attempt begins with is its first version, so that it is judged like any other."""
        if not to.number:
            return []
        world = self.ledger.world
        old = picked(world, world.attempts[origin], to.number)
        version = replace(old, number=1, turn=0, made="fork", tree=tree)
        return [replace(added, event=e.VersionMade(change=version))]

    def _keys(
        self, new: NewFork, task: str, origin: Attempt, agent: Agent, added: e.Draft
    ) -> list[e.Draft]:
        """The variables that the agent is promised: their names only.

        Those that the origin was promised too, also if nobody has them now: the fork needs the person then.
        """
        self.keys.hand(task, [agent], new.secrets)
        has = self.keys.of(task, agent)
        declined = {name for name, value in new.secrets.items() if not value}
        promised = {*has, *origin.keys} - declined
        names = tuple(one for one in agent.passes if one in promised)
        return [replace(added, event=e.KeysGiven(names=names))] if names else []


def _quiet(attempt: Attempt) -> bool:
    """Nobody works on its files, and they are there."""
    gone = attempt.decision in ("dropped", "merged") or attempt.merging
    return attempt.settled and attempt.workspace == "ready" and bool(attempt.turn) and not gone

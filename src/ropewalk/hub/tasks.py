"""New tasks: from what a person typed to a frozen base, agents, checks and queued attempts."""

import asyncio
import secrets
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace

from ropewalk.core import events as e
from ropewalk.core.errors import Refused
from ropewalk.core.payload import Payload
from ropewalk.core.records import Agent, Check
from ropewalk.core.setup import Setup
from ropewalk.core.state import Project, Task
from ropewalk.hub.base import Base, Beginning, choose
from ropewalk.hub.boxing import Boxing
from ropewalk.hub.consent import consents, require_consent
from ropewalk.hub.finders import AgentFinder, CheckFinder, SetupFinder
from ropewalk.hub.keys import Keys
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.newtask import NewTask, check_brief, choose_checks, title_of
from ropewalk.hub.projects import Projects, Settings
from ropewalk.hub.refs import base_ref
from ropewalk.hub.trust import TYPED, require_trust
from ropewalk.ports import Checkout, Repository, Source


class Tasks:
    """Makes tasks."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        projects: Projects,
        checkout: Checkout,
        repository: Repository,
        agents: AgentFinder,
        checks: CheckFinder,
        carries: Callable[[Agent, str], None],
        setups: SetupFinder,
        keys: Keys,
        boxing: Boxing,
    ) -> None:
        """All that a new task touches. `carries` refuses a prompt that cannot travel to an agent."""
        self._ledger = ledger
        self._projects = projects
        self._checkout = checkout
        self._repository = repository
        self._agents = agents
        self._checks = checks
        self._carries = carries
        self._setups = setups
        self._keys = keys
        self._boxing = boxing

    async def create(self, new: NewTask, begun: Beginning | None = None) -> Task:
        """Make a task with its attempts. Refused, NotFound or Consent: nothing was made."""
        check_brief(new.brief)
        source = await self._projects.source(new.directory)
        project = await self._projects.of(source, new.actor)
        key = secrets.token_hex(8)
        if begun:
            base = await begun.base(source, project, key)
        else:
            base = await self._base(new, source, project, key)
        settings = await self._projects.settings(project, base.commit)
        path = new.environment.get("PATH", "")
        agents = self._agents(
            new.agents, new.count, settings.config, path=path, directory=source.root
        )
        for agent in agents:
            self._carries(agent, new.brief)
        chosen = await self._chosen(new, project, base.commit, settings)
        setup = await asyncio.to_thread(
            self._setups, self._repository, project.id, base.commit, settings.config, path
        )
        agreed = await self._agreed(new, project, base.commit, settings, chosen, setup)
        sandbox = await self._sandbox(agents, settings)
        agents_agreed = require_consent(project, agents, chosen, sandbox=sandbox, given=new.consent)
        base, setup = await self._bring(source, project, base, setup)
        self._keys.hand(key, agents, new.secrets)
        now = self._ledger.clock.now()
        drafts = [
            *consents(project, agreed, actor=new.actor, now=now),
            *consents(project, dict.fromkeys(agents_agreed, "yes"), actor=new.actor, now=now),
            *self._drafts(new, project, key, base, settings, agents, chosen, setup, sandbox),
        ]
        if begun:
            added = next(x for x in drafts if isinstance(x.event, e.AttemptAdded))
            drafts += await begun.versions(added, base)
        await self._ledger.record(drafts)
        return self._ledger.world.tasks[key]

    # --- base ----------------------------------------------------------------------------------

    async def _base(self, new: NewTask, source: Source, project: Project, key: str) -> Base:
        base = await asyncio.to_thread(choose, self._checkout, new, source, project)
        tree = await asyncio.to_thread(
            self._repository.take,
            project=project.id,
            source=source.root,
            commit=base.commit,
            ref=base_ref(key),
        )
        return replace(base, tree=tree)

    async def _bring(
        self, source: Source, project: Project, base: Base, setup: Setup
    ) -> tuple[Base, Setup]:
        """Copy the ignored files that the set-up names, now: what they say later does not count."""
        if not setup.bring:
            return base, setup
        found = await asyncio.to_thread(
            self._checkout.bring,
            root=source.root,
            project=project.id,
            commit=base.commit,
            lines=setup.bring,
        )
        files = "1 ignored file" if found.files == 1 else f"{found.files} ignored files"
        said = (f"{files} of your checkout brought along",) if found.files else ()
        return (
            replace(base, notices=(*base.notices, *said, *found.notices)),
            replace(setup, brought=found.digest),
        )

    async def _sandbox(self, agents: Sequence[Agent], settings: Settings) -> str:
        """What the agents will be locked in. Refused: this machine cannot hold, or does not allow, what is asked."""
        await self._boxing.allow({one.name for one in agents})
        return await self._boxing.planned(settings.config.rules)

    # --- checks --------------------------------------------------------------------------------

    async def _chosen(
        self, new: NewTask, project: Project, commit: str, settings: Settings
    ) -> tuple[Check, ...]:
        if new.unchecked and new.checks:
            raise Refused("--check and --no-check exclude each other.", hint="Give one of the two.")
        if new.unchecked:
            return ()
        path = new.environment.get("PATH", "")
        checks = await asyncio.to_thread(
            self._checks, self._repository, project.id, commit, settings.config, path
        )
        return choose_checks(checks, new.checks)

    # --- consent -------------------------------------------------------------------------------

    async def _agreed(
        self,
        new: NewTask,
        project: Project,
        commit: str,
        settings: Settings,
        checks: Sequence[Check],
        setup: Setup,
    ) -> dict[str, str]:
        """The files that are newly agreed to. Consent: one question for all that are missing."""
        configured = bool(settings.config.checks)
        found = [one for one in checks if not configured and one.found_in != TYPED]
        files = await self._projects.deciding(project, commit, settings, found, setup)
        return require_trust(project, files, trusted=new.trust)

    # --- events --------------------------------------------------------------------------------

    def _drafts(
        self,
        new: NewTask,
        project: Project,
        key: str,
        base: Base,
        settings: Settings,
        agents: Sequence[Agent],
        checks: tuple[Check, ...],
        setup: Setup,
        sandbox: str,
    ) -> list[e.Draft]:
        now = self._ledger.clock.now()
        config = settings.config
        created = e.TaskCreated(
            number=self._ledger.world.last_task + 1,
            title=title_of(new.title or new.brief),
            brief=Payload.of(new.brief),
            base=base.commit,
            base_tree=base.tree,
            base_name=base.name,
            target=base.target,
            checks=checks,
            limit_s=new.limit_s or config.limit_s,
            environment=new.environment,
            notices=(*base.notices, *_said(setup)),
            setup=setup,
            merge_mode=config.merge,
            rules=config.rules,
            sandbox=sandbox,
        )
        here = {"project": project.id, "task": key, "actor": new.actor, "observed": now}
        drafts = [e.Draft(event=created, **here)]
        for number, agent in enumerate(agents, 1):
            its = {**here, "attempt": secrets.token_hex(8)}
            drafts.append(e.Draft(event=e.AttemptAdded(number=number, agent=agent), **its))
            if names := tuple(self._keys.of(key, agent)):
                drafts.append(e.Draft(event=e.KeysGiven(names=names), **its))
        return drafts


def _said(setup: Setup) -> list[str]:
    """What the person should know of the set-up."""
    commands = "; ".join(shlex.join(one) for one in setup.commands)
    return [*([f"set-up: {commands} ({setup.source})"] if commands else []), *setup.notes]

"""New tasks: from what a person typed to a frozen base, agents, checks and queued attempts."""

import asyncio
import secrets
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ropewalk.core import events as e
from ropewalk.core.config import Config
from ropewalk.core.errors import Consent, Refused
from ropewalk.core.payload import Payload
from ropewalk.core.records import Agent, Check
from ropewalk.core.setup import Setup
from ropewalk.core.state import Project, Task
from ropewalk.hub.keys import Keys
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.projects import Projects, Settings
from ropewalk.hub.refs import base_ref
from ropewalk.hub.trust import TYPED, require_trust
from ropewalk.ports import Checkout, Repository, RepositoryReader, Source

TITLE = 72
BRIEF_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What a person asked for, as the API takes it. `checks` are names or command lines.

    `unchecked`: no checks at all. `trust`, `consent`: the person agreed beforehand.
    """

    directory: str
    brief: str
    agents: tuple[str, ...] = ()
    count: int | None = None
    checks: tuple[str, ...] = ()
    unchecked: bool = False
    base: str | None = None
    on: str | None = None
    with_changes: bool = False
    limit_s: float | None = None
    environment: dict[str, str] = field(default_factory=dict[str, str])
    secrets: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    trust: bool = False
    consent: bool = False
    actor: str = "person"
    terminal: str = ""
    title: str = ""


class AgentFinder(Protocol):
    """Finds the agents that were asked for."""

    def __call__(
        self, specs: Sequence[str], count: int | None, config: Config, *, path: str, directory: str
    ) -> Sequence[Agent]:
        """One profile an attempt, in order. `path` is the person's PATH. Refused, NotFound."""
        ...


class CheckFinder(Protocol):
    """Finds the checks of a project."""

    def __call__(
        self, repository: RepositoryReader, project: str, commit: str, config: Config, path: str
    ) -> tuple[Check, ...]:
        """From the configuration, else from the files of the commit."""
        ...


class SetupFinder(Protocol):
    """Finds what makes the workspaces of a project ready."""

    def __call__(
        self,
        repository: RepositoryReader,
        project: str,
        commit: str,
        config: Config,
        path: str,
        *,
        proposing: bool = False,
    ) -> Setup:
        """From the configuration, else from the files of the commit. `path` is the person's PATH. Refused.

        `proposing`: with what nobody asked for, but may want.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the attempts of a task begin from."""

    commit: str
    name: str
    target: str
    notices: tuple[str, ...] = ()
    tree: str = ""


class Beginning(Protocol):
    """A task's one attempt begins with work that is there already."""

    async def base(self, source: Source, project: Project, key: str) -> Base:
        """What it is compared with, held as the base of the task of that key. Refused, NotFound."""
        ...

    async def versions(self, added: e.Draft, base: Base) -> list[e.Draft]:
        """What follows on the event that adds the attempt. Refused."""
        ...


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

    async def create(self, new: NewTask, begun: Beginning | None = None) -> Task:
        """Make a task with its attempts. Refused, NotFound or Consent: nothing was made."""
        _check_brief(new.brief)
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
        consents = self._require_consent(project, agents, chosen, given=new.consent)
        base, setup = await self._bring(source, project, base, setup)
        self._keys.hand(key, agents, new.secrets)
        drafts = [
            *self._consents(project, new.actor, agreed),
            *self._consents(project, new.actor, dict.fromkeys(consents, "yes")),
            *self._drafts(new, project, key, base, settings, agents, chosen, setup),
        ]
        if begun:
            added = next(x for x in drafts if isinstance(x.event, e.AttemptAdded))
            drafts += await begun.versions(added, base)
        await self._ledger.record(drafts)
        return self._ledger.world.tasks[key]

    # --- base ----------------------------------------------------------------------------------

    async def _base(self, new: NewTask, source: Source, project: Project, key: str) -> Base:
        base = await asyncio.to_thread(self._choose_base, new, source, project)
        tree = await asyncio.to_thread(
            self._repository.take,
            project=project.id,
            source=source.root,
            commit=base.commit,
            ref=base_ref(key),
        )
        return replace(base, tree=tree)

    def _choose_base(self, new: NewTask, source: Source, project: Project) -> Base:
        if new.on and new.base:
            raise Refused("--on and --base exclude each other.", hint="Give one of the two.")
        notices = list(source.warnings)
        if new.on:
            commit = self._checkout.resolve(source.root, f"refs/heads/{new.on}")
            return Base(commit=commit, name=new.on, target=new.on, notices=tuple(notices))
        if new.with_changes:
            commit = self._checkout.freeze(source.root, project.id)
            return Base(
                commit=commit,
                name=f"{source.branch or 'HEAD'} with uncommitted changes",
                target=source.branch,
                notices=tuple(notices),
            )
        if source.dirty:
            files = "1 file has" if source.dirty == 1 else f"{source.dirty} files have"
            notices.append(
                f"{files} uncommitted changes, left out (--with-changes takes them along)"
            )
        if new.base == "fresh":
            upstream = source.upstream or "HEAD"
            commit = self._checkout.resolve(source.root, upstream, fetch=True)
            return Base(commit=commit, name=upstream, target=source.branch, notices=tuple(notices))
        if new.base:
            commit = self._checkout.resolve(source.root, new.base)
            return Base(commit=commit, name=new.base, target=source.branch, notices=tuple(notices))
        if source.behind:
            commits = "1 commit" if source.behind == 1 else f"{source.behind} commits"
            notices.append(
                f"{source.branch} is {commits} behind {source.upstream} (--base fresh starts from there)"
            )
        return Base(
            commit=source.head,
            name=source.branch or source.head[:10],
            target=source.branch,
            notices=tuple(notices),
        )

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
        return _choose(checks, new.checks)

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

    def _require_consent(
        self, project: Project, agents: Sequence[Agent], checks: Sequence[Check], *, given: bool
    ) -> list[str]:
        names = dict.fromkeys(one.name for one in agents if not one.scripted)
        missing = [f"agent:{one}" for one in names if f"agent:{one}" not in project.consents]
        if missing and not given:
            named = ", ".join(one.removeprefix("agent:") for one in missing)
            raise Consent(
                f"There is no sandbox yet: {named} would run with your own permissions on this machine.",
                subject=missing[0],
                text=_what_runs(named, checks),
                digest="yes",
                hint="Agree with --yes.",
            )
        return missing

    def _consents(self, project: Project, actor: str, given: dict[str, str]) -> list[e.Draft]:
        now = self._ledger.clock.now()
        return [
            e.Draft(
                event=e.ConsentGiven(subject=subject, digest=digest),
                project=project.id,
                actor=actor,
                observed=now,
            )
            for subject, digest in given.items()
        ]

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
        )
        here = {"project": project.id, "task": key, "actor": new.actor, "observed": now}
        drafts = [e.Draft(event=created, **here)]
        for number, agent in enumerate(agents, 1):
            its = {**here, "attempt": secrets.token_hex(8)}
            drafts.append(e.Draft(event=e.AttemptAdded(number=number, agent=agent), **its))
            if names := tuple(self._keys.of(key, agent)):
                drafts.append(e.Draft(event=e.KeysGiven(names=names), **its))
        return drafts


def _what_runs(agents: str, checks: Sequence[Check]) -> str:
    """What the person agrees to: the agents, and the commands that judge what they make."""
    lines = [f"{agents} keeps its own permission mode, but can read and write what you can."]
    lines += ["It may cost money; what it spends cannot be taken back."]
    lines += [f"The check {one.name} runs what is made: {shlex.join(one.argv)}" for one in checks]
    return "\n".join(lines)


def _said(setup: Setup) -> list[str]:
    """What the person should know of the set-up."""
    commands = "; ".join(shlex.join(one) for one in setup.commands)
    return [*([f"set-up: {commands} ({setup.source})"] if commands else []), *setup.notes]


def _check_brief(brief: str) -> None:
    if not brief.strip():
        raise Refused(
            "The prompt is empty.", hint='Say what is to be done: ropewalk run "Fix the cart total"'
        )
    if len(brief.encode("utf-8", "replace")) > BRIEF_BYTES:
        raise Refused(
            "The prompt is larger than 4 MB.", hint="Commit the material and name its path instead."
        )


def title_of(brief: str) -> str:
    """The first line of a brief with words in it, at most 72 characters."""
    line = next((one.strip() for one in brief.splitlines() if one.strip()), "")
    line = " ".join("".join(c if c.isprintable() else " " for c in line).split())
    return line if len(line) <= TITLE else line[: TITLE - 1].rstrip() + "…"


def _choose(checks: tuple[Check, ...], wanted: Sequence[str]) -> tuple[Check, ...]:
    """The checks that were asked for by name or as a command line; all of them if none was named."""
    if not wanted:
        return checks
    known = {one.name: one for one in checks}
    return tuple(known.get(one) or _command(one) for one in wanted)


def _command(line: str) -> Check:
    try:
        argv = tuple(shlex.split(line))
    except ValueError as error:
        raise Refused(
            f"“{line}” is not a command line: {error}.", hint="Mind the quotes."
        ) from None
    if not argv:
        raise Refused("A check is empty.", hint="--check 'pytest -q'")
    return Check(name=line, argv=argv, found_in=TYPED)

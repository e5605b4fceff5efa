"""Projects: from a directory to a project, its configuration at a commit, and what the person agreed to."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ropewalk.core.config import Config, merge, parse
from ropewalk.core.events import ConsentGiven, Draft, ProjectAdded
from ropewalk.core.records import Check
from ropewalk.core.setup import Setup
from ropewalk.core.state import Project
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.trust import CONFIG, Deciding, deciding, sources
from ropewalk.ports import CheckoutReader, RepositoryReader, Source


class PersonConfig(Protocol):
    """Where the person's own configuration comes from."""

    def __call__(self) -> str:
        """Its text; empty where there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for a task: the person's configuration and that of the project's base commit."""

    config: Config
    project_text: str


class Projects:
    """Knows the repositories that tasks were asked for."""

    def __init__(
        self,
        ledger: Ledger,
        checkout: CheckoutReader,
        repository: RepositoryReader,
        person: PersonConfig,
    ) -> None:
        """`person` reads the person's configuration anew each time."""
        self._ledger = ledger
        self._checkout = checkout
        self._repository = repository
        self._person = person

    async def source(self, directory: str) -> Source:
        """The repository that a directory belongs to."""
        return await asyncio.to_thread(self._checkout.inspect, directory)

    def known(self, root: str) -> Project | None:
        """The project of a repository, if it was used before."""
        found = (one for one in self._ledger.world.projects.values() if one.path == root)
        return next(found, None)

    async def here(self, directory: str) -> Project | None:
        """The project that a directory is in; None: its repository was not used before. Refused.

        A repository that is known needs no look by git, which in a large one takes its time.
        """
        root = await asyncio.to_thread(_nearest, directory)
        known = self.known(root)
        if known is not None:
            return known
        return self.known((await self.source(directory)).root)

    async def key_of(self, directory: str) -> str:
        """The id of the project that a directory is in; `none`: its repository was not used before."""
        known = await self.here(directory)
        return known.id if known else "none"

    async def of(self, source: Source, actor: str) -> Project:
        """The project of a repository, added on first use."""
        known = self.known(source.root)
        if known is not None:
            return known
        key = secrets.token_hex(8)
        event = ProjectAdded(path=source.root, name=source.name)
        await self._ledger.record([self._draft(key, event, actor)])
        return self._ledger.world.projects[key]

    def _draft(self, project: str, event: ProjectAdded | ConsentGiven, actor: str) -> Draft:
        return Draft(event=event, project=project, actor=actor, observed=self._ledger.clock.now())

    async def settings(self, project: Project, commit: str) -> Settings:
        """The configuration that holds for a base commit, which is in the store."""
        found = await asyncio.to_thread(
            self._repository.files, project=project.id, commit=commit, paths=[CONFIG]
        )
        text = (found[CONFIG] or b"").decode("utf-8", "replace")
        own = parse(self._person(), name="your configuration")
        theirs = parse(text, name=CONFIG)
        return Settings(config=merge(own, theirs), project_text=text)

    async def deciding(
        self,
        project: Project,
        commit: str,
        settings: Settings,
        found: Sequence[Check],
        setup: Setup,
    ) -> list[Deciding]:
        """The files of a base commit that decide what runs: checks found in them, and the set-up."""
        files = await asyncio.to_thread(
            self._repository.files,
            project=project.id,
            commit=commit,
            paths=sources(found, setup),
        )
        return deciding(settings.project_text, found, setup, files)

    async def agree(self, project: Project, subject: str, digest: str, actor: str) -> None:
        """Record that the person agreed."""
        event = ConsentGiven(subject=subject, digest=digest)
        await self._ledger.record([self._draft(project.id, event, actor)])


def _nearest(directory: str) -> str:
    """The nearest directory upwards that looks like a checkout; empty where none does."""
    path = Path(directory).resolve()
    found = (one for one in (path, *path.parents) if (one / ".git").exists())
    return str(next(found, ""))

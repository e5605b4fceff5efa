"""Projects: from a directory to a project, its configuration at a commit, and what the person agreed to."""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ropewalk.core.config import Config, merge, parse
from ropewalk.core.errors import Consent
from ropewalk.core.events import ConsentGiven, Draft, ProjectAdded
from ropewalk.core.state import Project
from ropewalk.hub.ledger import Ledger
from ropewalk.ports import Checkout, Repository, Source

CONFIG = "ropewalk.toml"


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
    digest: str


class Projects:
    """Knows the repositories that tasks were asked for."""

    def __init__(
        self, ledger: Ledger, checkout: Checkout, repository: Repository, person: PersonConfig
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
        digest = hashlib.sha256(text.encode()).hexdigest() if text else ""
        return Settings(config=merge(own, theirs), project_text=text, digest=digest)

    def require_trust(self, project: Project, settings: Settings, *, trusted: bool) -> str:
        """Raise Consent unless the person agreed to this very file; answer with what is newly agreed to."""
        if not settings.digest or project.consents.get(f"file:{CONFIG}") == settings.digest:
            return ""
        if trusted:
            return settings.digest
        changed = f"file:{CONFIG}" in project.consents
        raise Consent(
            f"{CONFIG} of this repository names commands that would run on your machine"
            f"{', and it changed since you agreed to it' if changed else ''}.",
            subject=f"file:{CONFIG}",
            text=settings.project_text,
            digest=settings.digest,
            hint="Read it, then run again with --trust.",
        )

    async def agree(self, project: Project, subject: str, digest: str, actor: str) -> None:
        """Record that the person agreed."""
        event = ConsentGiven(subject=subject, digest=digest)
        await self._ledger.record([self._draft(project.id, event, actor)])


def _nearest(directory: str) -> str:
    """The nearest directory upwards that looks like a checkout; empty where none does."""
    path = Path(directory).resolve()
    found = (one for one in (path, *path.parents) if (one / ".git").exists())
    return str(next(found, ""))

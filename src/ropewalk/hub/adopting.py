"""Adopting: an attempt made of a worktree or branch that somebody began elsewhere. The original is never touched."""

import asyncio
import secrets
from dataclasses import dataclass, replace

from ropewalk.core import events as e
from ropewalk.core.errors import Refused
from ropewalk.core.payload import Payload
from ropewalk.core.records import Version
from ropewalk.core.state import Attempt, Project
from ropewalk.hub.base import Base
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.newtask import NewTask
from ropewalk.hub.projects import Projects
from ropewalk.hub.refs import base_ref, version_ref
from ropewalk.hub.tasks import Tasks
from ropewalk.ports import Checkout, Found, Repository, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAdoption:
    """What a person asked for: `named` is a path or branch; `task` has the rest. Its brief may be empty.

    Then no agent is started; `task.base` names what the work is compared with.
    """

    named: str
    task: NewTask


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopting:
    """Makes such attempts."""

    ledger: Ledger
    projects: Projects
    checkout: Checkout
    repository: Repository
    tasks: Tasks

    async def adopt(self, new: NewAdoption) -> Attempt:
        """Make the task with its one attempt. Refused, NotFound or Consent: nothing was made."""
        source = await self.projects.source(new.task.directory)
        found = await asyncio.to_thread(self.checkout.find, source, new.task.directory, new.named)
        begun = Begun(adopting=self, found=found, wanted=new.task.base or "", said=new.task)
        brief = new.task.brief.strip() or f"Go on with what was begun on {found.name}."
        task = await self.tasks.create(
            replace(new.task, brief=brief, base=None, title=found.name, count=1), begun
        )
        return self.ledger.world.attempts[task.attempts[0]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What was found, as the beginning of a task. Implements `hub.base.Beginning`."""

    adopting: Adopting
    found: Found
    wanted: str
    said: NewTask

    async def base(self, source: Source, project: Project, key: str) -> Base:
        """Where it left the person's branch, which the base store holds from now on."""
        return await asyncio.to_thread(self._base, source, project, key)

    def _base(self, source: Source, project: Project, key: str) -> Base:
        my = self.adopting
        commit = my.checkout.fork_point(source, self.found.head, self.wanted)
        if commit == self.found.head and not self.found.dirty:
            raise self._same()
        tree = my.repository.take(
            project=project.id, source=source.root, commit=commit, ref=base_ref(key)
        )
        name = self.wanted or f"{source.branch or 'HEAD'} at {commit[:10]}"
        return Base(
            commit=commit, name=name, target=source.branch, notices=source.warnings, tree=tree
        )

    async def versions(self, added: e.Draft, base: Base) -> list[e.Draft]:
        """The first version of its attempt; it waits for the person, or has their prompt."""
        version = await asyncio.to_thread(self._version, added, base)
        drafts = [
            replace(added, event=e.VersionMade(change=version)),
            replace(added, event=e.TurnEnded(turn=0, outcome="done")),
        ]
        if text := self.said.brief.strip():
            queued = e.MessageQueued(message=secrets.token_hex(8), text=Payload.of(text))
            drafts.append(replace(added, event=queued))
        return drafts

    def _version(self, added: e.Draft, base: Base) -> Version:
        my, found = self.adopting, self.found
        commit = found.head
        if found.dirty:
            commit = my.checkout.freeze(found.root, added.project, shared=False)
        my.repository.take_target(
            project=added.project,
            source=found.root,
            commit=commit,
            ref=version_ref(added.attempt, 1),
        )
        counts = my.repository.counts(project=added.project, base=base.commit, commit=commit)
        if counts.tree == base.tree:
            raise self._same()
        return Version(
            number=1,
            turn=0,
            commit=commit,
            tree=counts.tree,
            base=base.commit,
            files=counts.files,
            added=counts.added,
            removed=counts.removed,
            paths=counts.paths,
            summary=f"adopted from {found.name}",
            made="adopted",
        )

    def _same(self) -> Refused:
        return Refused(
            f"{self.found.name} has nothing that differs from what it is compared with.",
            hint="Compare it with something else: --base REV",
        )

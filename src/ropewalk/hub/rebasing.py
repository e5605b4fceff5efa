"""Rebase: put an attempt's change onto the target as it is now; what conflicts goes to its agent."""

import asyncio
import secrets
from collections.abc import Callable

from ropewalk.core import events as e
from ropewalk.core.errors import Conflict, Refused
from ropewalk.core.lifecycle import alias, draft, picked
from ropewalk.core.payload import Payload
from ropewalk.core.records import Version
from ropewalk.core.state import Attempt
from ropewalk.hub.claims import Claims
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.refs import target_ref, version_ref
from ropewalk.ports import CheckoutReader, Repository, Workspaces


class Rebasing:
    """Rebases attempts."""

    def __init__(
        self,
        ledger: Ledger,
        repository: Repository,
        checkout: CheckoutReader,
        workspaces: Workspaces,
        claims: Claims,
        done: Callable[[str], None],
    ) -> None:
        """All that a rebase touches; `done` hears whose files are free again."""
        self._ledger = ledger
        self._repository = repository
        self._checkout = checkout
        self._workspaces = workspaces
        self._claims = claims
        self._done = done

    async def rebase(self, attempt: Attempt, actor: str) -> str:
        """Rebase the newest version; answers with what became of it. Conflict: it is at work."""
        if not self._claims.take(attempt.id):
            name = alias(self._ledger.world, attempt)
            raise Conflict(f"{name}'s files are being worked on.", hint="Try again.")
        try:
            return await self._rebase(self._ledger.world.attempts[attempt.id], actor)
        finally:
            self._claims.release(attempt.id)
            self._done(attempt.id)

    async def _rebase(self, attempt: Attempt, actor: str) -> str:
        world = self._ledger.world
        name, task = alias(world, attempt), world.tasks[attempt.task]
        if not attempt.settled or attempt.merging:
            raise Conflict(f"{name} is at work.", hint=f"Wait, or stop it: ropewalk stop {name}")
        if attempt.workspace != "ready":
            raise Refused(f"{name} has no workspace now.", hint="ropewalk undo, then rebase it.")
        if not task.target:
            raise Refused(f"{name} has no target branch.", hint="It began from a detached HEAD.")
        version = picked(world, attempt, 0)
        onto = await self._target(attempt, task.target)
        if onto == attempt.base:
            return f"{name} stands on {task.target} already."
        return await self._onto(attempt, version, onto, actor)

    async def _target(self, attempt: Attempt, branch: str) -> str:
        root = self._ledger.world.projects[attempt.project].path
        onto = await asyncio.to_thread(self._checkout.resolve, root, f"refs/heads/{branch}")
        await asyncio.to_thread(
            self._repository.take,
            project=attempt.project,
            source=root,
            commit=onto,
            ref=target_ref(attempt.id, onto[:12]),
        )
        return onto

    async def _onto(self, attempt: Attempt, version: Version, onto: str, actor: str) -> str:
        name = alias(self._ledger.world, attempt)
        number = len(attempt.versions) + 1
        built = await asyncio.to_thread(
            self._repository.build,
            project=attempt.project,
            base=version.base,
            commit=version.commit,
            onto=onto,
            mode="squash",
            message=version.summary or name,
            ref=version_ref(attempt.id, number),
        )
        await self._workspaces.replace(
            id=attempt.id,
            project=attempt.project,
            commit=built.commit,
            ref=version_ref(attempt.id, number) + "-before",
        )
        now = self._ledger.clock.now()
        rebased = e.Rebased(base=onto, conflicts=built.conflicts)
        events: list[e.Event] = [rebased]
        if built.conflicts:
            events.append(
                e.MessageQueued(
                    message=secrets.token_hex(8), text=Payload.of(_ask(built.conflicts))
                )
            )
        else:
            events.append(await self._version(attempt, version, built.commit, built.tree, onto))
        await self._ledger.record([draft(attempt, one, actor=actor, now=now) for one in events])
        if built.conflicts:
            return f"{name} conflicts in {', '.join(built.conflicts)}: its agent resolves it."
        return f"{name} stands on {onto[:7]} now; its checks run again."

    async def _version(
        self, attempt: Attempt, old: Version, commit: str, tree: str, onto: str
    ) -> e.VersionMade:
        diff = await asyncio.to_thread(
            self._repository.diff, project=attempt.project, old=onto, new=commit
        )
        lines = diff.splitlines()
        change = Version(
            number=len(attempt.versions) + 1,
            turn=attempt.turn,
            commit=commit,
            tree=tree,
            base=onto,
            files=sum(one.startswith("diff --git ") for one in lines),
            added=sum(one.startswith("+") and not one.startswith("+++ ") for one in lines),
            removed=sum(one.startswith("-") and not one.startswith("--- ") for one in lines),
            paths=old.paths,
            summary=old.summary,
            made="rebase",
        )
        return e.VersionMade(change=change)


def _ask(paths: tuple[str, ...]) -> str:
    listed = "\n".join(f"- {one}" for one in paths)
    return (
        "The target branch moved on, and your change was brought onto it. These files now hold conflict "
        f"markers (<<<<<<<, =======, >>>>>>>):\n{listed}\n"
        "Resolve each conflict so that both your change and the other one keep their meaning, remove all "
        "markers, and run the tests."
    )

"""Rewinding: the files of an attempt made what they were, after what is there was kept as a version."""

import secrets
from collections.abc import Awaitable, Callable, Sequence

from ropewalk.core import events as e
from ropewalk.core import wanted as w
from ropewalk.core.errors import Outside, RopewalkError
from ropewalk.core.going_back import set_back, set_forward
from ropewalk.core.history import Rewind
from ropewalk.core.lifecycle import alias, draft
from ropewalk.core.records import Made, Version
from ropewalk.core.state import Attempt
from ropewalk.core.turns import kept_as, kept_by_rewind, said_of_ignored, where
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.refs import version_ref
from ropewalk.ports import Snapshot, Workspaces

PATIENCE_S = 30.0
"""How long somebody waits for their files; after that it goes on without them."""

TIMES = 2
"""How often files are replaced again until they are what they were."""


class Rewinding:
    """Sets files back, and takes that back. A worker of the scheduler."""

    def __init__(self, ledger: Ledger, workspaces: Workspaces) -> None:
        """`workspaces` has the files."""
        self._ledger = ledger
        self._workspaces = workspaces

    # --- asking --------------------------------------------------------------------------------

    async def set_back(
        self, attempt: Attempt, actor: str, action: str, *, turn: int, number: int
    ) -> str:
        """Make the files those of a turn (or, unless it is 0, a version); answers when they are."""
        world, now = self._ledger.world, self._ledger.clock.now()
        await self._ledger.record(
            [set_back(world, attempt, action, actor, now, turn=turn, number=number)]
        )
        return await self._arrived(attempt.id, action)

    async def undo(self, attempt: Attempt, action: str, actor: str) -> str:
        """Make the files again what they were before a rewind."""
        new = f"unrewind-{secrets.token_hex(6)}"
        world, now = self._ledger.world, self._ledger.clock.now()
        await self._ledger.record([set_forward(world, attempt, new, actor, now, undoes=action)])
        return await self._arrived(attempt.id, new)

    async def _arrived(self, attempt: str, action: str) -> str:
        end = self._ledger.clock.now() + PATIENCE_S
        while True:
            seen, one = self._ledger.durable, self._of(attempt)
            found = next(x for x in one.rewinds if x.action == action)
            if found.step not in ("asked", "kept"):
                return self._said(one, found)
            left = end - self._ledger.clock.now()
            if left <= 0 or not await self._ledger.moved_past(seen, left):
                return f"{alias(self._ledger.world, one)} is being set back to {where(found)}."

    def _said(self, attempt: Attempt, rewind: Rewind) -> str:
        name = alias(self._ledger.world, attempt)
        if rewind.step == "failed":
            raise Outside(
                f"{name} could not be set back: {rewind.reason}",
                hint=f"Nothing is lost: ropewalk turns {name}",
            )
        if not rewind.made:
            more = f" {said_of_ignored(rewind)}" if rewind.ignored else ""
            return f"{name} has the files of {where(rewind)} already.{more}"
        before = f"{name}@{rewind.before}" if rewind.before else "the base"
        if rewind.undoes:
            again = f"{name} has the files of {where(rewind)} again, as {name}@{rewind.made}."
            return f"{again} {said_of_ignored(rewind)}"
        return (
            f"{name} has the files of {where(rewind)} now, as {name}@{rewind.made}; what was there is "
            f"{before}. {said_of_ignored(rewind)} Its agent still remembers what it did after that; "
            "it is told at its next turn. ropewalk undo takes this back."
        )

    # --- effects -------------------------------------------------------------------------------

    def handlers(self) -> dict[type[w.Effect], Callable[..., Awaitable[None]]]:
        """As in Worker."""
        return {w.KeepFiles: self._keep, w.SetBack: self._set_back}

    def failed(self, effect: w.Effect, error: RopewalkError) -> Sequence[e.Draft]:
        """As in Worker."""
        rewind = self._rewind(effect)
        event = e.RewindFailed(action=rewind.action if rewind else "", reason=error.message)
        return self._drafts(effect.subject, event)

    async def _keep(self, effect: w.KeepFiles) -> None:
        attempt = self._of(effect.subject)
        made = await self.kept(attempt)
        await self._workspaces.keep(id=attempt.id, name=kept_by_rewind(effect.action))
        newest = attempt.version.number if attempt.version else 0
        number = made[0].change.number if made else newest
        done = e.FilesKept(action=effect.action, number=number)
        await self._ledger.record(self._drafts(attempt.id, *made, done))

    async def kept(self, attempt: Attempt) -> list[e.VersionMade]:
        """What was changed since the newest version, held by a ref; no event if nothing was."""
        newest = attempt.version.commit if attempt.version else attempt.base
        shot = await self._shoot(attempt, attempt.base, newest, "changed outside of a turn")
        if shot.commit == newest:
            return []
        summary = attempt.version.summary if attempt.version else ""
        version = _version(attempt, shot, base=attempt.base, made="edits", summary=summary)
        return [e.VersionMade(change=version)]

    async def _set_back(self, effect: w.SetBack) -> None:
        attempt, rewind = self._of(effect.subject), self._rewind(effect)
        if rewind is None:
            return
        shot, aside = await self._replaced(attempt, rewind)
        ignored = await self._workspaces.bring_back(
            id=attempt.id, name=kept_as(attempt, rewind), saved=kept_by_rewind(rewind.action)
        )
        newest = attempt.version
        old = next((one for one in attempt.versions if one.number == rewind.number), None)
        here = (newest.tree, newest.base) if newest else ("", "")
        if (shot.tree, rewind.base) == here or (newest is None and shot.commit == attempt.base):
            events: list[e.Event] = [e.Rewound(action=rewind.action, number=0, ignored=ignored)]
        else:
            summary = old.summary if old else ""
            version = _version(attempt, shot, base=rewind.base, made="rewind", summary=summary)
            done = e.Rewound(action=rewind.action, number=version.number, ignored=ignored)
            events = [e.VersionMade(change=version), done]
        events += [e.Noted(text=f"what was ignored and no longer is: {one}") for one in aside]
        await self._ledger.record(self._drafts(attempt.id, *events))

    async def _replaced(self, attempt: Attempt, rewind: Rewind) -> tuple[Snapshot, list[str]]:
        """The files replaced and looked at again, and the refs of what had to go besides.

        What was ignored may not be by the rules of then: then it goes as well. Each time has a ref of its
        own, since the one before may have been interrupted half-way.
        """
        aside: list[str] = []
        shot = await self._once(attempt, rewind, self._aside(attempt))
        while shot.commit != rewind.commit and len(aside) < TIMES:
            aside.append(self._aside(attempt))
            shot = await self._once(attempt, rewind, aside[-1])
        return shot, aside

    def _aside(self, attempt: Attempt) -> str:
        return f"{self._ref(attempt)}-before-{secrets.token_hex(4)}"

    async def _once(self, attempt: Attempt, rewind: Rewind, ref: str) -> Snapshot:
        await self._workspaces.replace(
            id=attempt.id, project=attempt.project, commit=rewind.commit, ref=ref
        )
        return await self._shoot(attempt, rewind.base, rewind.commit, "set back")

    async def _shoot(self, attempt: Attempt, base: str, parent: str, message: str) -> Snapshot:
        return await self._workspaces.snapshot(
            id=attempt.id,
            project=attempt.project,
            base=base,
            parent=parent,
            ref=self._ref(attempt),
            message=message,
        )

    def _ref(self, attempt: Attempt) -> str:
        return version_ref(attempt.id, len(attempt.versions) + 1)

    def _rewind(self, effect: w.Effect) -> Rewind | None:
        return self._of(effect.subject).rewinding

    def _of(self, attempt: str) -> Attempt:
        return self._ledger.world.attempts[attempt]

    def _drafts(self, attempt: str, *events: e.Event) -> list[e.Draft]:
        now = self._ledger.clock.now()
        return [draft(self._of(attempt), one, actor="hub", now=now) for one in events]


def _version(attempt: Attempt, shot: Snapshot, *, base: str, made: Made, summary: str) -> Version:
    return Version(
        number=len(attempt.versions) + 1,
        turn=attempt.turn,
        commit=shot.commit,
        tree=shot.tree,
        base=base,
        files=shot.files,
        added=shot.added,
        removed=shot.removed,
        paths=shot.paths,
        summary=summary,
        made=made,
    )

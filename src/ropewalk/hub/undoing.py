"""Undo: the last reversible action of a person in a project, named before it is taken back."""

import asyncio
import secrets

from ropewalk.core import commands as c
from ropewalk.core.errors import NotFound
from ropewalk.core.events import Recorded
from ropewalk.core.going_back import undoable
from ropewalk.core.history import Rewind
from ropewalk.core.lifecycle import alias, decide, reopened
from ropewalk.core.state import Attempt
from ropewalk.core.turns import where
from ropewalk.core.views import SCHEMA, Undoable
from ropewalk.hub.lasting import LASTING, words
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.merging import Merging
from ropewalk.hub.rewinding import Rewinding


class Journal:
    """Names actions and takes them back. Which actions there were is read from the attempts themselves."""

    def __init__(self, ledger: Ledger, merging: Merging, rewinding: Rewinding) -> None:
        """`merging` moves branches back, `rewinding` files forth."""
        self._ledger = ledger
        self._merging = merging
        self._rewinding = rewinding

    def new(self, kind: str, terminal: str) -> str:
        """An id for a new action; it carries its kind and its terminal, so that it can be told apart."""
        return f"{kind}-{_mark(terminal)}-{secrets.token_hex(6)}"

    async def last(self, project: str, actor: str, terminal: str) -> Undoable:
        """The newest action of this actor in a project that can be taken back. NotFound: there is none."""
        lasting = await self._lasting(project, actor)
        deciding = [one for one in self._deciding(project) if one.decided_by == actor]
        done = [(one.decided_at, one.action) for one in deciding]
        rewound = {x.action: (one, x) for one, x in self._rewound(project) if x.by == actor}
        done += [(x.at, x.action) for _, x in rewound.values()]
        if not done:
            raise self._nothing(lasting)
        when, action = max(done)
        mark = action.split("-", 2)[1]
        what = (
            self._what_rewound(*rewound[action])
            if action in rewound
            else self._what([one for one in deciding if one.action == action])
        )
        return Undoable(
            schema=SCHEMA,
            action=action,
            what=what,
            by=actor,
            when=when,
            same_terminal=mark == _mark(terminal),
            since=words(self._ledger.world, lasting)[0]
            if lasting and lasting.draft.observed > when
            else "",
        )

    async def _lasting(self, project: str, actor: str) -> Recorded | None:
        """The newest thing that this actor did and that no undo takes back."""
        return await asyncio.to_thread(
            self._ledger.store.latest, project=project, actor=actor, tags=tuple(LASTING)
        )

    def _nothing(self, lasting: Recorded | None) -> NotFound:
        if lasting is None:
            return NotFound(
                "There is nothing to undo here.",
                hint="keep, drop, merge and rewind can be undone; messages and answers cannot.",
            )
        what, hint = words(self._ledger.world, lasting)
        return NotFound(f"There is nothing to undo: {what} cannot be taken back.", hint=hint)

    def _rewound(self, project: str) -> list[tuple[Attempt, Rewind]]:
        """The rewinds that can be taken back."""
        attempts = self._ledger.world.attempts.values()
        found = [(one, undoable(one)) for one in attempts if one.project == project]
        return [(one, rewind) for one, rewind in found if rewind is not None]

    def _what_rewound(self, attempt: Attempt, rewind: Rewind) -> str:
        return f"rewind of {alias(self._ledger.world, attempt)} to {where(rewind)}"

    def _deciding(self, project: str) -> list[Attempt]:
        """The attempts that an action was about: not those that were dropped along with another."""
        return [
            one
            for one in self._ledger.world.attempts.values()
            if one.project == project and one.action and _own(one) and not one.gone
        ]

    def _what(self, attempts: list[Attempt]) -> str:
        first = attempts[0]
        names = ", ".join(alias(self._ledger.world, one) for one in attempts)
        kind = first.action.split("-", 1)[0]
        if kind == "merge" and first.merge is not None:
            return f"merge of {names} into {first.merge.target}"
        return f"{kind} of {names}"

    async def undo(self, project: str, action: str, actor: str) -> str:
        """Take an action back. Conflict: it can no longer be; NotFound: there is no such action."""
        for one, rewind in self._rewound(project):
            if rewind.action == action:
                return await self._rewinding.undo(one, action, actor)
        found = [one for one in self._deciding(project) if one.action == action]
        if not found:
            raise NotFound(
                "There is no such action.", hint="See what could be undone: ropewalk undo"
            )
        attempt = found[0]
        if attempt.decision == "merged":
            return await self._merging.undo(attempt, actor)
        command = c.UndoDecision(attempt=attempt.id, actor=actor, action=action)
        now = self._ledger.clock.now()
        drafts = decide(self._ledger.world, command, now)
        tasks = {one.task for one in drafts}
        await self._ledger.record([*reopened(self._ledger.world, tasks, actor, now), *drafts])
        names = [alias(self._ledger.world, self._ledger.world.attempts[d.attempt]) for d in drafts]
        return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} back as before."


def _own(attempt: Attempt) -> bool:
    kind = attempt.action.split("-", 1)[0]
    wanted = {"keep": "kept", "drop": "dropped", "merge": "merged"}
    return attempt.decision == wanted.get(kind)


def _mark(terminal: str) -> str:
    """A word for a terminal that holds no hyphen."""
    return "".join(one if one.isalnum() else "_" for one in terminal) or "none"

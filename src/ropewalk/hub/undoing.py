"""Undo: the last reversible action of a person in a project, named before it is taken back."""

import secrets
from typing import TYPE_CHECKING

from ropewalk.core import commands as c
from ropewalk.core.errors import NotFound
from ropewalk.core.lifecycle import alias, decide, reopened
from ropewalk.core.state import Attempt
from ropewalk.core.views import SCHEMA, Undoable
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.merging import Merging

if TYPE_CHECKING:
    from ropewalk.hub.actions import Ask


class Journal:
    """Names actions and takes them back. Which actions there were is read from the attempts themselves."""

    def __init__(self, ledger: Ledger, merging: Merging) -> None:
        """`merging` moves branches back."""
        self._ledger = ledger
        self._merging = merging

    def new(self, kind: str, what: str, attempt: Attempt, ask: "Ask") -> str:
        """An id for a new action; it carries its kind and its terminal, so that it can be told apart."""
        mark = _mark(ask.terminal)
        return f"{kind}-{mark}-{secrets.token_hex(6)}"

    def last(self, project: str, actor: str, terminal: str) -> Undoable:
        """The newest action of this actor in a project. NotFound: there is none."""
        deciding = [one for one in self._deciding(project) if one.decided_by == actor]
        if not deciding:
            raise NotFound(
                "There is nothing to undo here.",
                hint="keep, drop and merge can be undone; messages and answers cannot.",
            )
        newest = max(deciding, key=lambda one: one.decided_at)
        name = alias(self._ledger.world, newest)
        kind, mark, _ = newest.action.split("-", 2)
        return Undoable(
            schema=SCHEMA,
            action=newest.action,
            what=self._what(kind, name, newest),
            by=actor,
            when=newest.decided_at,
            same_terminal=mark == _mark(terminal),
        )

    def _deciding(self, project: str) -> list[Attempt]:
        """The attempts that an action was about: not those that were dropped along with another."""
        return [
            one
            for one in self._ledger.world.attempts.values()
            if one.project == project and one.action and _own(one)
        ]

    def _what(self, kind: str, name: str, attempt: Attempt) -> str:
        if kind == "merge" and attempt.merge is not None:
            return f"merge of {name} into {attempt.merge.target}"
        return f"{kind} of {name}"

    async def undo(self, project: str, action: str, actor: str) -> str:
        """Take an action back. Conflict: it can no longer be; NotFound: there is no such action."""
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
        opening = reopened(self._ledger.world, attempt, actor=actor, now=now)
        await self._ledger.record([*opening, *drafts])
        names = [alias(self._ledger.world, self._ledger.world.attempts[d.attempt]) for d in drafts]
        return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} back as before."


def _own(attempt: Attempt) -> bool:
    kind = attempt.action.split("-", 1)[0]
    wanted = {"keep": "kept", "drop": "dropped", "merge": "merged"}
    return attempt.decision == wanted.get(kind)


def _mark(terminal: str) -> str:
    """A word for a terminal that holds no hyphen."""
    return "".join(one if one.isalnum() else "_" for one in terminal) or "none"

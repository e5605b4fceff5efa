"""The turns of an attempt as a person sees them, and what they mean by a turn."""

import re

from ropewalk.core.errors import Refused
from ropewalk.core.history import Turn
from ropewalk.core.lifecycle import alias
from ropewalk.core.payload import Payload
from ropewalk.core.records import Version
from ropewalk.core.state import Attempt
from ropewalk.core.turns import first, turns
from ropewalk.core.turnviews import fork_view, version_view
from ropewalk.core.views import SCHEMA, TurnsView, TurnView
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.newtask import title_of
from ropewalk.hub.refer import References

TURN = re.compile(r"[0-9]{1,9}")
VERSION = re.compile(r"@([1-9][0-9]{0,8})")


class Turns:
    """Lists turns."""

    def __init__(self, ledger: Ledger, references: References) -> None:
        """`references` finds the attempt that a name means."""
        self._ledger = ledger
        self._references = references

    async def goal(self, attempt: Attempt, text: str) -> tuple[int, int]:
        """What `2`, `@3` or `7.2@3` names of an attempt: a turn, and a version (0: the turn counts)."""
        if TURN.fullmatch(text):
            return int(text), 0
        if found := VERSION.fullmatch(text):
            return 0, int(found[1])
        name = alias(self._ledger.world, attempt)
        if "@" in text:
            other, number = await self._references.attempt(text)
            if other.id == attempt.id and number:
                return 0, number
        raise Refused(
            f"“{text}” is no turn of {name}.",
            hint=f"Name a turn (0: the beginning) or a version of it, as in: ropewalk turns {name}",
        )

    async def list(self, attempt: Attempt) -> TurnsView:
        """Every turn, each with the versions that were made between it and the next."""
        world = self._ledger.world
        name = alias(world, attempt)
        now = self._ledger.clock.now()
        return TurnsView(
            schema=SCHEMA,
            id=attempt.id,
            alias=name,
            task=world.tasks[attempt.task].number,
            fork=fork_view(world, attempt),
            turns=[self._beginning(attempt)]
            + [await self._turn(attempt, one, now) for one in turns(attempt)],
        )

    def _beginning(self, attempt: Attempt) -> TurnView:
        view = self._view(attempt, Turn(number=0, files="version", version=first(attempt)), 0.0)
        return {
            **view,
            "files_are": "fork" if attempt.fork else "version" if first(attempt) else "base",
        }

    async def _turn(self, attempt: Attempt, turn: Turn, now: float) -> TurnView:
        view = self._view(attempt, turn, now)
        asked = turn.prompt or (self._brief(attempt) if turn.number == 1 else None)
        words = await self._ledger.text(asked) if asked else ""
        task = self._ledger.world.tasks[attempt.task]
        by = turn.by or (task.by if turn.number == 1 else "")
        return {**view, "prompt": title_of(words), "by": by}

    def _brief(self, attempt: Attempt) -> Payload:
        return attempt.brief or self._ledger.world.tasks[attempt.task].brief

    def _view(self, attempt: Attempt, turn: Turn, now: float) -> TurnView:
        version = _numbered(attempt, turn.version)
        return TurnView(
            number=turn.number,
            by="",
            prompt="",
            started=turn.started,
            ended=turn.ended,
            elapsed_s=max(0.0, (turn.ended or now) - turn.started) if turn.started else 0.0,
            outcome=turn.outcome or "",
            files_are=turn.files,
            version=turn.version,
            files=version.files if version else 0,
            added=version.added if version else 0,
            removed=version.removed if version else 0,
            then=[
                version_view(attempt, one)
                for one in attempt.versions
                if one.turn == turn.number and one.made not in ("turn", "fork", "adopted")
            ],
        )


def _numbered(attempt: Attempt, number: int) -> Version | None:
    return next((one for one in attempt.versions if one.number == number), None)

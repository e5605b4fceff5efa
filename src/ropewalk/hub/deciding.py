"""Deciding: from a command of a person to the events that it leads to."""

from typing import Any

from ropewalk.core import commands as c
from ropewalk.core import events as e
from ropewalk.core.lifecycle import decide, draft, reopened
from ropewalk.core.state import Attempt
from ropewalk.hub.ask import Ask
from ropewalk.hub.keys import Keys
from ropewalk.hub.ledger import Ledger


class Deciding:
    """Decides, and records nothing."""

    def __init__(self, ledger: Ledger, keys: Keys) -> None:
        """`keys` keeps the variables that are handed over."""
        self._ledger = ledger
        self._keys = keys

    def drafts(
        self, attempt: Attempt, kind: type[c.Command], ask: Ask, **fields: Any
    ) -> list[e.Draft]:
        """What a command leads to; a closed task is opened again. RopewalkError: it cannot be done."""
        command = kind(attempt=attempt.id, actor=ask.actor, **fields)
        drafts = decide(self._ledger.world, command, self._ledger.clock.now())
        return self.reopened(attempt, ask) + drafts

    def reopened(self, attempt: Attempt, ask: Ask) -> list[e.Draft]:
        """The events that bring its task back to life, if it is closed."""
        now = self._ledger.clock.now()
        return reopened(self._ledger.world, {attempt.task}, ask.actor, now)

    def handed(self, attempt: Attempt, ask: Ask) -> list[e.Draft]:
        """Keep the variables that came with a verb which may start an agent; what of them is new."""
        agents = [one.agent for one in self._ledger.world.of_task(attempt.task)]
        self._keys.hand(attempt.task, agents, ask.secrets)
        has = self._keys.names(attempt.task, attempt.agent)
        names = tuple(one for one in has if one not in attempt.keys)
        now = self._ledger.clock.now()
        given = e.KeysGiven(names=names)
        return [draft(attempt, given, actor=ask.actor, now=now)] if names else []

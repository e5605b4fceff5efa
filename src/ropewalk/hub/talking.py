"""Talking to an agent: say, answer, stop and resume."""

import secrets
from collections.abc import Mapping

from ropewalk.core import commands as c
from ropewalk.core import events as e
from ropewalk.core.errors import Conflict
from ropewalk.hub.ask import Ask, Verb
from ropewalk.hub.deciding import Deciding
from ropewalk.hub.driver import Driver
from ropewalk.hub.keys import Keys
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.refer import References


class Talking:
    """Carries out the verbs of a conversation."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        references: References,
        deciding: Deciding,
        keys: Keys,
        drivers: Mapping[str, Driver],
    ) -> None:
        """`drivers` lead to the agents that are there, by attempt."""
        self._ledger = ledger
        self._references = references
        self._deciding = deciding
        self._keys = keys
        self._drivers = drivers
        self.verbs: dict[str, Verb] = {
            "say": self._say,
            "answer": self._answer,
            "stop": self._stop,
            "resume": self._resume,
        }

    async def _say(self, name: str, ask: Ask) -> str:
        attempt, _ = await self._references.attempt(name)
        message = secrets.token_hex(8)
        drafts = self._deciding.drafts(attempt, c.Say, ask, message=message, text=ask.text)
        await self._ledger.record([*drafts, *self._deciding.handed(attempt, ask)])
        now = self._ledger.world.attempts[attempt.id]
        if now.state == "working":
            return f"{name} gets it when its turn ends."
        return f"{name} gets it now."

    async def _answer(self, name: str, ask: Ask) -> str:
        attempt, _ = await self._references.attempt(name)
        drafts = self._deciding.drafts(
            attempt, c.Answer, ask, question=ask.question, option=ask.option
        )
        answered = next(one.event for one in drafts if isinstance(one.event, e.QuestionAnswered))
        driver = self._drivers.get(attempt.id)
        if driver is None:
            raise Conflict(f"{name} is not there any more.", hint=f"ropewalk show {name}")
        await driver.tell(
            lambda dialect: dialect.answer(question=answered.question, option=answered.option),
            lambda step: [
                *drafts,
                *self._ledger.drafts(attempt, *step.events),
            ],
        )
        return f"{name} is answered."

    async def _stop(self, name: str, ask: Ask) -> str:
        attempt, _ = await self._references.attempt(name)
        await self._ledger.record(self._deciding.drafts(attempt, c.Stop, ask, reason=ask.reason))
        return f"{name} stops; its files stay. ropewalk resume {name} lets it go on."

    async def _resume(self, name: str, ask: Ask) -> str:
        attempt, _ = await self._references.attempt(name)
        drafts = self._deciding.drafts(attempt, c.Resume, ask)
        given = self._deciding.handed(attempt, ask)
        self._keys.require(attempt, name)
        await self._ledger.record([*drafts, *given])
        return f"{name} goes on."

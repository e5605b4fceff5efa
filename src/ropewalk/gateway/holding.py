"""A model request's hold on the allowance of its attempt: waited for, taken, settled."""

import asyncio
from typing import Any

from ropewalk.core.budget import NOTHING, Amount
from ropewalk.core.codec import dump
from ropewalk.core.reservation import Sought, Unbounded
from ropewalk.gateway.ledger import HELD, SETTLED, Hold, Ledger, Waits
from ropewalk.gateway.notes import Notes
from ropewalk.gateway.refusals import No
from ropewalk.gateway.visitor import Hungup, Visitor
from ropewalk.ports.gateway import Door
from ropewalk.wire.models import Asked, Reading

WAIT_S = 240.0
"""So long a request waits for others to settle, or for a new allowance; clients wait longer."""
USED_UP = (
    "Ropewalk: what this attempt may use is used up. The person was told, and can allow more. Trying again at once"
    " does not help; finish with what there is, or wait."
)


class Holding:
    """Asks the ledger for requests."""

    def __init__(self, ledger: Ledger, notes: Notes, wait_s: float = WAIT_S) -> None:
        """Of one gateway."""
        self._ledger = ledger
        self._notes = notes
        self._wait_s = wait_s

    async def hold(
        self, door: Door, visitor: Visitor, asked: Asked, size: int, about: dict[str, Any]
    ) -> tuple[int, Hold | None]:
        """The number of the note that the request is asked, and what it holds. No, Hungup."""
        if not door.metered:
            return self._notes.note(door, HELD, **about), None
        sought = Sought(
            model=asked.model, size=size, output=asked.output, copies=asked.copies, tools=asked.tools,
            pictures=asked.pictures, opened=bool(asked.opened), dearer=bool(asked.dearer),
        )  # fmt: skip
        key, told = (door.attempt, door.epoch), ""
        try:
            async with asyncio.timeout(self._wait_s):
                while True:
                    found = self._ledger.offer(key, sought)
                    if isinstance(found, Hold):
                        return self._taken(door, found, about), found
                    if isinstance(found, Unbounded):
                        self._notes.note(door, "model.refused", why="unbounded", **about)
                        raise _unbounded(found)
                    why = _why(found)
                    if why != told:
                        told = why
                        self._notes.note(door, "model.waiting", why=why, **about)
                    await self._change(visitor)
        except TimeoutError:
            self._notes.note(door, "model.refused", why=told, **about)
            raise No(429, "budget", USED_UP, model=True, retry_s=60) from None

    def settle(self, door: Door, hold: Hold | None, spent: Amount | None, **noted: Any) -> None:
        """Note that a request is over, and what it used. OSError: it cannot be noted; then it keeps its hold."""
        if hold is None:
            self._notes.note(door, SETTLED, **noted)
            return
        amount = hold.amount if spent is None else spent
        self._notes.note(door, SETTLED, hold=hold.name, amount=dump(amount), **noted)
        self._ledger.settle(hold, amount)

    def used(self, hold: Hold, asked: Asked, reading: Reading, status: int) -> Amount | None:
        """What a request used; None: nobody knows. An error without usage used nothing."""
        if status >= 400 and reading.usage is None:
            return NOTHING
        if reading.usage is None or reading.ended != "finished":
            return None
        return self._ledger.spent(
            hold, reading.usage, reading.model, asked.model, dearer=bool(asked.dearer)
        )

    def _taken(self, door: Door, hold: Hold, about: dict[str, Any]) -> int:
        number = self._notes.note(door, HELD, hold=hold.name, amount=dump(hold.amount), **about)
        self._ledger.take(hold)
        return number

    async def _change(self, visitor: Visitor) -> None:
        """Wait for a change. Hungup: the client does not."""
        change = asyncio.create_task(self._ledger.change())
        gone = asyncio.create_task(visitor.gone())
        try:
            await asyncio.wait({change, gone}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise Hungup
        finally:
            change.cancel()
            gone.cancel()
            await asyncio.gather(change, gone, return_exceptions=True)


def _why(found: Waits) -> str:
    return "settling" if found.settling else "allowance"


def _unbounded(found: Unbounded) -> No:
    text = f"Ropewalk cannot say how much this request may use at most: {found.why}. Set a limit on its output."
    return No(400, "unbounded", text, model=True)

"""Allowances, enforced: each request holds the most that it may use before it is sent, and settles after.

The arithmetic is core/allowance.py and core/reservation.py. What is held is noted before the request goes out; so a
killed gateway's successor knows what may have been used, and counts all of it.
"""

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ropewalk.core.allowance import (
    Allowance,
    Begun,
    Later,
    Purse,
    begin,
    closed,
    ended,
    granted,
    restarted,
    told,
)
from ropewalk.core.budget import Amount
from ropewalk.core.codec import dump, load
from ropewalk.core.prices import Prices
from ropewalk.core.reservation import Bounded, Sought, Unbounded, bounded
from ropewalk.core.usage import Usage
from ropewalk.gateway.journal import STATE
from ropewalk.ports.gateway import Entry

USEFUL = 1024
"""A request waits rather than be limited to fewer tokens of output, unless it asks for fewer itself."""
GRANT, HELD, SETTLED, CLOSED = "grant", "model.asked", "model.answered", "door.closed"
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Hold:
    """What one request holds, under a name; its output is to be limited to so many tokens."""

    key: Key
    name: str
    amount: Amount
    output: int


@dataclass(frozen=True, slots=True)
class Waits:
    """Not now. `settling`: others hold what is left; else a new allowance is needed."""

    settling: bool


@dataclass(slots=True)
class Account:
    """The purse of one epoch of an attempt, and what a request of unknown price counts as (None: it is refused)."""

    purse: Purse
    ceiling: int | None = None


class Ledger:
    """All purses of a gateway."""

    def __init__(self, prices: Prices) -> None:
        """Empty; see `restore`."""
        self.prices = prices
        self._accounts: dict[Key, Account] = {}
        self._boot = secrets.token_hex(6)
        self._count = 0
        self._changed = asyncio.Event()

    def restore(self, entries: Sequence[Entry]) -> list[Key]:
        """What the last segment of the journal says; whose requests were under way when it ended."""
        for entry in entries:
            self._replay(entry)
        forfeited = [key for key, one in self._accounts.items() if one.purse.begun]
        for key in forfeited:
            self._accounts[key].purse = restarted(self._accounts[key].purse)
        return forfeited

    def state(self) -> dict[str, Any]:
        """What `restore` needs of everything before."""
        return {"accounts": [_dump(one) for one in self._accounts.values()]}

    def grant(self, word: Allowance, ceiling: int | None) -> None:
        """A hub's word. It comes after its note."""
        key = (word.attempt, word.epoch)
        there = self._accounts.get(key)
        self._accounts[key] = Account(granted(there.purse if there else None, word), ceiling)
        self._wake()

    def close(self, attempt: str, epoch: int) -> None:
        """No request begins in this epoch or an earlier one any more."""
        for (name, number), one in self._accounts.items():
            if name == attempt and number <= epoch:
                one.purse = closed(one.purse)
        self._wake()

    def offer(self, key: Key, sought: Sought) -> Hold | Waits | Unbounded:
        """What a request would hold now. Nothing is held until `take`."""
        account = self._accounts.get(key)
        if account is None:
            return Waits(settling=False)
        now, purse = time.time(), account.purse
        least = USEFUL if sought.output is None else min(sought.output, USEFUL)
        answer = bounded(sought, purse.left(now), self.prices, least=least, ceiling=account.ceiling)
        if isinstance(answer, Unbounded):
            return answer
        if isinstance(answer, Bounded):
            _, said = begin(purse, "", answer.amount, now)
            if isinstance(said, Later):
                return Waits(said.settling)
            self._count += 1
            return Hold(key, f"{self._boot}-{self._count}", answer.amount, answer.output)
        return Waits(settling=bool(purse.begun))

    def take(self, hold: Hold) -> None:
        """Hold what was offered in this very moment. It comes after its note."""
        account = self._accounts[hold.key]
        account.purse, said = begin(account.purse, hold.name, hold.amount, time.time())
        assert isinstance(said, Begun)  # noqa: S101

    def settle(self, hold: Hold, spent: Amount | None) -> None:
        """A request is over (None: nobody knows what it used). It comes after its note."""
        account = self._accounts[hold.key]
        account.purse = ended(account.purse, hold.name, spent)
        self._wake()

    def spent(self, hold: Hold, usage: Usage, *models: str, dearer: bool) -> Amount:
        """What usage is, in the measures of an account."""
        micros = None if dearer else self.prices.cost(usage, *models)
        if micros is None:
            ceiling = self._accounts[hold.key].ceiling
            return Amount(tokens=usage.total, micros=ceiling or 0, priced=ceiling is not None)
        return Amount(tokens=usage.total, micros=micros)

    def report(self, key: Key) -> dict[str, Any] | None:
        """What was spent in all in an epoch; see `core.allowance.Report`."""
        account = self._accounts.get(key)
        return dump(told(account.purse)) if account else None

    async def change(self) -> None:
        """Wait until something was settled, granted or closed."""
        await self._changed.wait()

    def forget_final(self) -> None:
        """Let go of epochs of which everything was told."""
        for key, one in list(self._accounts.items()):
            if told(one.purse).final:
                del self._accounts[key]

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _replay(self, entry: Entry) -> None:
        key = (entry.attempt, entry.epoch)
        if entry.kind == STATE:
            found = [_load(one) for one in entry.body.get("accounts", [])]
            self._accounts = {_key(one): one for one in found}
        elif entry.kind == GRANT:
            self.grant(load(Allowance, entry.body["allowance"]), entry.body["ceiling"])
        elif entry.kind == CLOSED:
            self.close(*key)
        elif "hold" in entry.body and (account := self._accounts.get(key)):
            name, amount = entry.body["hold"], load(Amount, entry.body["amount"])
            if entry.kind == HELD:
                account.purse = _begun(account.purse, name, amount)
            elif entry.kind == SETTLED:
                account.purse = ended(account.purse, name, amount)


def _begun(purse: Purse, name: str, amount: Amount) -> Purse:
    """As it was noted; whether it fits was judged then."""
    return Purse(
        allowance=purse.allowance, spent=purse.spent, begun={**purse.begun, name: amount},
        seq=purse.seq, closed=purse.closed,
    )  # fmt: skip


def _key(account: Account) -> Key:
    return account.purse.allowance.attempt, account.purse.allowance.epoch


def _dump(account: Account) -> dict[str, Any]:
    purse = account.purse
    return {
        "allowance": dump(purse.allowance), "spent": dump(purse.spent), "seq": purse.seq,
        "begun": {name: dump(one) for name, one in purse.begun.items()}, "closed": purse.closed,
        "ceiling": account.ceiling,
    }  # fmt: skip


def _load(body: dict[str, Any]) -> Account:
    purse = Purse(
        allowance=load(Allowance, body["allowance"]), spent=load(Amount, body["spent"]),
        begun={name: load(Amount, one) for name, one in body["begun"].items()},
        seq=body["seq"], closed=body["closed"],
    )  # fmt: skip
    return Account(purse, body["ceiling"])

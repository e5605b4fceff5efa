"""Allowances: what a gateway may spend for an attempt while nobody answers it, as values. Pure.

The hub holds an amount in its book (core/budget.py) under the attempt and its epoch, and tells the gateway how much
that is in all. The gateway tells what was spent in all. Both sides speak in totals with a number that only grows; so a
message that comes twice, late or never cannot make anybody spend more than the hub holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ropewalk.core.budget import NOTHING, Amount, Cap


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """A hub's word: the attempt may spend `amount` in all in this epoch, if it begins before `until` (seconds).

    `number` grows with each word on one epoch; `amount` never falls. `money` False: no budget is of money, so models
    of unknown price may be used, and the micro-dollars of `amount` mean nothing.
    """

    attempt: str
    epoch: int
    number: int
    amount: Amount
    until: float
    money: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A gateway's word: so much was spent in all. `final`: nothing of this epoch will be spent any more."""

    attempt: str
    epoch: int
    seq: int
    spent: Amount
    final: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """The request may go out."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: requests under way hold what is left (`settling`), or a new allowance is needed."""

    settling: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What a gateway knows of one epoch of an attempt. `begun` are the requests under way, by name."""

    allowance: Allowance
    spent: Amount = NOTHING
    begun: Mapping[str, Amount] = field(default_factory=dict[str, Amount])
    seq: int = 0
    closed: bool = False

    @property
    def held(self) -> Amount:
        """What the requests under way may use."""
        return sum(self.begun.values(), NOTHING)

    def left(self, now: float) -> Cap:
        """What a request may use that begins now."""
        if self.closed or now >= self.allowance.until:
            return Cap(tokens=0, micros=0)
        whole = self.allowance.amount
        micros = whole.micros if self.allowance.money else None
        return Cap(tokens=whole.tokens, micros=micros).left(self.spent + self.held)


def granted(purse: Purse | None, word: Allowance) -> Purse:
    """The purse after a hub's word; an older one than the last, or one on an earlier epoch, changes nothing.

    A later epoch begins a purse of its own: close the earlier one first.
    """
    if purse is None or word.epoch > purse.allowance.epoch:
        return Purse(allowance=word)
    old = purse.allowance
    if purse.closed or word.epoch < old.epoch or word.number <= old.number:
        return purse
    return replace(purse, allowance=word)


def begin(purse: Purse, name: str, amount: Amount, now: float) -> tuple[Purse, Begun | Later]:
    """Begin a request that uses at most so much. A name that has begun already is not asked again."""
    if name in purse.begun:
        return purse, Begun()
    if purse.left(now).fits(amount):
        return replace(purse, begun={**purse.begun, name: amount}), Begun()
    alone = replace(purse, begun={})
    return purse, Later(settling=bool(purse.begun) and alone.left(now).fits(amount))


def ended(purse: Purse, name: str, spent: Amount | None) -> Purse:
    """A request is over and used so much (None: nobody knows, so all that it might). Again: nothing happens."""
    held = purse.begun.get(name)
    if held is None:
        return purse
    begun = {key: one for key, one in purse.begun.items() if key != name}
    used = held if spent is None else spent
    return replace(purse, begun=begun, spent=purse.spent + used, seq=purse.seq + 1)


def restarted(purse: Purse) -> Purse:
    """The gateway has died with requests under way: each counts as all that it might have used."""
    for name in purse.begun:
        purse = ended(purse, name, None)
    return purse


def closed(purse: Purse) -> Purse:
    """No request begins in this epoch any more; those under way go on."""
    return purse if purse.closed else replace(purse, closed=True, seq=purse.seq + 1)


def told(purse: Purse) -> Report:
    """What the hub is told now; may be said as often as one likes."""
    word = purse.allowance
    return Report(
        attempt=word.attempt,
        epoch=word.epoch,
        seq=purse.seq,
        spent=purse.spent,
        final=purse.closed and not purse.begun,
    )

"""Budgets that hold: what is held and spent in nested scopes, as values. Pure.

A hold is taken in all its scopes at once before anything is used, as large as what is used can be. So held and spent
together stay within every cap, whatever happens in between; only truth that exceeds a hold can exceed a cap, and it is
counted, not hidden.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

ScopeKind = Literal["attempt", "race", "task", "project", "person", "day", "month"]
NEAR = 80
"""Percent of a cap at which the person is told."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a cap is for: `Scope("task", "7")`, `Scope("day", "2026-11-21")`."""

    kind: ScopeKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Tokens and micro-dollars, together. `priced` False: no money is known for all of the tokens."""

    tokens: int = 0
    micros: int = 0
    priced: bool = True

    def __add__(self, other: "Amount") -> "Amount":
        """Both."""
        return Amount(
            tokens=self.tokens + other.tokens,
            micros=self.micros + other.micros,
            priced=self.priced and other.priced,
        )

    def less(self, other: "Amount") -> "Amount":
        """What is left without the other, at least nothing."""
        return Amount(
            tokens=max(0, self.tokens - other.tokens), micros=max(0, self.micros - other.micros)
        )


NOTHING = Amount()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The most of each; None: as much as anybody wants."""

    tokens: int | None = None
    micros: int | None = None

    def left(self, used: Amount) -> "Cap":
        """What of it is left."""
        return Cap(
            tokens=None if self.tokens is None else max(0, self.tokens - used.tokens),
            micros=None if self.micros is None else max(0, self.micros - used.micros),
        )

    def both(self, other: "Cap") -> "Cap":
        """What both allow."""
        return Cap(
            tokens=_least(self.tokens, other.tokens), micros=_least(self.micros, other.micros)
        )

    def fits(self, amount: Amount) -> bool:
        """Whether so much is allowed."""
        tokens = self.tokens is None or amount.tokens <= self.tokens
        return tokens and (self.micros is None or (amount.priced and amount.micros <= self.micros))

    def percent(self, used: Amount) -> int:
        """How much of it is used, rounded down; of the scarcer kind. A cap of nothing is used up."""
        pairs = ((used.tokens, self.tokens), (used.micros, self.micros))
        return max((_percent(part, whole) for part, whole in pairs if whole is not None), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What one who spends may use, `spent` included, and in which scopes. `seq` counts its reports."""

    scopes: tuple[Scope, ...]
    amount: Amount
    spent: Amount = NOTHING
    seq: int = 0

    @property
    def rest(self) -> Amount:
        """What it may use yet."""
        return self.amount.less(self.spent)


@dataclass(frozen=True, slots=True)
class Held:
    """It is held, or was already."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It does not fit while others hold what they may not need; ask again when one has settled."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Full:
    """It cannot fit, even if all others gave back everything; or `unpriced` in a scope with a cap of money."""

    scope: Scope
    unpriced: bool = False


Answer = Held | Wait | Full


@dataclass(frozen=True, slots=True)
class Notice:
    """A scope has reached 80 or 100 percent of its cap."""

    scope: Scope
    percent: Literal[80, 100]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Caps, what was spent in each scope, and who holds what. A value: functions give the next one."""

    caps: Mapping[Scope, Cap] = field(default_factory=dict[Scope, Cap])
    spent: Mapping[Scope, Amount] = field(default_factory=dict[Scope, Amount])
    holds: Mapping[str, Hold] = field(default_factory=dict[str, Hold])

    def held(self, scope: Scope) -> Amount:
        """What is held in a scope and not spent."""
        rests = (one.rest for one in self.holds.values() if scope in one.scopes)
        return sum(rests, NOTHING)

    def left(self, scopes: Iterable[Scope]) -> Cap:
        """How much could be held now, in all the scopes together."""
        return _together(
            self._cap(one).left(self.spent.get(one, NOTHING) + self.held(one)) for one in scopes
        )

    def left_at_best(self, scopes: Iterable[Scope]) -> Cap:
        """How much could be held if everybody gave back what they hold."""
        return _together(self._cap(one).left(self.spent.get(one, NOTHING)) for one in scopes)

    def percent(self, scope: Scope) -> int:
        """How much of a scope's cap is spent."""
        return self._cap(scope).percent(self.spent.get(scope, NOTHING))

    def _cap(self, scope: Scope) -> Cap:
        return self.caps.get(scope, Cap())


def hold(book: Book, name: str, scopes: Iterable[Scope], amount: Amount) -> tuple[Book, Answer]:
    """Hold an amount in all scopes, or in none. A name that holds already is not asked again."""
    return hold_all(book, {name: (tuple(scopes), amount)})


def hold_all(
    book: Book, wanted: Mapping[str, tuple[tuple[Scope, ...], Amount]]
) -> tuple[Book, Answer]:
    """Hold for several at once, as for the attempts of a race: for all of them or for none."""
    new = {name: one for name, one in wanted.items() if name not in book.holds}
    for scope in dict.fromkeys(scope for scopes, _ in new.values() for scope in scopes):
        total = sum((one for scopes, one in new.values() if scope in scopes), NOTHING)
        if not book.left_at_best([scope]).fits(total):
            return book, Full(scope, unpriced=_unpriced(book, scope, total))
        if not book.left([scope]).fits(total):
            return book, Wait(scope)
    holds = {name: Hold(scopes=scopes, amount=amount) for name, (scopes, amount) in new.items()}
    return replace(book, holds={**book.holds, **holds}), Held()


def more(book: Book, name: str, amount: Amount) -> tuple[Book, Answer]:
    """Let somebody use more than it holds by an amount. Nobody of that name: nothing is held."""
    here = book.holds[name]
    for scope in here.scopes:
        if not book.left_at_best([scope]).fits(here.rest + amount):
            return book, Full(scope, unpriced=_unpriced(book, scope, here.rest + amount))
    extra = f"{name} and more"
    taken, answer = hold(book, extra, here.scopes, amount)
    if not isinstance(answer, Held):
        return book, answer
    larger = replace(here, amount=here.amount + amount)
    rest = {key: one for key, one in taken.holds.items() if key != extra}
    return replace(taken, holds={**rest, name: larger}), answer


def report(book: Book, name: str, seq: int, spent: Amount, *, final: bool = False) -> Book:
    """Somebody has spent so much in all since it holds; `final`: it will spend no more.

    A report that is not newer than the last one changes nothing, nor does one of somebody unknown (whose last report
    was final). One that is lost is made good by the next.
    """
    here = book.holds.get(name)
    if here is None or seq <= here.seq:
        return book
    spent = Amount(
        tokens=max(spent.tokens, here.spent.tokens),
        micros=max(spent.micros, here.spent.micros),
        priced=spent.priced and here.spent.priced,
    )
    fresh = replace(spent.less(here.spent), priced=spent.priced)
    book = replace(book, spent=_added(book.spent, here.scopes, fresh))
    holds = {key: one for key, one in book.holds.items() if key != name}
    if not final:
        holds[name] = replace(here, spent=spent, seq=seq)
    return replace(book, holds=holds)


def settle(book: Book, name: str, spent: Amount) -> Book:
    """One request is over and used so much. Again: nothing happens."""
    here = book.holds.get(name)
    return book if here is None else report(book, name, here.seq + 1, spent, final=True)


def release(book: Book, name: str) -> Book:
    """Nothing more of it was used, and that is known."""
    here = book.holds.get(name)
    return book if here is None else settle(book, name, here.spent)


def forfeit(book: Book, name: str) -> Book:
    """Nobody will ever tell what was used: all of it counts as spent."""
    here = book.holds.get(name)
    return book if here is None else settle(book, name, here.amount)


def capped(book: Book, scope: Scope, cap: Cap | None) -> Book:
    """Set, change or take away (None) a cap. One below what is used only stops what comes."""
    caps = {key: one for key, one in book.caps.items() if key != scope}
    return replace(book, caps=caps if cap is None else {**caps, scope: cap})


def notices(before: Book, after: Book) -> tuple[Notice, ...]:
    """What is to be told after a change: each scope that has passed 80 or 100 percent, the higher alone."""
    told: list[Notice] = []
    for scope in after.caps:
        old, new = before.percent(scope), after.percent(scope)
        if old < 100 <= new:
            told.append(Notice(scope, 100))
        elif old < NEAR <= new < 100:
            told.append(Notice(scope, NEAR))
    return tuple(told)


def _unpriced(book: Book, scope: Scope, amount: Amount) -> bool:
    """Whether it is only the unknown price that keeps an amount out."""
    return not amount.priced and book.left_at_best([scope]).fits(replace(amount, priced=True))


def _added(
    spent: Mapping[Scope, Amount], scopes: Iterable[Scope], amount: Amount
) -> dict[Scope, Amount]:
    return {**spent, **{one: spent.get(one, NOTHING) + amount for one in scopes}}


def _together(caps: Iterable[Cap]) -> Cap:
    whole = Cap()
    for one in caps:
        whole = whole.both(one)
    return whole


def _least(one: int | None, other: int | None) -> int | None:
    return min((it for it in (one, other) if it is not None), default=None)


def _percent(part: int, whole: int) -> int:
    return part * 100 // whole if whole else 100

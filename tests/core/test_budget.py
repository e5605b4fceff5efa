"""Budgets hold whatever the interleaving; what is repeated or lost changes nothing."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ropewalk.core.budget import (
    NOTHING,
    Amount,
    Book,
    Cap,
    Full,
    Held,
    Notice,
    Scope,
    Wait,
    capped,
    forfeit,
    hold,
    hold_all,
    more,
    notices,
    release,
    report,
    settle,
)

TASK = Scope("task", "7")
DAY = Scope("day", "2026-11-21")
ONE, TWO = Scope("attempt", "7.1"), Scope("attempt", "7.2")


def tokens(count: int, micros: int = 0) -> Amount:
    return Amount(tokens=count, micros=micros)


def test_a_hold_is_taken_in_all_scopes_or_in_none() -> None:
    book = Book(caps={TASK: Cap(tokens=100), DAY: Cap(tokens=50)})
    same, answer = hold(book, "a", [ONE, TASK, DAY], tokens(60))
    assert (same, answer) == (book, Full(DAY))
    book, answer = hold(book, "a", [ONE, TASK, DAY], tokens(40))
    assert answer == Held()
    assert hold(book, "b", [TWO, TASK, DAY], tokens(20)) == (book, Wait(DAY))
    assert hold(book, "b", [TWO, TASK], tokens(60))[1] == Held()


def test_what_was_not_used_is_there_for_others() -> None:
    book, _ = hold(Book(caps={TASK: Cap(tokens=100)}), "a", [TASK], tokens(90))
    assert hold(book, "b", [TASK], tokens(50))[1] == Wait(TASK)
    book = settle(book, "a", tokens(30))
    assert hold(book, "b", [TASK], tokens(70))[1] == Held()
    assert hold(book, "b", [TASK], tokens(71))[1] == Full(TASK)


def test_settling_twice_is_settling_once() -> None:
    book, _ = hold(Book(caps={TASK: Cap(tokens=100)}), "a", [TASK], tokens(90))
    once = settle(book, "a", tokens(30))
    assert settle(once, "a", tokens(30)) == once
    assert release(once, "a") == once
    assert forfeit(once, "a") == once
    assert release(book, "a").spent == {TASK: NOTHING}
    assert forfeit(book, "a").spent == {TASK: tokens(90)}


def test_an_older_report_changes_nothing() -> None:
    book, _ = hold(Book(caps={TASK: Cap(tokens=100)}), "a", [TASK], tokens(90))
    book = report(book, "a", 5, tokens(30))
    for seq, spent, final in ((5, 30, False), (4, 60, False), (3, 10, True), (0, 0, True)):
        assert report(book, "a", seq, tokens(spent), final=final) == book


def test_more_than_was_held_is_counted_and_not_hidden() -> None:
    book, _ = hold(Book(caps={TASK: Cap(tokens=100)}), "a", [TASK], tokens(90))
    book = settle(book, "a", tokens(130))
    assert book.spent[TASK] == tokens(130)
    assert book.percent(TASK) == 130
    assert hold(book, "b", [TASK], tokens(0))[1] == Held()
    assert hold(book, "b", [TASK], tokens(1))[1] == Full(TASK)


def test_a_race_holds_for_all_or_for_none() -> None:
    book = Book(caps={TASK: Cap(tokens=100)})
    pair = {"a": ((ONE, TASK), tokens(60)), "b": ((TWO, TASK), tokens(60))}
    assert hold_all(book, pair) == (book, Full(TASK))
    pair["b"] = ((TWO, TASK), tokens(40))
    book, answer = hold_all(book, pair)
    assert (answer, sorted(book.holds)) == (Held(), ["a", "b"])
    assert hold_all(book, pair) == (book, Held())


def test_money_needs_a_price() -> None:
    unknown = Amount(tokens=5, priced=False)
    book = Book(caps={TASK: Cap(micros=100), ONE: Cap(tokens=10)})
    assert hold(book, "a", [ONE], unknown)[1] == Held()
    assert hold(book, "a", [ONE, TASK], unknown)[1] == Full(TASK, unpriced=True)
    book, _ = hold(book, "a", [ONE], unknown)
    assert settle(book, "a", unknown).spent[ONE].priced is False


def test_notices_come_once_at_each_mark() -> None:
    book = Book(caps={TASK: Cap(tokens=100), DAY: Cap(tokens=1000)})
    book, _ = hold(book, "a", [TASK, DAY], tokens(100))
    near = report(book, "a", 1, tokens(80))
    full = report(near, "a", 2, tokens(100), final=True)
    assert notices(book, report(book, "a", 1, tokens(79))) == ()
    assert notices(book, near) == (Notice(TASK, 80),)
    assert notices(near, full) == notices(book, full) == (Notice(TASK, 100),)
    assert notices(full, full) == ()
    raised = capped(full, TASK, Cap(tokens=200))
    assert raised.percent(TASK) == 50
    assert hold(raised, "b", [TASK], tokens(100))[1] == Held()


def test_a_cap_of_nothing_stops_everything() -> None:
    book = capped(Book(), DAY, Cap(micros=0))
    assert book.percent(DAY) == 100
    assert hold(book, "a", [DAY], tokens(0, 1))[1] == Full(DAY)
    assert hold(capped(book, DAY, None), "a", [DAY], tokens(0, 1))[1] == Held()


def test_a_hold_can_grow() -> None:
    book, _ = hold(Book(caps={TASK: Cap(tokens=100)}), "a", [TASK], tokens(60))
    assert more(book, "a", tokens(50)) == (book, Full(TASK))
    busy, _ = hold(book, "b", [TASK], tokens(20))
    assert more(busy, "a", tokens(40)) == (busy, Wait(TASK))
    book, answer = more(book, "a", tokens(40))
    assert (answer, book.holds["a"].amount, list(book.holds)) == (Held(), tokens(100), ["a"])


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 60)), max_size=9), st.randoms())
def test_reports_may_come_in_any_order_and_often(said: list[tuple[int, int]], chance: Any) -> None:
    """The last one counts, and what is spent never falls."""
    ordered = sorted({seq: None for seq, _ in said})
    totals = sorted(spent for _, spent in said)[: len(ordered)]
    reports = list(zip(ordered, totals, strict=True))
    mixed = [*reports, *reports]
    chance.shuffle(mixed)
    book, _ = hold(Book(caps={TASK: Cap(tokens=100)}), "a", [TASK], tokens(60))
    for seq, spent in mixed:
        before = book.spent.get(TASK, NOTHING).tokens
        book = report(book, "a", seq, tokens(spent))
        assert book.spent.get(TASK, NOTHING).tokens >= before
    assert book.spent.get(TASK, NOTHING).tokens == (totals[-1] if totals else 0)


SCOPES = (TASK, DAY, ONE, TWO)


class Spending(RuleBasedStateMachine):
    """Holds, reports and settlements in any order, by spenders that stay within their holds."""

    def __init__(self) -> None:
        super().__init__()
        caps = {TASK: Cap(tokens=100, micros=1000), DAY: Cap(micros=700), ONE: Cap(tokens=50)}
        self.book = Book(caps=caps)

    @rule(
        name=st.sampled_from("abcdef"),
        scopes=st.sets(st.sampled_from(SCOPES), min_size=1),
        count=st.integers(0, 60),
        micros=st.integers(0, 600),
    )
    def holds(self, name: str, scopes: set[Scope], count: int, micros: int) -> None:
        self.book, _ = hold(self.book, name, scopes, tokens(count, micros))

    @rule(name=st.sampled_from("abcdef"), count=st.integers(0, 30))
    def grows(self, name: str, count: int) -> None:
        if name in self.book.holds:
            self.book, _ = more(self.book, name, tokens(count))

    @rule(name=st.sampled_from("abcdef"), part=st.floats(0, 1), final=st.booleans())
    def reports(self, name: str, part: float, final: bool) -> None:
        if here := self.book.holds.get(name):
            used = tokens(int(here.amount.tokens * part), int(here.amount.micros * part))
            self.book = report(self.book, name, here.seq + 1, used, final=final)
            self.book = report(self.book, name, here.seq + 1, used, final=final)

    @rule(name=st.sampled_from("abcdef"))
    def gives_up(self, name: str) -> None:
        self.book = forfeit(self.book, name)

    @invariant()
    def stays_within_every_cap(self) -> None:
        for scope, cap in self.book.caps.items():
            used = self.book.spent.get(scope, NOTHING) + self.book.held(scope)
            assert cap.fits(used), (scope, used)


TestSpending = Spending.TestCase

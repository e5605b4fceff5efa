"""A hub and a gateway that lose, repeat and delay every word never spend more than the cap."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ropewalk.core.allowance import (
    Allowance,
    Begun,
    Later,
    Purse,
    Report,
    begin,
    closed,
    ended,
    granted,
    restarted,
    told,
)
from ropewalk.core.budget import NOTHING, Amount, Book, Cap, Held, Scope, hold, more, report


def word(number: int = 1, amount: int = 100, epoch: int = 1, until: float = 10.0) -> Allowance:
    return Allowance(attempt="7.1", epoch=epoch, number=number, amount=tokens(amount), until=until)


def tokens(count: int) -> Amount:
    return Amount(tokens=count)


def test_requests_share_an_allowance() -> None:
    purse, answer = begin(granted(None, word()), "a", tokens(60), now=0)
    assert answer == Begun()
    assert begin(purse, "a", tokens(60), now=0) == (purse, Begun())
    assert begin(purse, "b", tokens(60), now=0) == (purse, Later(settling=True))
    assert begin(purse, "b", tokens(101), now=0) == (purse, Later(settling=False))
    purse = ended(purse, "a", tokens(10))
    assert begin(purse, "b", tokens(90), now=0)[1] == Begun()
    assert ended(purse, "a", tokens(10)) == purse


def test_nothing_begins_after_its_end_but_what_began_is_counted() -> None:
    purse, _ = begin(granted(None, word(until=10.0)), "a", tokens(60), now=9.9)
    assert begin(purse, "b", tokens(1), now=10.0)[1] == Later(settling=False)
    purse = ended(purse, "a", tokens(50))
    assert told(purse).spent == tokens(50)
    purse = granted(purse, word(number=2, until=20.0))
    assert begin(purse, "b", tokens(50), now=10.0)[1] == Begun()


def test_words_that_are_not_newer_change_nothing() -> None:
    purse = granted(granted(None, word(number=2, amount=50)), word(number=1, amount=900))
    assert purse.allowance.amount == tokens(50)
    assert granted(purse, word(number=9, epoch=0)) == purse
    later = granted(purse, word(number=1, epoch=2))
    assert (later.allowance.epoch, later.spent) == (2, NOTHING)


def test_what_nobody_knows_counts_as_all_that_was_held() -> None:
    purse, _ = begin(granted(None, word()), "a", tokens(60), now=0)
    purse, _ = begin(purse, "b", tokens(30), now=0)
    assert ended(purse, "a", None).spent == tokens(60)
    assert told(restarted(purse)) == Report(
        attempt="7.1", epoch=1, seq=2, spent=tokens(90), final=False
    )


def test_the_last_word_comes_when_the_last_request_has_ended() -> None:
    purse, _ = begin(granted(None, word()), "a", tokens(60), now=0)
    purse = closed(purse)
    assert not told(purse).final
    assert granted(purse, word(number=2, amount=500)) == purse
    assert begin(purse, "b", tokens(1), now=0)[1] == Later(settling=False)
    assert told(ended(purse, "a", tokens(1))).final


def test_without_a_budget_of_money_a_price_need_not_be_known() -> None:
    unknown = Amount(tokens=60, priced=False)
    assert begin(granted(None, word()), "a", unknown, now=0)[1] == Later(settling=False)
    free = replace(word(), money=False)
    purse, answer = begin(granted(None, free), "a", unknown, now=0)
    assert answer == Begun()
    assert begin(purse, "b", unknown, now=0)[1] == Later(settling=True)
    assert begin(granted(None, free), "a", unknown, now=10.0)[1] == Later(settling=False)


CAP = 100
TASK = Scope("task", "7")
ATTEMPTS = ("7.1", "7.2", "7.3")


class Apart(RuleBasedStateMachine):
    """One hub, a gateway with three attempts, and a post that does what it wants."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book(caps={TASK: Cap(tokens=CAP)})
        self.numbers = dict.fromkeys(ATTEMPTS, 0)
        self.down: list[Allowance] = []
        self.up: list[Report] = []
        self.purses: dict[str, Purse] = {}
        self.used = 0
        self.now = 0.0

    @rule(attempt=st.sampled_from(ATTEMPTS), count=st.integers(1, 60))
    def hub_grants(self, attempt: str, count: int) -> None:
        give = more if attempt in self.book.holds else _first
        self.book, answer = give(self.book, attempt, tokens(count))
        if answer == Held():
            self.numbers[attempt] += 1
            self.down.append(
                Allowance(
                    attempt=attempt,
                    epoch=1,
                    number=self.numbers[attempt],
                    amount=self.book.holds[attempt].amount,
                    until=self.now + 5,
                )
            )

    @rule(at=st.integers(0, 99), again=st.booleans())
    def word_arrives(self, at: int, again: bool) -> None:
        if self.down:
            word = self.down[at % len(self.down)]
            if not again:
                self.down.remove(word)
            self.purses[word.attempt] = granted(self.purses.get(word.attempt), word)

    @rule(attempt=st.sampled_from(ATTEMPTS), name=st.sampled_from("ab"), count=st.integers(1, 50))
    def request_begins(self, attempt: str, name: str, count: int) -> None:
        if purse := self.purses.get(attempt):
            self.purses[attempt], _ = begin(purse, name, tokens(count), self.now)

    @rule(attempt=st.sampled_from(ATTEMPTS), name=st.sampled_from("ab"), part=st.floats(0, 1))
    def request_ends(self, attempt: str, name: str, part: float) -> None:
        purse = self.purses.get(attempt)
        if purse and name in purse.begun:
            used = int(purse.begun[name].tokens * part)
            self.used += used
            self.purses[attempt] = ended(purse, name, tokens(used))

    @rule(attempt=st.sampled_from(ATTEMPTS))
    def gateway_dies(self, attempt: str) -> None:
        if purse := self.purses.get(attempt):
            self.used += purse.held.tokens
            self.purses[attempt] = restarted(purse)

    @rule(attempt=st.sampled_from(ATTEMPTS))
    def gateway_tells(self, attempt: str) -> None:
        if purse := self.purses.get(attempt):
            self.up.append(told(purse))

    @rule(attempt=st.sampled_from(ATTEMPTS))
    def attempt_closes(self, attempt: str) -> None:
        if purse := self.purses.get(attempt):
            self.purses[attempt] = closed(purse)

    @rule(at=st.integers(0, 99), again=st.booleans())
    def report_arrives(self, at: int, again: bool) -> None:
        if self.up:
            one = self.up[at % len(self.up)]
            if not again:
                self.up.remove(one)
            self.book = report(self.book, one.attempt, one.seq, one.spent, final=one.final)

    @rule(seconds=st.floats(0, 4))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def never_over_the_cap(self) -> None:
        held = sum(one.held.tokens for one in self.purses.values())
        assert self.used + held <= CAP
        assert self.book.spent.get(TASK, NOTHING).tokens <= self.used


def _first(book: Book, attempt: str, amount: Amount) -> tuple[Book, object]:
    return hold(book, attempt, [TASK], amount)


TestApart = Apart.TestCase
TestApart.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

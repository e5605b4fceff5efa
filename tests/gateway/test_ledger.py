"""What the journal says of allowances is enough to go on."""

from hypothesis import given
from hypothesis import strategies as st

from ropewalk.core.allowance import Allowance
from ropewalk.core.budget import Amount
from ropewalk.core.codec import dump
from ropewalk.core.prices import Prices
from ropewalk.core.reservation import Sought
from ropewalk.gateway.ledger import GRANT, HELD, SETTLED, Hold, Ledger
from ropewalk.ports.gateway import Entry

KEY = ("7.1", 1)


def entry(kind: str, **body) -> Entry:
    return Entry(seq=1, at=0, kind=kind, attempt="7.1", epoch=1, body=body)


@given(st.lists(st.sampled_from(["ask", "settle", "lose"]), max_size=30), st.integers(0, 40))
def test_a_restored_ledger_has_spent_what_was_and_might_have_been(steps, snapshot):
    """Whatever was noted before a death: after it, spent and held are within the grant, and nothing was forgotten."""
    word = Allowance(
        attempt="7.1", epoch=1, number=1, amount=Amount(tokens=9000, micros=0), until=9e12
    )
    ledger, entries = Ledger(Prices({})), [entry(GRANT, allowance=dump(word), ceiling=0)]
    ledger.grant(word, 0)
    under_way: list[Hold] = []
    for number, step in enumerate(steps):
        if number == snapshot:
            entries = [entry("state", **ledger.state())]
        if step == "ask":
            offered = ledger.offer(KEY, Sought(model="m", size=10, output=100))
            if isinstance(offered, Hold):
                entries.append(entry(HELD, hold=offered.name, amount=dump(offered.amount)))
                ledger.take(offered)
                under_way.append(offered)
        elif under_way:
            hold = under_way.pop()
            spent = Amount(tokens=50) if step == "settle" else hold.amount
            entries.append(entry(SETTLED, hold=hold.name, amount=dump(spent)))
            ledger.settle(hold, spent)
    before = ledger.report(KEY)
    restored = Ledger(Prices({}))
    forfeited = restored.restore(entries)
    after = restored.report(KEY)
    assert bool(forfeited) == bool(under_way)
    held = sum(one.amount.tokens for one in under_way)
    assert after["spent"]["tokens"] == before["spent"]["tokens"] + held
    assert after["spent"]["tokens"] <= 9000
    assert after["seq"] >= before["seq"]

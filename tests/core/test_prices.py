"""What usage costs, what it may cost at most, and that nobody knows is not nothing."""

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.core.errors import Refused
from ropewalk.core.prices import Prices, read
from ropewalk.core.usage import Usage

OURS = """
[[price]]
model = "small"
input = 0.25
output = 2
read = 0.025

[[price]]
model = "large"
input = 3
output = 15
read = 0.3
written = 3.75
kept = 6
context = 1_000_000

[[price]]
model = "large"
above = 200_000
input = 6
output = 22.5
read = 0.6
written = 7.5
kept = 12
"""
PRICES = read(OURS)
COUNTS = st.integers(0, 400_000)
USAGES = st.builds(Usage, input=COUNTS, output=COUNTS, read=COUNTS, written=COUNTS, kept=COUNTS)


def test_cost_is_rounded_up_to_a_micro_dollar() -> None:
    assert PRICES.cost(Usage(input=1), "small") == 1
    assert PRICES.cost(Usage(input=4), "small") == 1
    assert PRICES.cost(Usage(input=5), "small") == 2
    assert PRICES.cost(Usage(), "small") == 0


def test_each_kind_has_its_price() -> None:
    million = 1_000_000
    usage = Usage(output=million, read=100_000, written=10_000, kept=1_000)
    assert PRICES.cost(usage, "large") == 15_000_000 + 30_000 + 37_500 + 6_000
    assert PRICES.cost(Usage(written=8), "small") == 2


def test_large_prompts_cost_more() -> None:
    assert PRICES.cost(Usage(input=200_000), "large") == 600_000
    assert PRICES.cost(Usage(input=200_001), "large") == 1_200_006
    assert PRICES.cost(Usage(read=200_000, output=300_000), "large") == 4_560_000


def test_what_nobody_knows_is_not_free() -> None:
    assert PRICES.cost(Usage(), "unknown") is None
    assert PRICES.bound(1, 1, "unknown") is None
    assert PRICES.within(1, 1, "unknown") is None
    assert PRICES.cost(Usage(input=4), "unknown", "small") == 1


def test_a_date_in_a_name_does_not_matter_but_another_name_does() -> None:
    for name in ("small-20250929", "small-2025-08-07", "small@20250929", "models/small-latest"):
        assert PRICES.cost(Usage(input=4), name) == 1, name
    for name in ("small-pro", "smaller", "xsmall", "small-2", "eu.small", "small:free", ""):
        assert PRICES.cost(Usage(input=4), name) is None, name


@given(USAGES, st.sampled_from(("small", "large")))
def test_nothing_costs_more_than_its_bound(usage: Usage, model: str) -> None:
    cost, bound = PRICES.cost(usage, model), PRICES.bound(usage.prompt, usage.output, model)
    assert cost is not None
    assert bound is not None
    assert cost <= bound


@given(COUNTS, st.integers(0, 10_000_000), st.sampled_from(("small", "large")))
def test_what_money_pays_for_is_within_it(prompt: int, money: int, model: str) -> None:
    output = PRICES.within(prompt, money, model)
    assert output is not None
    if output >= 0:
        within, above = (PRICES.bound(prompt, one, model) for one in (output, output + 1))
        assert within is not None
        assert within <= money
        assert above is not None
        assert above >= money


def test_a_persons_own_prices_go_first() -> None:
    own = read('[[price]]\nmodel = "small"\ninput = 0\noutput = 0')
    both = PRICES.over(own)
    assert both.cost(Usage(input=9), "small") == 0
    assert both.cost(Usage(input=1), "large") == 3
    assert both.within(5, 0, "small") is None


BAD = [
    ("price = 3", "[[price]]"),
    ("[[prices]]", "[[price]]"),
    ("[[price]]\ninput = 1", "names no model"),
    ('[[price]]\nmodel = "x"\ninput = 1', "says no output"),
    ('[[price]]\nmodel = "x"\ninput = 1\noutput = "2"', "no number"),
    ('[[price]]\nmodel = "x"\ninput = -1\noutput = 2', "cannot be -1"),
    ('[[price]]\nmodel = "x"\ninput = nan\noutput = 2', "cannot be NaN"),
    ('[[price]]\nmodel = "x"\ninput = 1\noutput = 2\ncache = 3', "no cache"),
    ('[[price]]\nmodel = "x"\ninput = 1\noutput = 2\nabove = 5', "short prompts"),
    ('[[price]]\nmodel = "x"\ninput = 1\noutput = 2\n' * 2, "two prices"),
    ('[[price]]\nmodel = "x"\ninput = 1\noutput = 2\ncontext = true', "number of tokens"),
    ("[[price", "TOML"),
]


@pytest.mark.parametrize(("text", "words"), BAD)
def test_what_does_not_fit_is_refused(text: str, words: str) -> None:
    with pytest.raises(Refused) as caught:
        read(text)
    assert words in caught.value.message
    assert caught.value.hint


def test_the_prices_that_ship_say_where_they_are_from() -> None:
    text = resources.files("ropewalk").joinpath("data/prices.toml").read_text()
    shipped = read(text)
    assert isinstance(shipped, Prices)
    entries = [one for found in shipped.of.values() for one in found]
    assert len(entries) > 15
    for one in entries:
        assert one.source.startswith("https://"), one
        assert one.date.startswith("20"), one
        assert 0 < one.read <= one.input <= one.written <= one.kept < one.output, one
    assert shipped.cost(Usage(input=1_000_000), "claude-haiku-4-5-20251001") == 1_000_000

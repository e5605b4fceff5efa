"""A reservation is never less than what may be used, and never more than what is left."""

from hypothesis import given
from hypothesis import strategies as st

from ropewalk.core.budget import Amount, Cap
from ropewalk.core.prices import read
from ropewalk.core.reservation import AROUND, PICTURE, Bounded, Short, Sought, Unbounded, bounded
from tests.core.test_prices import OURS

PRICES = read(OURS)


def sought(model: str = "small", size: int = 976, output: int | None = 100, **more: int) -> Sought:
    return Sought(model=model, size=size, output=output, **more)


def test_bytes_and_the_output_limit_are_the_bound() -> None:
    meant = Bounded(Amount(tokens=2100, micros=700), 100)
    assert bounded(sought(), Cap(), PRICES) == meant
    assert bounded(sought(), Cap(tokens=2100, micros=700), PRICES) == meant


def test_tools_and_pictures_and_copies_add_to_it() -> None:
    answer = bounded(sought(tools=2, pictures=1, copies=3), Cap(), PRICES)
    assert isinstance(answer, Bounded)
    assert answer.amount.tokens == 3 * (2000 + 2 * AROUND + PICTURE + 100)


def test_the_output_is_lowered_to_what_is_left() -> None:
    assert bounded(sought(), Cap(tokens=2040), PRICES) == Bounded(
        Amount(tokens=2040, micros=580), 40
    )
    assert bounded(sought(), Cap(micros=540), PRICES) == Bounded(
        Amount(tokens=2020, micros=540), 20
    )
    assert bounded(sought(output=None), Cap(tokens=2040), PRICES) == Bounded(
        Amount(tokens=2040, micros=580), 40
    )
    assert bounded(sought(), Cap(tokens=2000), PRICES) == Short(1)
    assert bounded(sought(), Cap(micros=499), PRICES) == Short(1)
    assert bounded(sought(), Cap(tokens=2040), PRICES, least=41) == Short(41)


def test_without_any_limit_there_is_no_bound() -> None:
    assert isinstance(bounded(sought(output=None), Cap(), PRICES), Unbounded)
    assert isinstance(bounded(sought(opened=True), Cap(tokens=9**9), PRICES), Unbounded)
    answer = bounded(sought("large", opened=True), Cap(), PRICES)
    assert isinstance(answer, Bounded)
    assert answer.amount.tokens == 1_000_100


def test_an_unknown_price_is_none_or_the_ceiling() -> None:
    answer = bounded(sought("new"), Cap(tokens=9999), PRICES)
    assert answer == Bounded(Amount(tokens=2100, priced=False), 100)
    answer = bounded(sought("new"), Cap(micros=9999), PRICES, ceiling=5000)
    assert answer == Bounded(Amount(tokens=2100, micros=5000), 100)
    answer = bounded(sought(dearer=True), Cap(), PRICES)
    assert answer == Bounded(Amount(tokens=2100, priced=False), 100)


SOUGHT = st.builds(
    Sought,
    model=st.sampled_from(("small", "large")),
    size=st.integers(0, 300_000),
    output=st.none() | st.integers(0, 100_000),
    copies=st.integers(1, 4),
    tools=st.integers(0, 3),
    pictures=st.integers(0, 3),
)
LEFT = st.none() | st.integers(0, 5_000_000)


@given(SOUGHT, st.builds(Cap, tokens=LEFT, micros=LEFT))
def test_what_is_bounded_fits(one: Sought, left: Cap) -> None:
    answer = bounded(one, left, PRICES)
    if isinstance(answer, Bounded):
        assert left.fits(answer.amount)
        assert answer.output >= 1
        assert one.output is None or answer.output <= one.output

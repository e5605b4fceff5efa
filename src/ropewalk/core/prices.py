"""Prices of models as data, and what usage costs by them: in whole micro-dollars, rounded up. Pure.

A model that no entry is for has no price; that is never the same as costing nothing.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from ropewalk.core.errors import Refused
from ropewalk.core.usage import Usage

Micros = int
"""Millionths of a US dollar."""

MILLION = 1_000_000
_DATE = re.compile(r"(?:[-@]20\d{2}-?\d{2}-?\d{2}|-latest)$")
_AMOUNTS = ("input", "output", "read", "written", "kept")
_COUNTS = ("above", "context", "most")
_WORDS = ("model", "source", "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a million tokens of each kind of Usage cost, in micro-dollars.

    It holds for prompts of more than `above` tokens. `context` is how much the model takes in at most, `most` how much
    it gives out (0: not known). `source` and `date` say where and when that was read.
    """

    model: str
    input: Micros
    output: Micros
    read: Micros
    written: Micros
    kept: Micros
    above: int = 0
    context: int = 0
    most: int = 0
    source: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Prices:
    """All known prices, by model and then by size of the prompt, smallest first."""

    of: dict[str, tuple[Price, ...]]

    def find(self, *models: str) -> tuple[Price, ...]:
        """The prices of the first of the models that has any: by its name, or its name without a date."""
        for model in models:
            plain = _DATE.sub("", model.removeprefix("models/"))
            for name in (model, plain):
                if found := self.of.get(name):
                    return found
        return ()

    def cost(self, usage: Usage, *models: str) -> Micros | None:
        """What usage cost with the first of the models that has a price. None: none has."""
        found = [one for one in self.find(*models) if one.above < max(1, usage.prompt)]
        return _up(_sum(found[-1], usage)) if found else None

    def bound(self, prompt: int, output: int, *models: str) -> Micros | None:
        """The most that a prompt and an answer of at most so many tokens can cost. None: nobody knows."""
        found = [one for one in self.find(*models) if one.above < max(1, prompt)]
        return max((_up(_most(one, prompt, output)) for one in found), default=None)

    def within(self, prompt: int, money: Micros, *models: str) -> int | None:
        """How many tokens of output so much money pays for after the prompt; negative: not even that.

        None: the price is not known, or output costs nothing.
        """
        found = [one for one in self.find(*models) if one.above < max(1, prompt)]
        left = [
            (money * MILLION - _most(one, prompt, 0)) // one.output for one in found if one.output
        ]
        return min(left, default=None)

    def over(self, own: "Prices") -> "Prices":
        """These, but for the models that `own` has prices of."""
        return Prices({**self.of, **own.of})


def _sum(price: Price, usage: Usage) -> int:
    return (
        usage.input * price.input
        + usage.output * price.output
        + usage.read * price.read
        + usage.written * price.written
        + usage.kept * price.kept
    )


def _most(price: Price, prompt: int, output: int) -> int:
    dearest = max(price.input, price.read, price.written, price.kept)
    return prompt * dearest + output * price.output


def _up(value: int) -> Micros:
    return -(-value // MILLION)


def read(text: str) -> Prices:
    """The prices of a TOML text: `[[price]]` with dollars for a million tokens. Refused: it is not one.

    `read` defaults to `input` and so does `written`; `kept` defaults to `written`.
    """
    try:
        table = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"The prices are not TOML: {error}.", hint="Look at that line.") from error
    entries = table.get("price", [])
    if set(table) - {"price"} or not isinstance(entries, list):
        raise Refused("Prices are written as [[price]] and nothing else.", hint=_EXAMPLE)
    return gathered(_price(one) for one in cast("list[Any]", entries))


def gathered(prices: Iterable[Price]) -> Prices:
    """Prices by model. Refused: one is there twice, or holds for large prompts only."""
    of: dict[str, tuple[Price, ...]] = {}
    for one in prices:
        of[one.model] = tuple(sorted((*of.get(one.model, ()), one), key=lambda it: it.above))
    for model, found in of.items():
        if len({one.above for one in found}) < len(found):
            raise Refused(f"{model} has two prices for the same prompts.", hint=_EXAMPLE)
        if found[0].above:
            raise Refused(f"{model} has no price for short prompts.", hint=_EXAMPLE)
    return Prices(of)


_EXAMPLE = 'Write e.g. [[price]] model = "my-model", input = 0.5, output = 2.'


def _price(entry: Any) -> Price:
    values = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
    name = values.get("model")
    if not isinstance(name, str) or not name:
        raise Refused("A price names no model.", hint=_EXAMPLE)
    if unknown := sorted(set(values) - {*_AMOUNTS, *_COUNTS, *_WORDS}):
        raise Refused(f"The price of {name} has no {unknown[0]}.", hint=_EXAMPLE)
    if missing := [one for one in ("input", "output") if one not in values]:
        raise Refused(f"The price of {name} says no {missing[0]}.", hint=_EXAMPLE)
    dollars = {one: _dollars(name, one, values[one]) for one in _AMOUNTS if one in values}
    written = dollars.get("written", dollars["input"])
    return Price(
        model=name,
        input=dollars["input"],
        output=dollars["output"],
        read=dollars.get("read", dollars["input"]),
        written=written,
        kept=dollars.get("kept", written),
        **{one: _count(name, one, values[one]) for one in _COUNTS if one in values},
        source=str(values.get("source", "")),
        date=str(values.get("date", "")),
    )


def _dollars(model: str, name: str, value: Any) -> Micros:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Refused(f"The price of {model} for {name} is no number.", hint=_EXAMPLE)
    if not Decimal(value).is_finite() or not 0 <= value <= MILLION:
        raise Refused(f"The price of {model} for {name} cannot be {value}.", hint=_EXAMPLE)
    exact = Decimal(value) * MILLION
    return int(exact.to_integral_value(rounding="ROUND_CEILING"))


def _count(model: str, name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise Refused(f"{name} of {model} is no number of tokens.", hint=_EXAMPLE)
    return value

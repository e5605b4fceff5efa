"""The most that a request to a model can use, before it is sent. Pure.

A token of text is at least one byte, so the bytes of a request bound its input, but for what the provider adds: some
words around the conversation and its tools, and the pictures, whose tokens follow their area and not their bytes.
"""

from dataclasses import dataclass

from ropewalk.core.budget import Amount, Cap
from ropewalk.core.prices import Prices

AROUND = 1024
"""Tokens that a provider adds to a conversation, and again for each tool that it describes itself."""
PICTURE = 50_000
"""Tokens of one picture at most, of all providers and models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is known of a request: its model, bytes, and output limit (None: none) for each of its copies.

    `opened`: its bytes do not bound its input. `dearer`: its price is not the plain one.
    """

    model: str
    size: int
    output: int | None
    copies: int = 1
    tools: int = 0
    pictures: int = 0
    opened: bool = False
    dearer: bool = False


@dataclass(frozen=True, slots=True)
class Bounded:
    """It uses `amount` at most, if its output limit is set to `output`."""

    amount: Amount
    output: int


@dataclass(frozen=True, slots=True)
class Unbounded:
    """Nobody can say how much it may use; `why` in words for a person."""

    why: str


@dataclass(frozen=True, slots=True)
class Short:
    """Not even `least` tokens of output fit into what is left."""

    least: int


def bounded(
    sought: Sought, left: Cap, prices: Prices, *, least: int = 1, ceiling: int | None = None
) -> Bounded | Unbounded | Short:
    """The bound of a request, its output lowered to what is left.

    `left` is what the budgets leave; where it leaves nothing open and the model's own limit is not known either, there
    is no bound. `ceiling` is what a request of unknown price counts as, in micro-dollars (None: it has no price).
    """
    prompt = _prompt(sought, prices)
    if prompt is None:
        return Unbounded("its input is more than what was sent")
    lowered = _output(sought, prompt, left, prices)
    if lowered is None:
        return Unbounded("neither it nor the model limits its output")
    if lowered < least:
        return Short(least)
    micros = _micros(sought, prompt, lowered, prices, ceiling)
    tokens = prompt * sought.copies + lowered * sought.copies
    return Bounded(Amount(tokens=tokens, micros=micros or 0, priced=micros is not None), lowered)


def _prompt(sought: Sought, prices: Prices) -> int | None:
    """The input of one copy at most."""
    bound = sought.size + AROUND * (1 + sought.tools) + PICTURE * sought.pictures
    context = max((one.context for one in prices.find(sought.model)), default=0)
    if sought.opened:
        return context or None
    return min(bound, context) if context else bound


def _output(sought: Sought, prompt: int, left: Cap, prices: Prices) -> int | None:
    limits = [
        sought.output,
        max((one.most for one in prices.find(sought.model)), default=0) or None,
    ]
    if left.tokens is not None:
        limits.append(left.tokens // sought.copies - prompt)
    if left.micros is not None and not sought.dearer:
        limits.append(prices.within(prompt, left.micros // sought.copies, sought.model))
    return min((one for one in limits if one is not None), default=None)


def _micros(
    sought: Sought, prompt: int, output: int, prices: Prices, ceiling: int | None
) -> int | None:
    one = prices.bound(prompt, output, sought.model)
    # Each copy is taken to read the prompt anew: no provider says that it does not.
    known = None if one is None else one * sought.copies
    return ceiling if sought.dearer or known is None else known

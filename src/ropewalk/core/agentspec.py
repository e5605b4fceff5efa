"""Which agents a person asks for: `claude@opus:2,codex` to names, models and counts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ropewalk.core.errors import Refused

MOST = 100
"""Attempts that one task may have."""

_COUNT = re.compile(r"-?[0-9]{1,9}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+\[\]-]*")
_HINT = "Write NAME, NAME@MODEL, NAME:COUNT or NAME@MODEL:COUNT, with commas between them."


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """An agent by name, perhaps with a model, perhaps how many of it."""

    name: str
    model: str | None = None
    count: int | None = None


def parse(texts: Sequence[str]) -> tuple[AgentSpec, ...]:
    """The agents of one or more `--agent`. Refused: a text is not one.

    Digits after the last colon are a count; any other colon belongs to the model (`qwen@coder:7b`).
    """
    return tuple(_one(part.strip(), text) for text in texts for part in text.split(","))


def deal(specs: Sequence[AgentSpec], n: int | None = None) -> tuple[AgentSpec, ...]:
    """One spec for each attempt, in order. Refused: numbers that are out of range or disagree."""
    if n is not None:
        _in_range(n, "-n")
    counted = any(one.count is not None for one in specs)
    each = [replace(one, count=1) for one in specs for _ in range(one.count or 1)]
    if each:
        _in_range(len(each), "The sum of all counts")
    if n is None or not each:
        return tuple(each)
    if counted and n != len(each):
        raise Refused(
            f"-n says {n} attempts, the counts in --agent say {len(each)}.",
            hint="Leave out -n, or the counts.",
        )
    if n < len(each):
        raise Refused(
            f"-n says {n} attempts, but {len(each)} agents were named.",
            hint=f"Say -n {len(each)} or more, or name fewer agents.",
        )
    return tuple(each[at % len(each)] for at in range(n))


def _one(part: str, whole: str) -> AgentSpec:
    front, colon, last = part.rpartition(":")
    count: int | None = None
    if colon and _COUNT.fullmatch(last):
        part, count = front, _in_range(int(last), f"The count in {whole!r}")
    name, at, model = part.partition("@")
    if not _NAME.fullmatch(name) or (at and not _MODEL.fullmatch(model)):
        raise Refused(f"{whole!r} does not name an agent.", hint=_HINT)
    return AgentSpec(name, model or None, count)


def _in_range(number: int, what: str) -> int:
    if number < 1:
        raise Refused(f"{what} must be 1 or more, not {number}.", hint="One attempt is the least.")
    if number > MOST:
        raise Refused(f"{what} must be at most {MOST}, not {number}.", hint="Split the task.")
    return number

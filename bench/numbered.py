"""Numbered lines, read back: what is missing and what is there twice."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ropewalk.core.views import EventView

LINE = re.compile(r"event (\d{7})(?: (\d+\.\d+))?\n")


@dataclass(frozen=True, slots=True)
class Count:
    """How many numbered lines were found, how many of those expected were not, how many twice."""

    found: int
    lost: int
    doubled: int


def texts(events: Iterable[EventView], channel: str = "message") -> dict[str, str]:
    """All words of each attempt in one channel, by the attempt's id, put together in order."""
    pieces: dict[str, list[str]] = {}
    for one in events:
        if one["tag"] == "text.added" and one["body"]["channel"] == channel:
            pieces.setdefault(one["attempt"], []).append(one["body"]["text"].get("text", ""))
    return {attempt: "".join(some) for attempt, some in pieces.items()}


def count(texts: Mapping[str, str], expected: Mapping[str, int]) -> Count:
    """`expected` is how many lines each attempt wrote, numbered from 1."""
    found = lost = doubled = 0
    for attempt, wanted in expected.items():
        seen = Counter(int(number) for number, _ in LINE.findall(texts.get(attempt, "")))
        found += sum(seen.values())
        lost += sum(number not in seen for number in range(1, wanted + 1))
        doubled += sum(seen.values()) - len(seen)
    return Count(found, lost, doubled)


def emitted(text: str) -> list[float]:
    """The times (seconds since the epoch) that timed lines carry, in the text's order."""
    return [float(when) for _, when in LINE.findall(text) if when]

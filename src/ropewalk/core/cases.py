"""Comparing what a check said of two trees, case by case; and cases as compact JSON for payloads."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ropewalk.core.codec import load
from ropewalk.core.records import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How the cases of a change differ from those of the base, as names in the order of the reports.

    `regressions` passed on the base and fail or are gone now; `fixed` failed and pass now; `failing`
    failed and fail still; `new` are only in the change, `new_failing` the failed ones of them; `removed`
    are only in the base. `newly_skipped` and `newly_xfailed` are in both and were run or passed before.
    """

    regressions: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    new_failing: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    newly_skipped: tuple[str, ...] = ()
    newly_xfailed: tuple[str, ...] = ()


def compare(
    base: Sequence[Case], change: Sequence[Case], *, flaky: Iterable[str] = ()
) -> Difference:
    """The difference from the base. Cases known to be flaky are neither regressions nor fixed."""
    old = {one.name: one.status for one in base}
    new = {one.name: one.status for one in change}
    unsteady = frozenset(flaky)

    def names(before: Iterable[str | None], after: Iterable[str | None]) -> tuple[str, ...]:
        every = dict.fromkeys([*old, *new])
        return tuple(one for one in every if old.get(one) in before and new.get(one) in after)

    def steady(found: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one for one in found if one not in unsteady)

    known = ("passed", "failed", "skipped", "xfailed")
    return Difference(
        regressions=steady(names(["passed"], ["failed", None])),
        fixed=steady(names(["failed"], ["passed"])),
        failing=names(["failed"], ["failed"]),
        new=names([None], known),
        new_failing=names([None], ["failed"]),
        removed=names(known, [None]),
        newly_skipped=names(["passed", "failed", "xfailed"], ["skipped"]),
        newly_xfailed=names(["passed", "failed", "skipped"], ["xfailed"]),
    )


def flaky(runs: Sequence[Sequence[Case]]) -> tuple[str, ...]:
    """The cases that did not say the same in all repetitions on one tree; missing in one is different."""
    statuses = [{one.name: one.status for one in cases} for cases in runs]
    every = dict.fromkeys(name for cases in statuses for name in cases)
    return tuple(name for name in every if len({cases.get(name) for cases in statuses}) > 1)


# --- JSON ----------------------------------------------------------------------------------------

_LETTERS = {"passed": "p", "failed": "f", "skipped": "s", "xfailed": "x"}
_FIELDS = ("name", "status", "duration_s", "message")
_STATUSES = {letter: status for status, letter in _LETTERS.items()}


def dump_cases(cases: Iterable[Case]) -> str:
    """`[[name, letter, seconds, message], …]`: p passed, f failed, s skipped, x expected to fail."""
    rows = [
        [one.name, _LETTERS[one.status], round(one.duration_s, 4), one.message] for one in cases
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def load_cases(text: str) -> tuple[Case, ...]:
    """What `dump_cases` wrote. ValueError: it is not that."""
    try:
        return tuple(
            load(Case, dict(zip(_FIELDS, (name, _STATUSES[letter], *rest), strict=True)))
            for name, letter, *rest in json.loads(text)
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"these are not dumped cases: {error}") from None

"""Ranking the results of a race. Pure advice: it explains itself, hides nothing, and a person picks.

The order of evidence (each later one only where the earlier ones are equal):

1. the change applies on the target and is not empty;
2. required checks, with the change's own tests and, where it edits existing ones, with the base's too:
   fewer known bad, fewer unknown, fewer regressions against the base, fewer failures, more fixed;
3. the turn was finished;
4. agreement between results;
5. scope: fewer files outside of what most results touch;
6. lines changed, only where all that are still equal come from one agent: across agents the sign of
   this clue flips.

Evidence that is missing, running or outdated is unknown: better than known bad, never as good as passed.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from ropewalk.core.standing import Result, cell, is_bad, is_unknown

Order = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One result of a race and all that is known of it.

    `applies` None: not known. `outdated`: the evidence is of an earlier version than the change.
    `unfinished` says in words why the turn did not end by itself (empty: it did). `with_base_tests` holds
    the required checks' results with the base's tests where the change edits existing ones, else nothing.
    `agreement` is the mean line agreement with the others (0..1; None: not known), `same_as` and
    `agrees_with` are the aliases of identical and of nearly equal results.
    """

    alias: str
    agent: str
    applies: bool | None = None
    empty: bool = False
    outdated: bool = False
    unfinished: str = ""
    checks: tuple[Result, ...] = ()
    with_base_tests: tuple[Result, ...] = ()
    findings: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0
    paths: tuple[str, ...] = ()
    agreement: float | None = None
    same_as: tuple[str, ...] = ()
    agrees_with: tuple[str, ...] = ()
    cost_usd: float | None = None

    @property
    def required(self) -> tuple[Result, ...]:
        """All results that count: both runs of the required checks."""
        return tuple(one for one in (*self.checks, *self.with_base_tests) if one.required)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate with its place. Equal results share a rank; `why` is one line for a person.

    `cells` are the checks in the order given (`214 ✓`, `213 ✓ 1 ✗`, `running`), `base_cells` the same
    for the run with the base's tests. `outside` are its files that most results leave alone.
    """

    candidate: Candidate
    rank: int
    why: str
    cells: tuple[str, ...]
    base_cells: tuple[str, ...]
    regressions: tuple[str, ...]
    fixed: tuple[str, ...]
    outside: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """All candidates in order (equal ones by alias) and how sure that order is, in words."""

    rows: tuple[Ranked, ...]
    confidence: str


def rank(candidates: Sequence[Candidate]) -> Ranking:
    """The candidates in order. The order in which they are given does not matter."""
    outside = _outside(candidates)
    asked = _names((check.name for check in one.required) for one in candidates)
    keyed = sorted(
        ((_order(one, asked, outside[one.alias]), one) for one in candidates),
        key=lambda pair: (pair[0], _natural(pair[1].alias)),
    )
    rows: list[Ranked] = []
    for _, group in groupby(keyed, key=lambda pair: pair[0]):
        rows.extend(_places([one for _, one in group], len(rows), outside))
    return Ranking(rows=tuple(rows), confidence=_confidence(rows))


def passes(candidate: Candidate) -> bool:
    """Applies, is not empty, and every required check is known to pass without a regression."""
    return (
        candidate.applies is True
        and not candidate.empty
        and not candidate.outdated
        and bool(candidate.required)
        and all(one.standing == "passed" and not one.regressions for one in candidate.required)
    )


# --- order ---------------------------------------------------------------------------------------


def _order(candidate: Candidate, asked: Sequence[str], outside: Sequence[str]) -> Order:
    return (
        _presence(candidate),
        *_evidence(candidate, asked),
        bool(candidate.unfinished),
        -round(candidate.agreement or 0.0, 2),
        len(outside),
    )


def _presence(candidate: Candidate) -> int:
    if candidate.empty:
        return 3
    return {True: 0, None: 1, False: 2}[candidate.applies]


def _evidence(candidate: Candidate, asked: Sequence[str]) -> Order:
    """Bad, unknown, regressions, failures, fixed (negative). What others were asked counts as unknown."""
    results = candidate.required
    if candidate.outdated:
        return (0, max(1, len(results), len(asked)), 0, 0, 0)
    missing = len(set(asked) - {one.name for one in candidate.checks})
    return (
        sum(is_bad(one) for one in results),
        sum(is_unknown(one) for one in results) + missing,
        sum(len(one.regressions) for one in results),
        sum(one.failed for one in results),
        -len(_fixed(candidate)),
    )


def _fixed(candidate: Candidate) -> tuple[str, ...]:
    """Cases that failed on the base and pass now: with the base's tests, too, where a run with them is due."""
    again = {one.name: one.fixed for one in candidate.with_base_tests if one.required}
    return _names(
        [name for name in one.fixed if name in again.get(one.name, one.fixed)]
        for one in candidate.checks
        if one.required
    )


def _outside(candidates: Sequence[Candidate]) -> dict[str, tuple[str, ...]]:
    """For each alias its paths that at most half of the results with a change touch."""
    changed = [one for one in candidates if not one.empty]
    touched = Counter(path for one in changed for path in set(one.paths))
    return {
        one.alias: tuple(
            path for path in sorted(set(one.paths)) if touched[path] * 2 <= len(changed)
        )
        for one in candidates
    }


def _natural(alias: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdecimal() else (0, part) for part in alias.split("."))


def _places(
    group: Sequence[Candidate], before: int, outside: dict[str, tuple[str, ...]]
) -> list[Ranked]:
    """Rows of candidates that are equal so far: told apart by size if one agent made them all."""
    one_agent = len({one.agent for one in group}) == 1 and not group[0].empty
    sizes = {one.alias: one.added + one.removed if one_agent else 0 for one in group}
    ordered = sorted(group, key=lambda one: (sizes[one.alias], _natural(one.alias)))
    smaller = {size: sum(other < size for other in sizes.values()) for size in sizes.values()}
    return [
        _row(one, before + 1 + smaller[sizes[one.alias]], outside[one.alias]) for one in ordered
    ]


# --- words ---------------------------------------------------------------------------------------


def _row(candidate: Candidate, place: int, outside: tuple[str, ...]) -> Ranked:
    return Ranked(
        candidate=candidate,
        rank=place,
        why=_why(candidate, outside),
        cells=tuple(cell(one) for one in candidate.checks),
        base_cells=tuple(cell(one) for one in candidate.with_base_tests),
        regressions=_names(one.regressions for one in candidate.required),
        fixed=_fixed(candidate),
        outside=outside,
    )


def _why(candidate: Candidate, outside: tuple[str, ...]) -> str:
    words = [candidate.unfinished]
    if candidate.empty:
        return ", ".join([*filter(None, words), "no change"])
    if candidate.applies is False:
        words.append("does not apply on the target")
    elif candidate.applies is None:
        words.append("not known whether it applies")
    words.extend(_evidence_words(candidate))
    words.extend(_kin(candidate))
    if outside:
        words.append(f"{_count(len(outside), 'file')} that most leave alone")
    return ", ".join(filter(None, words))


def _evidence_words(candidate: Candidate) -> list[str]:
    required = candidate.required
    if not required:
        return ["no required check"]
    if candidate.outdated:
        return ["checks are of an earlier version"]
    broken = _names(one.regressions for one in required)
    words = [f"breaks {_some(broken)} (passed on the base)"] if broken else []
    words += _troubles(candidate.checks, "")
    words += _troubles(candidate.with_base_tests, " with the base's tests")
    if not words:
        words.append("all checks")
        if candidate.with_base_tests:
            words.append("with the base's tests too")
    return words + _fixed_words(candidate)


def _troubles(results: Iterable[Result], where: str) -> list[str]:
    told = {
        "failed": "{} fails{}",
        "timed-out": "{} hit its time limit{}",
        "not-run": "{} could not be run{}",
        "running": "{} is running{}",
    }
    return [
        told.get(one.standing, "{} has not run{}").format(one.name, where)
        for one in results
        if one.required
        and one.standing != "passed"
        and not (one.standing == "failed" and one.regressions)
    ]


def _fixed_words(candidate: Candidate) -> list[str]:
    fixed = _fixed(candidate)
    failing = max((one.base_failed for one in candidate.required), default=0)
    if not fixed:
        return []
    if len(fixed) >= failing:
        return ["fixes the failing one" if len(fixed) == 1 else f"fixes all {len(fixed)} failing"]
    return [f"fixes {len(fixed)} of {failing} failing"]


def _kin(candidate: Candidate) -> list[str]:
    same = f"same change as {_list(candidate.same_as)}" if candidate.same_as else ""
    near = [one for one in candidate.agrees_with if one not in candidate.same_as]
    return [one for one in (same, f"agrees with {_list(near)}" if near else "") if one]


def _confidence(rows: Sequence[Ranked]) -> str:
    changed = [one for one in rows if not one.candidate.empty]
    if not changed:
        return "nothing to choose from: no result changes anything"
    open_ones = [one.candidate.alias for one in changed if _is_open(one.candidate)]
    if open_ones:
        return f"evidence incomplete: {_list(open_ones)} not judged yet"
    if not any(one.candidate.required for one in changed):
        return "no required check: ordered by agreement and scope only"
    good = [one for one in changed if passes(one.candidate)]
    if not good:
        return "nothing passes"
    first = [one.candidate.alias for one in good if one.rank == good[0].rank]
    if len(good) == 1:
        return f"one stands out: {first[0]} is the only one that passes"
    if len(first) > 1:
        return f"{_list(first)} are alike"
    others = [one.candidate.alias for one in good[1:]]
    return f"{first[0]} leads; {_list(others)} {'passes' if len(others) == 1 else 'pass'} too"


def _is_open(candidate: Candidate) -> bool:
    """Not known to be bad, and something about it is not known."""
    if candidate.applies is False or any(is_bad(one) for one in candidate.required):
        return False
    unknown = any(is_unknown(one) for one in candidate.required)
    return candidate.outdated or candidate.applies is None or unknown


def _names(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in groups for name in group))


def _some(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""How one change stands against one check, compared with the base; and that in a few signs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ropewalk.core.cases import compare
from ropewalk.core.records import Case, Check
from ropewalk.core.state import Evidence

Standing = Literal["none", "wanted", "running", "passed", "failed", "timed-out", "not-run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One check's verdict on one tree.

    `regressions` are cases that passed on the base and fail or are gone now, `fixed` those that failed
    on the base and pass now, `base_failed` is how many failed on the base. Counts are 0 where the check
    cannot tell cases apart; the check's own name then stands for all of them.
    """

    name: str
    standing: Standing
    required: bool = True
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    regressions: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    base_failed: int = 0


def stand(
    check: Check,
    evidence: Evidence | None,
    base: Evidence | None,
    *,
    cases: Sequence[Case] = (),
    base_cases: Sequence[Case] = (),
) -> Result:
    """A tree's result against the base's, both as far as there is evidence; cases as their last runs told.

    Cases are compared only where both runs came to their end: what a run that was cut off did not reach
    is not gone. Cases that are flaky on the base are neither regressions nor fixed.
    """
    if evidence is None:
        return Result(name=check.name, standing="none", required=check.required)
    last = evidence.results[-1] if evidence.finished and evidence.results else None
    regressions, fixed = _changes(check, evidence, base, cases, base_cases)
    return Result(
        name=check.name,
        standing=evidence.standing,
        required=check.required,
        passed=last.passed if last else 0,
        failed=last.failed if last else 0,
        skipped=last.skipped if last else 0,
        regressions=regressions,
        fixed=fixed,
        base_failed=_base_failed(base),
    )


def _changes(
    check: Check,
    evidence: Evidence,
    base: Evidence | None,
    cases: Sequence[Case],
    base_cases: Sequence[Case],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    ended = ("passed", "failed")
    if base is None or evidence.standing not in ended or base.standing not in ended:
        return (), ()
    if cases and base_cases:
        flaky = base.results[-1].flaky if base.results else ()
        found = compare(base_cases, cases, flaky=flaky)
        return found.regressions, found.fixed
    whole = {("passed", "failed"): ((check.name,), ()), ("failed", "passed"): ((), (check.name,))}
    return whole.get((base.standing, evidence.standing), ((), ()))


def _base_failed(base: Evidence | None) -> int:
    if base is None or base.standing != "failed":
        return 0
    return max(1, base.results[-1].failed if base.results else 0)


def is_bad(result: Result) -> bool:
    """It is known that the check does not pass."""
    return result.standing in ("failed", "timed-out")


def is_unknown(result: Result) -> bool:
    """Nothing is known: not asked for, not started, running, or it could not be run."""
    return result.standing in ("none", "wanted", "running", "not-run")


def cell(result: Result) -> str:
    """What a table shows: `214 ✓`, `213 ✓ 1 ✗`, `✓` where cases are unknown, or a word."""
    words = {
        "none": "not run",
        "wanted": "waits",
        "running": "running",
        "not-run": "not run",
        "timed-out": "time limit",
    }
    if result.standing in words:
        return words[result.standing]
    good = f"{result.passed} ✓" if result.passed else ""
    bad = f"{result.failed} ✗" if result.failed else ""
    counts = " ".join(one for one in (good, bad) if one)
    if result.standing == "failed" and not result.failed:
        return f"{counts} ✗".strip()
    return counts or "✓"

"""How one change stands against one check, compared with the base; and that in a few signs."""

from dataclasses import dataclass
from typing import Literal

Standing = Literal["none", "wanted", "running", "passed", "failed", "timed-out", "not-run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One check's verdict on one tree.

    `regressions` are cases that passed on the base and fail or are gone now, `fixed` those that failed
    on the base and pass now, `base_failed` is how many failed on the base. Counts are 0 where the check
    cannot tell cases apart.
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

"""From the end of a check's run to its verdict. `core/keys.py` names evidence; this makes it."""

import re
import signal
from collections import Counter
from typing import NamedTuple

from ropewalk.core.cases import dump_cases
from ropewalk.core.events import CheckEnded, Standing
from ropewalk.core.payload import Payload
from ropewalk.core.records import Case, Check, Exit
from ropewalk.wire import gotest, junit

MAX_FAILURES = 200
MAX_WORDS = 200

_PYTEST_NOT_RUN = {
    3: "pytest had an internal error",
    4: "pytest could not start with these options or this conftest.py",
    5: "pytest found no tests",
}
_NO_PYTEST = re.compile(r"No module named pytest$", re.MULTILINE)
_CAUSES = {
    "output": "it wrote more output than its limit",
    "stopped": "it was stopped",
    "lost": "its run was lost",
}


class _Verdict(NamedTuple):
    standing: Standing
    reason: str = ""


def check_argv(check: Check, report_path: str) -> tuple[str, ...]:
    """The command with `{report}` filled in."""
    return tuple(part.replace("{report}", report_path) for part in check.argv)


def judge(
    check: Check,
    *,
    key: str,
    exit: Exit,
    report: bytes | None,
    output_tail: str,
    duration_s: float,
    root: str = "",
) -> CheckEnded:
    """What a check said, from how its run ended.

    `report` is the file's content for junit, the standard output for go-json, None if there is none.
    `root` is the directory in which it ran. Passed: exit status 0 and no failed case. Not-run: the check
    could not judge, which says nothing of the change. Never raises for what a check wrote.
    """
    cases, trouble = _cases(check, report, root)
    verdict = _verdict(check, exit, cases, output_tail)
    counts = Counter(one.status for one in cases or ())
    failures = [one.name for one in cases or () if one.status == "failed"]
    return CheckEnded(
        key=key,
        standing=verdict.standing,
        exit=exit,
        duration_s=duration_s,
        passed=counts["passed"],
        failed=counts["failed"],
        skipped=counts["skipped"] + counts["xfailed"],
        failures=tuple(failures[:MAX_FAILURES]),
        reason="; ".join(one for one in (verdict.reason, _told(verdict, trouble)) if one),
        cases=Payload.of(dump_cases(cases)) if cases else None,
        output=Payload.of(output_tail) if output_tail else None,
    )


def _told(verdict: _Verdict, trouble: str) -> str:
    judged = verdict.standing in ("passed", "failed")
    return f"{trouble}: judged by its exit status" if trouble and judged else ""


def _cases(check: Check, report: bytes | None, root: str) -> tuple[tuple[Case, ...] | None, str]:
    """The cases, or None and what is wrong (nothing, where no report was asked for)."""
    if check.report == "none":
        return None, ""
    if report is None:
        return None, "no report was written"
    try:
        if check.report == "junit":
            return junit.parse(report, root=root), ""
        return gotest.parse(report), ""
    except ValueError as error:
        return None, str(error)


def _verdict(check: Check, exit: Exit, cases: tuple[Case, ...] | None, output: str) -> _Verdict:
    if exit.cause == "deadline":
        return _Verdict("timed-out", f"it hit its time limit of {check.limit_s:g} s")
    if exit.cause in _CAUSES:
        return _Verdict("not-run", _CAUSES[exit.cause])
    if exit.code is None:
        return _Verdict("failed", f"it was ended by {_signal(exit.signal)}")
    if could_not := _could_not_run(check, exit.code, cases, output):
        return _Verdict("not-run", could_not)
    failed = any(one.status == "failed" for one in cases or ())
    if exit.code == 0:
        said = "it ended with exit status 0 although cases failed"
        return _Verdict("failed", said) if failed else _Verdict("passed")
    return _Verdict("failed", "" if failed else f"exit status {exit.code}")


def _could_not_run(check: Check, code: int, cases: tuple[Case, ...] | None, output: str) -> str:
    """Why the check could not judge; empty if it did."""
    if code in (126, 127):
        return f"{check.argv[0]} or what it starts could not be run{_last(output)}"
    if code == 0 and cases == ():
        return "it found no tests"
    if not _is_pytest(check):
        return ""
    if code == 0:
        # code under test can end the process early with status 0; pytest itself always reports
        missing = cases is None and check.report == "junit"
        return "pytest ended with status 0 and without its report" if missing else ""
    if not cases and _NO_PYTEST.search(output):
        return "pytest is not installed for the python that the check runs"
    if code in _PYTEST_NOT_RUN:
        return _PYTEST_NOT_RUN[code] + _last(output)
    # 2 is an interruption; errors while collecting are one too, and these are the change's
    interrupted = code == 2 and not any(one.status == "failed" for one in cases or ())
    return f"pytest was interrupted{_last(output)}" if interrupted else ""


def _is_pytest(check: Check) -> bool:
    return any(part.rpartition("/")[2] in ("pytest", "py.test") for part in check.argv)


def _last(output: str) -> str:
    """The last line of the output for a person's eye, with nothing that a terminal obeys."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    words = "".join(char for char in lines[-1] if char.isprintable()) if lines else ""
    return f" ({words[:MAX_WORDS]})" if words else ""


def _signal(number: int | None) -> str:
    try:
        return f"signal {number} ({signal.Signals(number or 0).name})"
    except ValueError:
        return "an unknown signal" if number is None else f"signal {number}"

import pytest

from ropewalk.core.events import CheckEnded
from ropewalk.core.records import Case, Check, Exit
from ropewalk.core.standing import Result, stand
from ropewalk.core.state import Evidence

CHECK = Check(name="pytest", argv=("pytest",))


def evidence(standing: str, *, passed: int = 0, failed: int = 0, flaky: tuple[str, ...] = ()):
    ended = CheckEnded(
        key="k",
        standing=standing if standing in ("passed", "failed", "timed-out") else "not-run",
        exit=Exit(code=0),
        duration_s=1,
        passed=passed,
        failed=failed,
        flaky=flaky,
    )
    return Evidence(
        key="k",
        project="p",
        task="t",
        check=CHECK,
        commit="c",
        tree="t",
        environment="e",
        standing=standing,
        results=() if standing in ("wanted", "running") else (ended,),
    )


def cases(**statuses: str) -> tuple[Case, ...]:
    return tuple(Case(name=name, status=status) for name, status in statuses.items())


BASE = cases(a="passed", b="failed")
SWAPPED = cases(a="failed", b="passed")


def test_without_evidence_nothing_is_known():
    assert stand(CHECK, None, evidence("passed")) == Result(name="pytest", standing="none")


def test_cases_are_compared_with_the_bases():
    found = stand(
        CHECK,
        evidence("failed", passed=1, failed=1),
        evidence("failed", passed=1, failed=1),
        cases=SWAPPED,
        base_cases=BASE,
    )
    assert found == Result(
        name="pytest",
        standing="failed",
        passed=1,
        failed=1,
        regressions=("a",),
        fixed=("b",),
        base_failed=1,
    )


def test_flaky_cases_of_the_base_do_not_count():
    base = evidence("failed", failed=1, flaky=("a", "b"))
    found = stand(CHECK, evidence("failed"), base, cases=SWAPPED, base_cases=BASE)
    assert (found.regressions, found.fixed) == ((), ())


@pytest.mark.parametrize("standing", ["wanted", "running", "timed-out", "not-run"])
def test_what_did_not_come_to_its_end_is_not_compared(standing: str):
    cut = stand(CHECK, evidence(standing), evidence("passed"), cases=SWAPPED, base_cases=BASE)
    assert (cut.standing, cut.regressions) == (standing, ())
    other = stand(CHECK, evidence("failed"), evidence(standing), cases=SWAPPED, base_cases=BASE)
    assert other.regressions == ()


def test_a_check_that_cannot_tell_cases_stands_for_all_of_them():
    broken = stand(CHECK, evidence("failed"), evidence("passed"))
    assert (broken.regressions, broken.base_failed) == (("pytest",), 0)
    mended = stand(CHECK, evidence("passed"), evidence("failed"))
    assert (mended.fixed, mended.base_failed) == (("pytest",), 1)
    assert stand(CHECK, evidence("passed"), evidence("passed")).fixed == ()


def test_without_a_base_nothing_is_compared():
    assert stand(CHECK, evidence("failed"), None, cases=SWAPPED).regressions == ()

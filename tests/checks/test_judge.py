from dataclasses import replace

import pytest

from ropewalk.checks.judge import Judge
from ropewalk.core.events import CheckEnded
from ropewalk.core.payload import Payload
from ropewalk.core.records import Check, Exit

CHECK = Check(name="unit", argv=("./unit", "--out={report}"), report="junit")


def report(**statuses: str) -> bytes:
    inner = {"failed": "<failure/>", "passed": "", "skipped": "<skipped/>"}
    cases = [f"<testcase name='{n}'>{inner[s]}</testcase>" for n, s in statuses.items()]
    return f"<testsuite>{''.join(cases)}</testsuite>".encode()


def end(code: int, content: bytes | None = None, before: CheckEnded | None = None) -> CheckEnded:
    return Judge().judge(
        key="k",
        check=CHECK,
        exit=Exit(code=code),
        report=content,
        output="",
        duration_s=1.0,
        before=before,
    )


def stored(ended: CheckEnded) -> CheckEnded:
    """A result as the store gives it back: without the texts."""
    return replace(ended, cases=Payload(None, digest="d", size=1)) if ended.cases else ended


def test_the_command_line():
    assert Judge().argv(CHECK, "r.xml") == ("./unit", "--out=r.xml")


@pytest.mark.parametrize("kept", [lambda ended: ended, stored])
def test_what_differs_between_repetitions_is_flaky(kept):
    first = end(1, report(a="failed", b="failed", c="passed"))
    second = end(1, report(a="passed", b="failed", c="passed"), before=kept(first))
    assert (first.flaky, second.flaky) == ((), ("a",))
    third = end(1, report(a="passed", b="failed", c="failed"), before=kept(second))
    assert third.flaky == ("a", "c")


def test_a_check_that_cannot_tell_cases_is_flaky_as_a_whole():
    assert end(0, before=end(1)).flaky == ("unit",)
    assert end(1, before=end(1)).flaky == ()


def test_a_repetition_that_could_not_run_says_nothing_of_flakiness():
    assert end(127, before=end(1, report(a="failed"))).flaky == ()

"""Verdicts, mostly of real runs of pytest and node."""

import subprocess
import sys
from pathlib import Path

import pytest

from ropewalk.checks.discover import discover
from ropewalk.checks.evidence import MAX_FAILURES, check_argv, judge
from ropewalk.core.cases import load_cases
from ropewalk.core.events import CheckEnded
from ropewalk.core.records import Check, Exit

JUNIT = Check(name="c", argv=("./c", "{report}"), report="junit", limit_s=60)
PLAIN = Check(name="c", argv=("./c",))
GO = Check(name="go", argv=("go", "test", "-json"), report="go-json")


def run(check: Check, where: Path, *more: str) -> CheckEnded:
    """What a real run of a check in a directory leads to."""
    report = where.parent / "report"
    argv = [*check_argv(check, str(report)), *more]
    argv[0] = {"python": sys.executable}.get(argv[0], argv[0])
    done = subprocess.run(
        argv,
        cwd=where,
        timeout=60,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    content = report.read_bytes() if report.exists() else None
    return judge(
        check,
        key="k",
        exit=Exit(code=done.returncode),
        report=content,
        output_tail=done.stdout,
        duration_s=1.5,
        root=str(where),
    )


def judged(
    check: Check = JUNIT, report: bytes | None = None, output: str = "", **exit: object
) -> CheckEnded:
    return judge(
        check, key="k", exit=Exit(**exit), report=report, output_tail=output, duration_s=2.0
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "work" / "tests").mkdir(parents=True)
    (tmp_path / "work" / "pytest.ini").write_text("[pytest]\n")
    return tmp_path / "work"


def found(project: Path) -> Check:
    paths = [one for one in project.rglob("*") if one.is_file()]
    files = {str(one.relative_to(project)): one.read_bytes() for one in paths}
    (check,) = discover(files.get, sorted(files))
    return check


# --- pytest --------------------------------------------------------------------------------------


def test_pytest_passes(project: Path):
    (project / "tests/test_a.py").write_text("def test_a(): pass\n")
    end = run(found(project), project)
    assert (end.standing, end.passed, end.failed, end.reason) == ("passed", 1, 0, "")
    assert (end.key, end.duration_s, end.exit) == ("k", 1.5, Exit(code=0))
    assert [one.name for one in load_cases(end.cases.text)] == ["tests/test_a.py::test_a"]
    assert "1 passed" in end.output.text
    assert not (project / ".pytest_cache").exists()


def test_pytest_fails(project: Path):
    text = "import pytest\ndef test_a(): assert 0\ndef test_b(): pytest.skip('x')\n"
    (project / "tests/test_a.py").write_text(text)
    end = run(found(project), project)
    assert (end.standing, end.passed, end.failed, end.skipped) == ("failed", 0, 1, 1)
    assert end.failures == ("tests/test_a.py::test_a",)


def test_a_module_that_cannot_be_imported_fails_and_hides_no_other(project: Path):
    (project / "tests/test_a.py").write_text("import nothing_of_that_name\n")
    (project / "tests/test_b.py").write_text("def test_b(): pass\n")
    end = run(found(project), project)
    assert (end.standing, end.passed, end.failures) == ("failed", 1, ("tests/test_a.py",))


def test_a_module_that_cannot_be_imported_fails_where_pytest_stops_at_it(project: Path):
    (project / "tests/test_a.py").write_text("import nothing_of_that_name\n")
    command = ("python", "-m", "pytest", "--junitxml={report}")
    end = run(Check(name="pytest", argv=command, report="junit"), project)
    assert (end.standing, end.exit.code, end.failed) == ("failed", 2, 1)


@pytest.mark.parametrize(
    ("text", "more", "reason"),
    [
        ("", (), "pytest found no tests"),
        ("", ("--no-such-option",), "pytest could not start with these options"),
        ("import os\nos._exit(3)\n", (), "pytest had an internal error"),
        ("raise KeyboardInterrupt\n", (), "pytest was interrupted"),
        ("import os\nos._exit(0)\n", (), "pytest ended with status 0 and without its report"),
    ],
)
def test_pytest_that_could_not_judge(project: Path, text: str, more: tuple[str, ...], reason: str):
    (project / "tests/test_a.py").write_text(text)
    end = run(found(project), project, *more)
    assert end.standing == "not-run"
    assert end.reason.startswith(reason)


def test_pytest_that_is_not_installed(project: Path):
    isolated = ("python", "-I", "-S", "-m", "pytest", "--junitxml={report}")
    end = run(Check(name="pytest", argv=isolated, report="junit"), project)
    assert (end.standing, end.reason) == (
        "not-run",
        "pytest is not installed for the python that the check runs",
    )


# --- node ----------------------------------------------------------------------------------------


def test_nodes_own_runner(tmp_path: Path):
    work = tmp_path / "work"
    work.mkdir()
    (work / "package.json").write_text('{"scripts": {"test": "node --test"}}')
    (work / "a.test.js").write_text(
        "const {test} = require('node:test');\n"
        "test('ok', () => {}); test('bad', () => { throw new Error('no') });\n"
    )
    end = run(found(work), work)
    assert (end.standing, end.passed, end.failed) == ("failed", 1, 1)
    assert [name.rpartition("::")[2] for name in end.failures] == ["bad"]
    assert "Error: no" in end.output.text


# --- verdicts ------------------------------------------------------------------------------------

ONE_FAILED = b"<testsuite><testcase name='a'/><testcase name='b'><failure/></testcase></testsuite>"
ONE_PASSED = b"<testsuite><testcase name='a'/></testsuite>"


@pytest.mark.parametrize(
    ("end", "standing", "reason"),
    [
        (judged(PLAIN, code=0), "passed", ""),
        (judged(PLAIN, code=1), "failed", "exit status 1"),
        (judged(PLAIN, code=None, signal=11), "failed", "it was ended by signal 11 (SIGSEGV)"),
        (judged(PLAIN, code=None, signal=99), "failed", "it was ended by signal 99"),
        (judged(PLAIN, code=None), "failed", "it was ended by an unknown signal"),
        (judged(PLAIN, code=None, cause="stopped"), "not-run", "it was stopped"),
        (judged(PLAIN, code=None, cause="lost"), "not-run", "its run was lost"),
        (
            judged(code=None, signal=9, cause="deadline"),
            "timed-out",
            "it hit its time limit of 60 s",
        ),
        (judged(PLAIN, code=126), "not-run", "./c or what it starts could not be run"),
        (
            judged(PLAIN, code=127, output="a\nsh: jest:\x1b[31m not found\n\n"),
            "not-run",
            "./c or what it starts could not be run (sh: jest:[31m not found)",
        ),
        (
            judged(code=0),
            "passed",
            "no report was written: judged by its exit status",
        ),
        (
            judged(code=1),
            "failed",
            "exit status 1; no report was written: judged by its exit status",
        ),
        (judged(code=0, report=ONE_PASSED), "passed", ""),
        (judged(code=1, report=ONE_PASSED), "failed", "exit status 1"),
        (judged(code=1, report=ONE_FAILED), "failed", ""),
        (
            judged(code=0, report=ONE_FAILED),
            "failed",
            "it ended with exit status 0 although cases failed",
        ),
        (judged(code=0, report=b"<testsuite/>"), "not-run", "it found no tests"),
        (judged(PLAIN, code=5), "failed", "exit status 5"),
    ],
)
def test_verdicts(end: CheckEnded, standing: str, reason: str):
    assert (end.standing, end.reason) == (standing, reason)


def test_a_broken_report_leaves_the_counts_unknown():
    end = judged(code=0, report=b"<testsuite>")
    assert (end.standing, end.passed, end.cases) == ("passed", 0, None)
    assert end.reason.startswith("the report is not well-formed XML")
    assert end.reason.endswith(": judged by its exit status")


def test_go_reports_on_its_output():
    output = b'{"Action":"fail","Package":"p","Test":"T"}\n{"Action":"fail","Package":"p"}\n'
    end = judged(GO, output, code=1)
    assert (end.standing, end.failures) == ("failed", ("p::T",))


def test_a_run_that_hit_its_limit_keeps_the_cases_it_told_of():
    output = (
        b'{"Action":"pass","Package":"p","Test":"T"}\n{"Action":"run","Package":"p","Test":"U"}\n'
    )
    end = judged(GO, output, code=None, signal=9, cause="deadline")
    assert (end.standing, end.passed, end.failures) == ("timed-out", 1, ("p::U",))


def test_failures_are_cut_and_counted():
    case = "<testcase name='a'><failure/></testcase>"
    end = judged(code=1, report=f"<testsuite>{case * 300}</testsuite>".encode())
    assert (end.failed, len(end.failures)) == (300, MAX_FAILURES)


def test_the_reports_path_is_filled_in_wherever_it_stands():
    check = Check(name="c", argv=("c", "--out={report}", "{report}", "{other}"))
    assert check_argv(check, "/r") == ("c", "--out=/r", "/r", "{other}")

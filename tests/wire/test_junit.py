import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.core.records import Case
from ropewalk.wire import junit
from ropewalk.wire.junit import parse


def statuses(report: str, **more: str) -> dict[str, str]:
    return {one.name: one.status for one in parse(report.encode(), **more)}


def suite(*cases: str) -> str:
    return f"<testsuites><testsuite name='s'>{''.join(cases)}</testsuite></testsuites>"


# --- the forms of real runners -------------------------------------------------------------------

PYTEST_FILE = """
import unittest
import pytest

def test_ok(): pass
def test_bad(): assert 1 == 2
@pytest.mark.skip(reason="later")
def test_skip(): pass
@pytest.mark.xfail
def test_xfail(): assert 0
@pytest.mark.xfail(strict=True)
def test_xpass(): pass
@pytest.mark.parametrize("x", ["a b", "<&>", object()])
def test_many(x): pass
@pytest.fixture
def sick():
    yield
    raise RuntimeError
def test_teardown(sick): pass
class TestCart:
    def test_in(self): pass
class Old(unittest.TestCase):
    def test_old(self):
        with self.subTest(n=1): pass
"""


@pytest.mark.parametrize("order", [[], ["tests/unit/test_cart.py"]])
def test_pytest(tmp_path: Path, order: list[str]):
    (tmp_path / "tests/unit").mkdir(parents=True)
    (tmp_path / "tests/unit/test_cart.py").write_text(PYTEST_FILE)
    (tmp_path / "tests/test_broken.py").write_text("import nothing_of_that_name\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    report = ["-o", "junit_family=xunit1", "--junitxml=r.xml", "--continue-on-collection-errors"]
    subprocess.run(
        [*command, *report, *order], cwd=tmp_path, timeout=60, capture_output=True, check=False
    )
    found = statuses((tmp_path / "r.xml").read_text(encoding="utf-8"))
    if not order:
        assert found.pop("tests/test_broken.py") == "failed"
    prefix = "tests/unit/test_cart.py::"
    assert found == {
        f"{prefix}test_ok": "passed",
        f"{prefix}test_bad": "failed",
        f"{prefix}test_skip": "skipped",
        f"{prefix}test_xfail": "xfailed",
        f"{prefix}test_xpass": "failed",
        f"{prefix}test_many[a b]": "passed",
        f"{prefix}test_many[<&>]": "passed",
        f"{prefix}test_many[x2]": "passed",
        f"{prefix}test_teardown": "failed",
        f"{prefix}TestCart::test_in": "passed",
        f"{prefix}Old::test_old": "passed",
    }


NODE_FILE = """
const {test, describe, it} = require('node:test');
test('plain', () => {});
test('bad', () => { throw new Error('no') });
test.skip('off', () => {});
describe('A', () => { it('x', () => {}); describe('inner', () => { it('y', () => {}) }) });
describe('B', () => { it('x', () => {}) });
"""


def test_nodes_own_runner(tmp_path: Path):
    (tmp_path / "a.test.js").write_text(NODE_FILE)
    done = subprocess.run(
        ["node", "--test", "--test-reporter=junit"],
        cwd=tmp_path,
        timeout=60,
        capture_output=True,
        check=False,
    )
    found = statuses(done.stdout.decode(), root=str(tmp_path))
    names = {name.removeprefix("a.test.js::"): status for name, status in found.items()}
    assert names == {
        "plain": "passed",
        "bad": "failed",
        "off": "skipped",
        "A::x": "passed",
        "A > inner::y": "passed",
        "B::x": "passed",
    }


def test_vitest():
    assert statuses("""<?xml version="1.0" encoding="UTF-8" ?>
        <testsuites name="vitest tests" tests="2" failures="1">
        <testsuite name="src/cart.test.ts" timestamp="2026-01-01" hostname="h" tests="2">
        <testcase classname="src/cart.test.ts" name="cart &gt; adds" time="0.0012"></testcase>
        <testcase classname="src/cart.test.ts" name="cart &gt; sums" time="0.01">
        <failure message="expected 1 to be 2" type="AssertionError">at x</failure></testcase>
        </testsuite></testsuites>""") == {
        "src/cart.test.ts::cart > adds": "passed",
        "src/cart.test.ts::cart > sums": "failed",
    }


def test_jest():
    assert statuses("""<testsuites name="jest tests" tests="2"><testsuite name="cart" errors="0">
        <testcase classname="cart adds" name="cart adds" time="0.003" file="src/cart.test.js"/>
        <testcase classname="cart later" name="cart later" time="0"><skipped/></testcase>
        </testsuite></testsuites>""") == {
        "src/cart.test.js::cart adds::cart adds": "passed",
        "cart later::cart later": "skipped",
    }


def test_cargo_nextest():
    assert statuses("""<testsuites name="nextest-run" uuid="1"><testsuite name="shop" tests="3">
        <testcase name="cart::adds" classname="shop" timestamp="t" time="0.004"/>
        <testcase name="cart::sums" classname="shop" time="0.1">
          <failure message="thread panicked" type="test failure">at src/lib.rs</failure>
          <system-out>running 1 test</system-out></testcase>
        <testcase name="cart::flaky" classname="shop" time="0.1">
          <flakyFailure type="test failure">first try</flakyFailure></testcase>
        </testsuite></testsuites>""") == {
        "shop::cart::adds": "passed",
        "shop::cart::sums": "failed",
        "shop::cart::flaky": "passed",
    }


def test_mavens_surefire():
    assert statuses("""<?xml version="1.0" encoding="ISO-8859-1"?>
        <testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="org.shop.CartTest">
        <properties><property name="java.version" value="21"/></properties>
        <testcase name="adds" classname="org.shop.CartTest" time="1,002.5"/>
        <testcase name="npe" classname="org.shop.CartTest" time="0"><error type="NPE"/></testcase>
        <testcase name="off" classname="org.shop.CartTest"><skipped message="x"/></testcase>
        </testsuite>""") == {
        "org.shop.CartTest::adds": "passed",
        "org.shop.CartTest::npe": "failed",
        "org.shop.CartTest::off": "skipped",
    }


# --- names, messages, times ----------------------------------------------------------------------


def test_a_case_has_time_and_message():
    report = suite(
        "<testcase classname='m' name='a' time='0.25'><failure message='1 == 2'>long</failure></testcase>",
        "<testcase classname='m' name='b' time='nan'><error>in\n text</error></testcase>",
    )
    assert parse(report.encode()) == (
        Case(name="m::a", status="failed", duration_s=0.25, message="1 == 2"),
        Case(name="m::b", status="failed", duration_s=0.0, message="in\n text"),
    )


def test_equal_names_are_numbered():
    assert list(statuses(suite(*["<testcase classname='m' name='a'/>"] * 3))) == [
        "m::a",
        "m::a #2",
        "m::a #3",
    ]


def test_a_numbered_name_never_hides_one_that_is_called_so():
    names = ["a", "a #2", "a"]
    report = suite(*(f"<testcase classname='m' name='{name}'/>" for name in names))
    assert len(statuses(report)) == 3


def test_names_are_the_same_in_every_workspace_and_run():
    case = "<testcase classname='test' name='at 0x{}' file='{}/sub/a.js'/>"
    one = statuses(suite(case.format("7f00deadbeef", "/w/1")), root="/w/1")
    other = statuses(suite(case.format("7fffffffffff", "/w/2")), root="/w/2/")
    assert one == other == {"sub/a.js::s::at 0x…": "passed"}
    assert list(statuses(suite(case.format("1", "/elsewhere")), root="/w/1")) == ["a.js::s::at 0x1"]


def test_a_failure_counts_beside_anything_else():
    inner = "<skipped/><failure message='f'/><error message='e'/>"
    report = suite(f"<testcase classname='m' name='a'>{inner}</testcase>")
    assert parse(report.encode()) == (Case(name="m::a", status="failed", message="f"),)


def test_a_report_without_cases_is_a_report():
    assert parse(b"<testsuites/>") == ()


# --- hostile -------------------------------------------------------------------------------------

LAUGHS = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY l2 "&lol;&lol;">]>
<testsuites><testcase name="&l2;"/></testsuites>"""


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (b"", "not well-formed"),
        (b"no xml", "not well-formed"),
        (b"<html/>", "not a JUnit report"),
        (b"<testsuites><testcase name='a'/>", "not well-formed"),
        (b"<testsuites>\xff\xfe</testsuites>", "not well-formed"),
        (b"<testsuites>&#0;</testsuites>", "not well-formed"),
        (b"<?xml version='1.0' encoding='nothing-known'?><testsuites/>", "not well-formed"),
        (LAUGHS.encode(), "document type"),
        (b"<!DOCTYPE testsuites SYSTEM 'file:///etc/passwd'><testsuites/>", "document type"),
        (b"<testsuites>" + b"<testsuite>" * 5000, "deeper"),
    ],
)
def test_what_is_refused(report: bytes, words: str):
    with pytest.raises(ValueError, match=words):
        parse(report)


def test_too_large():
    with pytest.raises(ValueError, match="larger than 64 MB"):
        parse(b" " * (junit.MAX_BYTES + 1))


def test_too_many_cases():
    report = suite("<testcase name='a'/>" * (junit.MAX_CASES + 1))
    with pytest.raises(ValueError, match="more than 200000 cases"):
        parse(report.encode())


def test_long_names_and_messages_are_cut():
    case = f"<testcase name='{'n' * 9999}'><failure>{'m ' * 99999}</failure></testcase>"
    (found,) = parse(suite(case).encode())
    assert (len(found.name), len(found.message)) == (junit.MAX_NAME, junit.MAX_MESSAGE)


@given(st.binary() | st.text().map(lambda text: suite(text).encode("utf-8", "replace")))
def test_nothing_but_value_error(report: bytes):
    try:
        parse(report)
    except ValueError:
        pass

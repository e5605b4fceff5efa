import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.core.records import Case
from ropewalk.wire import gotest
from ropewalk.wire.gotest import parse


def line(action: str, test: str = "", package: str = "shop/cart", **more: object) -> bytes:
    event = {"Time": "2026-01-01T00:00:00Z", "Action": action, "Package": package, **more}
    return json.dumps({**event, **({"Test": test} if test else {})}).encode() + b"\n"


def statuses(*lines: bytes) -> dict[str, str]:
    return {one.name: one.status for one in parse(b"".join(lines))}


def test_tests_subtests_and_skips():
    assert parse(
        b"".join(
            [
                line("start"),
                line("run", "TestSum"),
                line("output", "TestSum", Output="=== RUN   TestSum\n"),
                line("run", "TestSum/two"),
                line("output", "TestSum/two", Output="    sum_test.go:9: got 3\n"),
                line("fail", "TestSum/two", Elapsed=0.25),
                line("fail", "TestSum", Elapsed=0.5),
                line("run", "TestOff"),
                line("skip", "TestOff", Elapsed=0),
                line("run", "TestOk"),
                line("pause", "TestOk"),
                line("cont", "TestOk"),
                line("pass", "TestOk", Elapsed=0.125),
                line("output", Output="FAIL\n"),
                line("fail", Elapsed=1),
            ]
        )
    ) == (
        Case(
            name="shop/cart::TestSum",
            status="failed",
            duration_s=0.5,
            message="=== RUN   TestSum",
        ),
        Case(
            name="shop/cart::TestSum/two",
            status="failed",
            duration_s=0.25,
            message="sum_test.go:9: got 3",
        ),
        Case(name="shop/cart::TestOff", status="skipped"),
        Case(name="shop/cart::TestOk", status="passed", duration_s=0.125),
    )


def test_a_package_without_tests_is_no_case():
    assert parse(line("output", Output="? shop [no test files]\n") + line("skip")) == ()


def test_a_test_that_panics_and_never_ends_has_failed():
    found = statuses(
        line("run", "TestA"), line("output", "TestA", Output="panic: no\n"), line("fail")
    )
    assert found == {"shop/cart::TestA": "failed"}


def test_a_package_that_fails_by_itself_is_a_case():
    (case,) = parse(line("output", Output="TestMain: no database\n") + line("fail", Elapsed=0.1))
    assert (case.name, case.status, case.message) == (
        "shop/cart",
        "failed",
        "TestMain: no database",
    )


def test_a_build_failure_since_go_1_24():
    name = "shop/cart [shop/cart.test]"
    lines = [
        json.dumps({"ImportPath": name, "Action": "build-output", "Output": "cart.go:3: x\n"}),
        json.dumps({"ImportPath": name, "Action": "build-fail"}),
    ]
    report = ("\n".join(lines) + "\n").encode()
    end = line("output", Output="FAIL shop/cart [build failed]\n") + line(
        "fail", Elapsed=0, FailedBuild=name
    )
    (case,) = parse(report + end)
    assert (case.name, case.status) == ("shop/cart", "failed")
    assert case.message.startswith("cart.go:3: x")


def test_a_build_failure_before_go_1_24_is_told_in_plain_text():
    plain = b"# shop/cart\ncart.go:3: x\nFAIL\tshop/cart [build failed]\n"
    assert statuses(plain, line("pass", "TestB", package="shop/b")) == {
        "shop/cart": "failed",
        "shop/b::TestB": "passed",
    }


def test_odd_lines_are_skipped():
    odd = [
        b"go: downloading x v1\n",
        b'{"Action": broken\n',
        b"{" * 100_000 + b"\n",
        b'{"Action": 5, "Package": [], "Test": {}}\n',
        b'{"Action": "pass", "Package": "p", "Test": "T", "Elapsed": "long"}\n',
        b"\xff\xfe\n",
    ]
    assert statuses(*odd) == {"p::T": "passed"}


def test_halves_of_characters_are_made_text():
    (case,) = parse(b'{"Action":"fail","Package":"p","Test":"T","Output":"\\ud800"}\n')
    assert case.message == "?"


def test_a_line_too_long_is_skipped():
    long = line("fail", "TestLong", Output="x" * gotest.MAX_LINE)
    assert statuses(long, line("pass", "TestA")) == {"shop/cart::TestA": "passed"}


@pytest.mark.parametrize("output", [b"", b"no json\n", b"[]\n", b"{}\n", b'{"Action":"pass"}\n'])
def test_what_is_no_test_output_is_refused(output: bytes):
    with pytest.raises(ValueError, match="no line of the output"):
        parse(output)


def test_too_large_is_refused():
    with pytest.raises(ValueError, match="larger than 64 MB"):
        parse(b"\n" * (gotest.MAX_BYTES + 1))


@given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps).map(str.encode))
def test_nothing_but_value_error(output: bytes):
    try:
        parse(output)
    except ValueError:
        pass

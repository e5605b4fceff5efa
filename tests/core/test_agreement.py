import random
import time

import pytest

from ropewalk.core.agreement import Agreement, agreements, changed_lines

HEAD = "diff --git a/{0} b/{0}\nindex 1..2 100644\n--- a/{0}\n+++ b/{0}\n"


def diff(*added: str, path: str = "cart.py", at: int = 1) -> str:
    body = "".join(f"+{line}\n" for line in added)
    return f"{HEAD.format(path)}@@ -{at},0 +{at},{len(added)} @@\n{body}"


def test_identical_and_near_results_and_a_stranger():
    lines = [f"line {n}" for n in range(10)]
    found = agreements(
        {
            "7.1": diff(*lines),
            "7.2": diff(*lines),
            "7.3": diff(*lines[:9], "other"),
            "7.4": diff("strange"),
        }
    )
    assert found["7.1"] == Agreement(
        mean=pytest.approx((1 + 0.9 + 0) / 3), same_as=("7.2",), agrees_with=("7.2", "7.3")
    )
    assert found["7.3"].same_as == ()
    assert found["7.4"] == Agreement(mean=0.0)


def test_the_same_lines_elsewhere_agree_but_are_not_the_same_change():
    found = agreements({"a": diff("x"), "b": diff("x", at=9)})
    assert found["a"] == Agreement(mean=1.0, agrees_with=("b",))


def test_indentation_and_path_and_sign_make_a_line():
    removed = HEAD.format("cart.py") + "@@ -1 +0,0 @@\n-x\n"
    others = {"indent": diff(" x"), "path": diff("x", path="b.py"), "sign": removed}
    assert agreements({"a": diff("x"), **others})["a"].mean == 0


def test_repeated_lines_count_as_often_as_they_are_there():
    assert agreements({"a": diff("x", "x", "x"), "b": diff("x")})["a"].mean == 0.5


def test_nothing_agrees_with_an_empty_result_and_one_alone_has_no_mean():
    assert agreements({"a": diff("x"), "b": "", "c": ""}) == dict.fromkeys(
        "abc", Agreement(mean=None)
    )


def test_lines_that_look_like_headers_are_lines():
    text = HEAD.format("a") + "@@ -1,2 +1,3 @@\n context\n--- a/x\n+++ b/x\n+diff --git a b\n"
    assert set(changed_lines(text)) == {
        ("a/a b/a", "-", "-- a/x"),
        ("a/a b/a", "+", "++ b/x"),
        ("a/a b/a", "+", "diff --git a b"),
    }


def test_the_lines_of_several_files_and_hunks():
    one = HEAD.format("a") + "@@ -1,2 +1 @@\n x\n-y\n@@ -9 +8,0 @@\n-z\n"
    two = HEAD.format("b") + "@@ -1 +1 @@\n-y\n+z\n"
    assert set(changed_lines(one + two)) == {
        ("a/a b/a", "-", "y"),
        ("a/a b/a", "-", "z"),
        ("a/b b/b", "-", "y"),
        ("a/b b/b", "+", "z"),
    }


def test_missing_newlines_at_the_end_are_no_lines():
    text = HEAD.format("a") + "@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n"
    assert changed_lines(text).total() == 2


def test_a_change_without_lines_is_one_line():
    rename = "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n"
    binary = "diff --git a/x b/x\nindex 1..2\nBinary files a/x and b/x differ\n"
    assert changed_lines(rename).total() == 1
    assert changed_lines(binary).total() == 1


def test_a_hundred_results_of_two_thousand_lines_are_compared_in_seconds():
    source = random.Random(1)
    pool = [f"line {n}" for n in range(4000)]
    diffs = {f"1.{n}": diff(*source.sample(pool, 2000)) for n in range(100)}
    began = time.process_time()
    found = agreements(diffs)
    assert time.process_time() - began < 20
    assert found["1.0"].mean == pytest.approx(0.5, abs=0.05)

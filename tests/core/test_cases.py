import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.core.cases import Difference, compare, dump_cases, flaky, load_cases
from ropewalk.core.records import Case

LETTERS = {"p": "passed", "f": "failed", "s": "skipped", "x": "xfailed"}


def cases(**letters: str) -> tuple[Case, ...]:
    return tuple(Case(name=name, status=LETTERS[letter]) for name, letter in letters.items())


def test_every_kind_of_difference():
    base = cases(
        same="p", broken="p", gone="p", mended="f", still="f", skip="p", xfail="p", old="s"
    )
    change = cases(
        same="p", broken="f", mended="p", still="f", skip="s", xfail="x", fresh="p", sick="f"
    )
    assert compare(base, change) == Difference(
        regressions=("broken", "gone"),
        fixed=("mended",),
        failing=("still",),
        new=("fresh", "sick"),
        new_failing=("sick",),
        removed=("gone", "old"),
        newly_skipped=("skip",),
        newly_xfailed=("xfail",),
    )


def test_equal_runs_do_not_differ():
    assert compare(cases(a="p", b="s"), cases(a="p", b="s")) == Difference()


def test_what_is_flaky_is_neither_broken_nor_fixed():
    found = compare(cases(a="p", b="f"), cases(a="f", b="p"), flaky=("a", "b"))
    assert found == Difference()


def test_flaky_cases_differ_between_repetitions():
    assert flaky([cases(a="p", b="f", c="p"), cases(a="p", b="p")]) == ("b", "c")
    assert flaky([cases(a="f")]) == ()
    assert flaky([]) == ()


@given(
    st.lists(
        st.builds(
            Case,
            name=st.text(),
            status=st.sampled_from(sorted(LETTERS.values())),
            duration_s=st.integers(0, 9).map(float),
            message=st.text(),
        )
    )
)
def test_cases_come_back_from_json(given_ones: list[Case]):
    assert load_cases(dump_cases(given_ones)) == tuple(given_ones)


@pytest.mark.parametrize(
    "text", ["", "{}x", "5", "[1]", '[["a","q",0,""]]', '[["a","p"]]', '[["a","p","x",""]]', "[[]]"]
)
def test_what_is_not_dumped_cases_is_a_value_error(text: str):
    with pytest.raises(ValueError, match=r"."):
        load_cases(text)

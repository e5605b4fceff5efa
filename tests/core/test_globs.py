import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.core.globs import among, matches


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        (
            "**/test_*.py",
            ["test_a.py", "a/b/test_c.py"],
            ["a/xtest_c.py", "test_a.pyc", "test_a/b.py"],
        ),
        ("tests/**", ["tests/a", "tests/a/b.py"], ["tests", "a/tests/b"]),
        ("*.ini", ["pytest.ini"], ["a/pytest.ini"]),
        ("tests/**/*.py", ["tests/a.py", "tests/b/c.py"], ["tests/a.txt", "mytests/a.py"]),
        ("a?.[x]", ["ab.[x]"], ["a/.[x]", "ab.x"]),
    ],
)
def test_globs(glob: str, yes: list[str], no: list[str]):
    assert [path for path in yes + no if matches(path, (glob,))] == yes


def test_a_newline_in_a_name_is_a_character_like_others():
    assert matches("tests/a\nb.py", ("tests/**",))
    assert not matches("test.py\n", ("test.py",))


PARTS = st.lists(
    st.sampled_from(["a", "b.c", "**", "*", "*.c", "a**b", "?", "ab", "\n"]), min_size=1
)
PATHS = st.lists(st.sampled_from(["a", "b", "b.c", "ab", "axb", "\n"]), min_size=1, max_size=4)


@given(st.lists(PARTS.map("/".join), max_size=4), st.lists(PATHS.map("/".join), max_size=6))
def test_among_many_the_same_match(globs: list[str], paths: list[str]):
    assert among(paths, globs) == [path for path in paths if matches(path, globs)]

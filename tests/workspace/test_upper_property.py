"""Whatever is done to the files, an overlay's tree is the one that git records of a checkout."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workspace.overlay import Edit
from tests.workspace.twins import Ground, Twins, kinds

FILES: dict[str, str | bytes] = {
    ".gitattributes": "*.txt text=auto\n*.id ident\n",
    ".gitignore": "*.log\nbuild/\n!keep.log\n",
    "a.txt": "a\n",
    "crlf.txt": b"was\r\nthere\r\n",
    "gone": "not in the base\n",
    "d/b.txt": "b\n",
    "d/e/c": "c\n",
    "d/e/kept.log": "tracked and ignored\n",
    "build/made": "tracked and ignored\n",
    "x.id": "$Id$\n",
}
EARLIER: list[Edit] = [
    ("delete", "gone"),
    ("write", "d/new", "of the second layer\n"),
    ("append", "a.txt", "more\n"),
    ("move", "d/e", "f/e"),
    ("symlink", "link", "d"),
]
NAMES = (
    *("a.txt", "A.txt", "crlf.txt", "b.log", "keep.log", "x.id", "link", "link/x"),
    *(
        "build",
        "build/made",
        "build/x",
        "d",
        "d/b.txt",
        "d/new",
        "f",
        "f/e",
        "f/e/c",
        "f/e/kept.log",
    ),
    *("d/n/m/o.txt", "d/.gitignore", "d/.gitattributes", ".gitignore", ".gitattributes"),
    *("\udcff", "new\nline", ":(top)x", "*", "d/n", "é"),
)
CONTENTS = (
    *("x\n", "x\r\ny\r\n", "\0bin\r\n", "", "$Id: some $\n"),
    *("*.txt\na\n", "!*.log\n", "*\n!*/\n!*.txt\n", "/d/\n", "n/\n", "* text\n", "*.txt -text\n"),
    *("* eol=crlf\n", "* ident\n", "* filter=evil working-tree-encoding=UTF-16\n"),
)
names = st.sampled_from(NAMES)
contents = st.sampled_from(CONTENTS)
one_edit = st.one_of(
    st.tuples(st.sampled_from(("write", "append")), names, contents),
    st.tuples(st.sampled_from(("delete", "mkdir", "touch")), names),
    st.tuples(st.just("mode"), names, st.sampled_from(("644", "755", "600"))),
    st.tuples(st.sampled_from(("symlink", "link", "rename", "move")), names, names),
    st.tuples(
        st.just("write"),
        st.sampled_from([one for one in NAMES if ".git" in one]),
        contents,
    ),
)
edits = st.lists(one_edit, max_size=10)


@pytest.fixture(name="ground", params=kinds(), scope="module")
def _ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    with tempfile.TemporaryDirectory(prefix="ropewalk-test-") as folder:
        yield Ground(Path(folder), FILES, trusted=request.param, earlier=EARLIER)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=edits, second=edits)
def test_a_tree_is_what_git_records(ground: Ground, first: list[Edit], second: list[Edit]) -> None:
    with tempfile.TemporaryDirectory(prefix="ropewalk-test-") as folder:
        twins = Twins(Path(folder), ground)
        twins.edit(first)
        tree, left_out = twins.taken()
        assert (tree, left_out) == (twins.expected(), ())
        twins.edit(second)
        last = twins.commit(tree)
        tree, left_out = twins.taken(last)
        assert (tree, left_out) == (twins.expected(last), ())

"""An overlay workspace read without a mount: one file of it, and what changed."""

import os
from pathlib import Path

import pytest

from ropewalk.workspace.changes import changed
from ropewalk.workspace.layers import read_file
from tests.workspace.overlay import Edit, Overlay
from tests.workspace.twins import Ground, Twins, kinds

FILES: dict[str, str | bytes] = {
    "a": "a\n",
    "d/b": "b\n",
    "d/e/c": "c\n",
    "d/e/x": "x\n",
    "f/g": "g\n",
    "same": "same\n",
    "run": "run\n",
}
EARLIER: list[Edit] = [
    *(("write", "a", "of the second layer\n"), ("delete", "f"), ("write", "f/h", "h\n")),
    *(("symlink", "link", "a"), ("write", "gone", "x")),
]


@pytest.fixture(name="ground", params=kinds(), scope="module")
def _ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    home = tmp_path_factory.mktemp("ground")
    for above in (home.parent, home.parent.parent):
        above.chmod(0o755)
    return Ground(home, FILES, trusted=request.param, earlier=EARLIER)


@pytest.fixture(name="twins")
def _twins(ground: Ground, tmp_path: Path) -> Twins:
    return Twins(tmp_path, ground)


def read(overlay: Overlay, path: str, limit: int = 100) -> bytes | None:
    return read_file(overlay.layers, overlay.upper, path, limit, prefix=overlay.prefix)


def seen(overlay: Overlay, most: int = 1000) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, what in changed(overlay.layers, overlay.upper, prefix=overlay.prefix, most=most):
        found.setdefault(what, []).append(path)
    return {what: sorted(paths) for what, paths in found.items()}


def test_every_file_reads_as_in_the_checkout(twins: Twins) -> None:
    edits: list[Edit] = [
        *(("write", "n/m", "new\n"), ("append", "d/b", "more\n"), ("delete", "d/e/c")),
        *(("delete", "gone"), ("move", "f", "q"), ("write", "run/inner", "x")),
    ]
    twins.edit(edits)
    names = {
        os.path.relpath(Path(folder, name), twins.plain)
        for folder, _, files in os.walk(twins.plain)
        for name in files
        if ".git" not in Path(folder).parts and name != "link"
    }
    assert {"q/h", "run/inner", "d/e/x", "a"} <= names
    for name in names:
        assert read(twins.overlay, name) == (twins.plain / name).read_bytes(), name
    for name in ("d/e/c", "gone", "f/h", "f/g", "q/g", "run", "d", "link", "absent/x", "a/b"):
        assert read(twins.overlay, name) is None, name


def test_a_replaced_directory_hides_what_was_there(twins: Twins) -> None:
    twins.overlay.edit([("delete", "d"), ("write", "d/new", "x"), ("write", "d/e/new", "y")])
    assert [read(twins.overlay, name) for name in ("f/h", "f/g")] == [b"h\n", None]
    assert [read(twins.overlay, name) for name in ("d/new", "d/e/new")] == [b"x", b"y"]
    assert [read(twins.overlay, name) for name in ("d/b", "d/e/c")] == [None, None]


def test_only_regular_files_that_are_small_and_no_link_on_the_way(twins: Twins) -> None:
    script = "mkfifo pipe; ln -s /etc etc; ln -s /etc/passwd passwd; rm -r d; ln -s /etc d"
    twins.overlay.edit(
        [("shell", ".", script), ("write", "big", "x" * 101), ("write", "fits", "x" * 100)]
    )
    for name in (
        "pipe",
        "etc/passwd",
        "passwd",
        "d/passwd",
        "d/b",
        "big",
        "",
        "/a",
        "../a",
        "f/../a",
        "a\0",
    ):
        assert read(twins.overlay, name) is None, name
    assert read(twins.overlay, "fits") == b"x" * 100
    assert read(twins.overlay, "a", limit=3) is None


def test_changes_are_those_of_content(twins: Twins) -> None:
    twins.overlay.edit(
        [
            *(("touch", "a"), ("touch", "d/b"), ("link", "same", "same2"), ("mode", "run", "755")),
            *(("append", "d/e/x", "more"), ("delete", "d/e/c"), ("write", "n/m/o", "")),
            *(("mkdir", "empty"), ("symlink", "link", "d"), ("delete", "gone"), ("delete", "f")),
        ]
    )
    assert seen(twins.overlay) == {
        "added": ["n/m/o", "same2"],
        "deleted": ["d/e/c", "f/", "gone"],
        "modified": ["d/e/x", "link", "run"],
    }
    assert len(changed(twins.layers, twins.overlay.upper, prefix=twins.overlay.prefix, most=2)) == 2


def test_changes_of_a_kind(twins: Twins) -> None:
    twins.overlay.edit(
        [
            *(
                ("delete", "d"),
                ("write", "d/b", "b\n"),
                ("write", "d/new", ""),
                ("write", "a/x", "x"),
            ),
            *(("write", "f", "a file"), ("write", ".git/HEAD", "x"), ("write", "w/.git/HEAD", "x")),
            ("write", "\udcff", ""),
        ]
    )
    assert seen(twins.overlay) == {
        "added": ["a/x", "d/new", "f", "\udcff"],
        "deleted": ["a", "d/e/", "f/"],
    }


def test_nothing_changed(twins: Twins) -> None:
    twins.overlay.edit(
        [("write", "n", "x"), ("delete", "n"), ("delete", "d/b"), ("write", "d/b", "b\n")]
    )
    assert seen(twins.overlay) == {}

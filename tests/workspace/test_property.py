"""A snapshot's tree is what `git add --all` gives in a clean clone, whatever was done to the files."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ropewalk.git.repository import GitRepository
from ropewalk.ports import Order
from ropewalk.testing.repositories import make_repository, plain_git
from ropewalk.workspace.ladder import workspaces

FILES: dict[str, str | bytes] = {
    ".gitattributes": "* text=auto\n",
    ".gitignore": "*.log\nbuild/\n",
    "a": "a\n",
    "d/b": "b\n",
    "kept.log": "was never tracked\n",
}
NAMES = ("a", "b.log", "build/x", "d", "d/b", "e/f/g", "é", ".gitignore")
CONTENTS = (b"x\n", b"x\r\ny\r\n", b"\0bin\r\n", b"", b"*.txt\na\n")
Edit = tuple[str, str, str, bytes]
edits = st.lists(
    st.tuples(
        st.sampled_from(("write", "delete", "rename", "mode", "link")),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.sampled_from(CONTENTS),
    ),
    max_size=6,
)


def clear(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


def room(root: Path, path: Path) -> None:
    for one in [root / part for part in reversed(path.relative_to(root).parents)][1:]:
        if one.is_symlink() or one.is_file():
            one.unlink()
    clear(path)
    path.parent.mkdir(parents=True, exist_ok=True)


def edit(root: Path, what: str, name: str, other: str, content: bytes) -> None:
    path, target = root / name, root / other
    if what == "write":
        room(root, path)
        path.write_bytes(content)
    elif what == "delete":
        clear(path)
    elif what == "link":
        room(root, path)
        path.symlink_to(other)
    elif what == "mode" and path.is_file() and not path.is_symlink():
        path.chmod(0o755)
    elif what == "rename" and path.is_file() and not other.startswith(f"{name}/"):
        held = path.read_bytes()
        clear(path)
        room(root, target)
        target.write_bytes(held)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits, edits)
def test_a_snapshot_is_what_git_records(first: list[Edit], second: list[Edit]) -> None:
    with tempfile.TemporaryDirectory(prefix="ropewalk-test-") as folder:
        home = Path(folder)
        base = make_repository(home / "repo", FILES)
        GitRepository(home / "rw").take(
            project="p", source=str(home / "repo"), commit=base, ref="refs/ropewalk/base"
        )
        clones = workspaces(home / "rw", wanted="clone")
        place = asyncio.run(clones.prepare(Order(id="w", project="p", base=base, branch="b")))
        plain_git(home, "clone", "--quiet", "--no-local", os.fspath(home / "repo"), "clean")
        parent = base
        for steps in (first, second):
            for step in steps:
                edit(Path(place.path), *step)
                edit(home / "clean", *step)
            seen = asyncio.run(
                clones.snapshot(
                    id="w",
                    project="p",
                    base=base,
                    parent=parent,
                    ref="refs/ropewalk/w",
                    message="m",
                )
            )
            parent = seen.commit
            plain_git(home / "clean", "add", "--all")
            assert seen.tree == plain_git(home / "clean", "write-tree")
            assert seen.left_out == ()

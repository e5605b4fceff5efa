"""Whether a ref holds the files of a workspace, and what is in no version: before anything goes for good."""

import os
import stat
from pathlib import Path

from ropewalk.git.process import git, line, message_bytes
from ropewalk.git.stores import has_commit
from ropewalk.git.upkeep import writing
from ropewalk.ports import Contents
from ropewalk.workspace.engine import Engine
from ropewalk.workspace.places import Mark
from ropewalk.workspace.sizes import walk

MESSAGE = "the files of a workspace that was removed"


def examine(id: str, folder: Path, mark: Mark, engine: Engine, own: Path) -> Contents:
    """What a workspace holds that its store does not. Nothing is changed. Outside: it cannot be read."""
    return _examine(id, folder, mark, engine, own, hold=False)


def hold(id: str, folder: Path, mark: Mark, engine: Engine, own: Path) -> Contents:
    """The same, and all its files but the ignored ones are held by a ref afterwards."""
    with writing(own):
        return _examine(id, folder, mark, engine, own, hold=True)


def _examine(
    id: str, folder: Path, mark: Mark, engine: Engine, own: Path, *, hold: bool
) -> Contents:
    newest = _newest(mark, own)
    tree, left_out = engine.write_tree(folder, mark, own, newest)
    held = tree in _held(own)
    ref = ""
    if hold and not held:
        made = git(
            *("commit-tree", tree, "-p", newest, "-F", "-"),
            git_dir=own,
            input=message_bytes(MESSAGE),
        )
        ref = f"refs/ropewalk/attempts/{id}/left-{tree[:16]}"
        git("update-ref", ref, line(made), git_dir=own)
    files, size, largest = _ignored(folder, own, tree)
    return Contents(
        held=held or bool(ref),
        ref=ref,
        ignored=files,
        ignored_bytes=size,
        largest=largest[1],
        largest_bytes=largest[0],
        left_out=left_out,
    )


def _newest(mark: Mark, own: Path) -> str:
    """The commit that was made of the workspace last; its base, if that is not known."""
    last = mark.get("last", "")
    return last if last and has_commit(own, last) else mark["base"]


def _held(own: Path) -> set[str]:
    """The trees of all commits that a ref of ours names."""
    return set(git("for-each-ref", "--format=%(tree)", git_dir=own).decode().split())


def _ignored(folder: Path, own: Path, tree: str) -> tuple[int, int, tuple[int, str]]:
    """The files that are in no version: how many, their bytes, and the largest."""
    listed = git("ls-tree", "-r", "-z", "--name-only", tree, git_dir=own)
    known = set(listed.split(b"\0"))
    upper = folder / "upper"
    files = size = 0
    largest = (0, "")
    for path, about in walk(upper if upper.is_dir() else folder / "tree", leave_out=b".git"):
        if stat.S_ISREG(about.st_mode) and path not in known:
            files += 1
            size += about.st_size
            largest = max(largest, (about.st_size, os.fsdecode(path)))
    return files, size, largest

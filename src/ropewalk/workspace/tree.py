"""The tree of a workspace's files: what `git add --all` would record, with nothing of the workspace obeyed.

The index is private and the git directory the store's. The index never holds a gitlink while git looks at
files: for one of those git would run itself inside of the nested repository, with that one's configuration.
"""

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ropewalk.git.process import GitFailed, git, line
from ropewalk.workspace.hazards import clear

TRIES = 2
NULL = b"0" * 40
NAMED_AT_MOST = 100
DEPTH = 5
LARGEST = 512 * 1024 * 1024
"""Bytes of a file that goes into a version; git would compress a sparse one for hours."""


@dataclass(frozen=True, slots=True)
class Files:
    """A directory of files, the index for it, and the store that takes the objects."""

    own: Path
    tree: Path
    index: Path

    def git(
        self, *arguments: str, input: bytes | None = None, accept: tuple[int, ...] = (0,)
    ) -> bytes:
        """Git on these files."""
        extra = {"GIT_INDEX_FILE": str(self.index), "GIT_WORK_TREE": str(self.tree)}
        return git(*arguments, git_dir=self.own, extra=extra, input=input, accept=accept)


def write_tree(own: Path, tree: Path, index: Path, base: str) -> tuple[str, tuple[str, ...]]:
    """The tree id, and what could not be put into it. Submodules of `base` stay as they are there.

    A nested repository's files count as files of the workspace. Outside: git would not come back.
    """
    clear(tree)
    files = Files(own, tree, index)
    submodules = _gitlinks(git("ls-tree", "-r", "-z", base, git_dir=own))
    left_out = _add(files, DEPTH)
    _keep_submodules(files, submodules)
    made = line(files.git("write-tree"))
    _drop(files, list(submodules))
    return made, tuple(os.fsdecode(one) for one in left_out[:NAMED_AT_MOST])


def ignored(own: Path, tree: Path, index: Path) -> list[bytes]:
    """The files that git ignores; a directory of which it ignores all, by its name with a slash at the end."""
    clear(tree)
    files = Files(own, tree, index)
    _drop(files, list(_gitlinks(files.git("ls-files", "--stage", "-z"))))
    return _listed(files, "--others", "--ignored", "--exclude-standard", "--directory")


def _add(files: Files, depth: int) -> list[bytes]:
    """Put all files into the index; the paths that could not be."""
    _drop(files, list(_gitlinks(files.git("ls-files", "--stage", "-z"))))
    _add_all(files)
    left_out: list[bytes] = []
    links = list(_gitlinks(files.git("ls-files", "--stage", "-z")))
    _drop(files, links)
    others = _listed(files, "--others", "--exclude-standard")
    for path in {*links, *(one.rstrip(b"/") for one in others if one.endswith(b"/"))}:
        left_out += _add_nested(files, path, depth)
    return left_out + _changed(files)


def _add_all(files: Files) -> None:
    large = _large(files)
    taken = b"".join(one + b"\0" for one in [b".", *(b":(exclude,literal)" + x for x in large)])
    options = ("--all", "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul")
    for _ in range(TRIES):
        with suppress(GitFailed):
            files.git("add", *options, input=taken, accept=(0, 1))
            return
    changed = [one for one in _changed(files) if one not in large]
    _add_each(files, changed)


def _large(files: Files) -> set[bytes]:
    """The changed files that are too large for a version."""
    found: set[bytes] = set()
    for path in _changed(files):
        with suppress(OSError):
            about = (files.tree / os.fsdecode(path)).lstat()
            if about.st_size > LARGEST and stat.S_ISREG(about.st_mode):
                found.add(path)
    return found


def _changed(files: Files) -> list[bytes]:
    """Changed and new files, no directories."""
    listed = _listed(files, "--modified", "--others", "--exclude-standard")
    return [one for one in dict.fromkeys(listed) if not one.endswith(b"/")]


def _add_each(files: Files, paths: list[bytes]) -> None:
    """Put in what can be: a file that vanishes while git reads it must not keep the others out."""
    try:
        info = b"".join(one + b"\0" for one in paths)
        files.git("update-index", "--add", "--remove", "--replace", "-z", "--stdin", input=info)
    except GitFailed as failed:
        if "No space left" in failed.words or "quota exceeded" in failed.words:
            raise
        if len(paths) > 1:
            half = len(paths) // 2
            _add_each(files, paths[:half])
            _add_each(files, paths[half:])


def _add_nested(files: Files, path: bytes, depth: int) -> list[bytes]:
    """The files of a nested repository, as files of the workspace."""
    inner = files.tree / os.fsdecode(path)
    if not depth or inner.is_symlink() or not inner.is_dir():
        return [path]
    with tempfile.TemporaryDirectory(prefix="ropewalk-index-") as folder:
        nested = Files(files.own, inner, Path(folder, "index"))
        left_out = _add(nested, depth - 1)
        entries = nested.git("ls-files", "--stage", "-z").split(b"\0")[:-1]
    moved = [one.replace(b"\t", b"\t" + path + b"/", 1) for one in entries]
    _enter(files, moved)
    return [path + b"/" + one for one in left_out]


def _keep_submodules(files: Files, submodules: dict[bytes, bytes]) -> None:
    """What the base has as a submodule stays one, as long as its directory is there."""
    kept = [path for path in submodules if (files.tree / os.fsdecode(path)).is_dir()]
    below = [
        b"0 " + NULL + b"\t" + name
        for name in _listed(files, "--cached")
        if any(name.startswith(path + b"/") for path in kept)
    ]
    _enter(files, below)
    _enter(files, [b"160000 " + submodules[path] + b"\t" + path for path in kept])


def _drop(files: Files, paths: list[bytes]) -> None:
    _enter(files, [b"0 " + NULL + b"\t" + path for path in paths])


def _enter(files: Files, entries: list[bytes]) -> None:
    if entries:
        info = b"".join(one + b"\0" for one in entries)
        files.git("update-index", "-z", "--index-info", input=info)


def _listed(files: Files, *options: str) -> list[bytes]:
    return files.git("ls-files", *options, "-z").split(b"\0")[:-1]


def _gitlinks(listing: bytes) -> dict[bytes, bytes]:
    """Path → commit of the gitlinks in the output of ls-tree or ls-files --stage."""
    rows = [one.split(b"\t", 1) for one in listing.split(b"\0") if one.startswith(b"160000 ")]
    return {path: next(one for one in head.split() if len(one) == 40) for head, path in rows}

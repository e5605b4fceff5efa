"""The stock of trees that workspaces are copied from: the files of a commit and a small git directory, each once.

`bases/files-KEY/tree`. It is `filling` until it is whole and then `ready`; one that is not ready is made anew. It
never changes afterwards, and no workspace needs it once it is copied.
"""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ropewalk.git.process import git
from ropewalk.git.stores import base_store, has_commit
from ropewalk.workspace.copier import Copier
from ropewalk.workspace.inner import make_git_dir
from ropewalk.workspace.leaving import away, finish
from ropewalk.workspace.places import MARK, Mark, Places, new_folder, read_mark, write_mark
from ropewalk.workspace.removing import remove


class Stock:
    """The trees of a host that one copier can copy."""

    def __init__(self, places: Places, copier: Copier) -> None:
        """Directories are made on first use."""
        self._places = places
        self._copier = copier
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def key(self, project: str, commit: str) -> str:
        """The name of a tree."""
        words = "\0".join((project, commit, self._copier.name))
        return "files-" + hashlib.sha256(words.encode()).hexdigest()[:32]

    def tree(self, project: str, commit: str) -> Path:
        """A tree to copy from, made if there is none; whoever asks for the same one waits for the first."""
        key = self.key(project, commit)
        folder = self._places.bases / key
        with self._alone(key):
            if not (folder / MARK).is_file() or read_mark(folder)["state"] != "ready":
                self._remove(folder)
                self._make(folder, project, commit)
        os.utime(folder)  # the time of its last use
        return folder / "tree"

    def _make(self, folder: Path, project: str, commit: str) -> None:
        mark: Mark = {
            "project": project,
            "commit": commit,
            "setup": "",
            "below": "",
            "engine": self._copier.name,
            "private": not has_commit(base_store(self._places.home, project), commit),
            "state": "filling",
        }
        fresh = new_folder(self._places.bases)
        write_mark(fresh, mark)
        fresh.rename(folder)
        try:
            self._fill(folder / "tree", project, commit)
        except BaseException:
            self._remove(folder)
            raise
        write_mark(folder, {**mark, "state": "ready"})

    def _remove(self, folder: Path) -> None:
        if (folder / MARK).is_file():
            finish(away(folder, self._places.trash))
        remove(folder)

    def _fill(self, tree: Path, project: str, commit: str) -> None:
        self._copier.room(tree)
        inner = tree / ".git"
        make_git_dir(inner, self._places.home, project, commit=commit, branch="")
        extra = {"GIT_WORK_TREE": str(tree)}
        git("read-tree", "--reset", "-u", commit, git_dir=inner, extra=extra)

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            yield

"""Workspaces as private clones: objects shared from the project's base store, everything else their own.

Works everywhere. `tree/` is where the agent works, at a path of its own; `index` is ours, outside of its reach.
"""

import shutil
from pathlib import Path

from ropewalk.core.errors import Outside
from ropewalk.git.brought import put
from ropewalk.git.process import git
from ropewalk.ports import BroughtBack, Order
from ropewalk.workspace.engine import Plan
from ropewalk.workspace.inner import make_git_dir
from ropewalk.workspace.places import Mark
from ropewalk.workspace.reading import read_beneath
from ropewalk.workspace.tree import write_tree


class Clones:
    """The engine `clone`."""

    name = "clone"
    shared = False

    def __init__(self, home: Path) -> None:
        """`home` is where the stores are."""
        self._home = home

    def fill(self, folder: Path, order: Order) -> Mark:
        """See `Engine.fill`: as much work as the repository has files."""
        tree = folder / "tree"
        tree.mkdir()
        inner = tree / ".git"
        make_git_dir(inner, self._home, order.project, commit=order.base, branch=order.branch)
        extra = {"GIT_WORK_TREE": str(tree)}
        git("read-tree", "--reset", "-u", order.base, git_dir=inner, extra=extra)
        shutil.copyfile(inner / "index", folder / "index")
        put(self._home, order.brought, order.project, order.base, tree)
        return {}

    def path(self, folder: Path, mark: Mark) -> Path:
        """See `Engine.path`."""
        return folder / "tree"

    def plan(self, folder: Path, mark: Mark) -> Plan | None:
        """See `Engine.plan`: none."""
        return None

    def write_tree(
        self, folder: Path, mark: Mark, own: Path, tracked: str
    ) -> tuple[str, tuple[str, ...]]:
        """See `Engine.write_tree`. The private index remembers what is tracked."""
        return write_tree(own, self._tree(folder), folder / "index", mark["base"])

    def replace(self, folder: Path, mark: Mark, own: Path, old: str, new: str) -> None:
        """See `Engine.replace`."""
        extra = {
            "GIT_INDEX_FILE": str(folder / "index"),
            "GIT_WORK_TREE": str(self._tree(folder)),
        }
        git("read-tree", "--reset", "-u", new, git_dir=own, extra=extra)

    def keep(self, folder: Path, own: Path, name: str) -> bool:
        """See `Engine.keep`: it would cost as much as they are large."""
        return False

    def bring_back(self, folder: Path, own: Path, name: str, saved: str) -> BroughtBack:
        """See `Engine.bring_back`: nothing is kept."""
        return ""

    def read(self, folder: Path, mark: Mark, path: str, limit: int) -> bytes | None:
        """See `Engine.read`."""
        return read_beneath(folder / "tree", path, limit)

    def _tree(self, folder: Path) -> Path:
        """The directory of the files. Outside: an agent put something else in its place."""
        tree = folder / "tree"
        if tree.is_symlink() or not tree.is_dir():
            raise Outside(
                f"The directory of workspace {folder.name} is not there any more.",
                hint="Its versions are kept: ropewalk show names them.",
            )
        return tree

"""Workspaces as copies that share blocks with the stock's tree of their commit: btrfs, reflink, clonefile.

As with private clones, `tree/` is where the agent works, at a path of its own, and `index` is ours. Only how the
files get there differs: git writes those of a commit once, and each workspace gets them from the file system.
"""

import os
import shutil
from pathlib import Path

from ropewalk.ports import BroughtBack, Order
from ropewalk.workspace.clones import Clones
from ropewalk.workspace.copier import Copier
from ropewalk.workspace.ignored import Ignored
from ropewalk.workspace.index import fitted
from ropewalk.workspace.inner import stand_on
from ropewalk.workspace.places import Mark, Places
from ropewalk.workspace.stock import Stock

KEEPING = ("btrfs", "reflink")
"""Those that can also copy what is no workspace: single files."""


class Copies(Clones):
    """The engine of a copier, and named like it."""

    def __init__(self, places: Places, copier: Copier) -> None:
        """Makes nothing."""
        super().__init__(places.home)
        self.name = copier.name
        self._copier = copier
        self._stock = Stock(places, copier)
        self._ignored = Ignored(copier) if copier.name in KEEPING else None

    def fill(self, folder: Path, order: Order) -> Mark:
        """See `Engine.fill`: a copy of the tree, with an index that fits it."""
        source, tree = self._stock.tree(order.project, order.base), folder / "tree"
        self._copier.copy(source, tree)
        inner = tree / ".git"
        stand_on(inner, commit=order.base, branch=order.branch)
        if self._copier.exact:
            os.utime(inner / "index")  # younger than the files: git need not look into them
        else:
            index = fitted((inner / "index").read_bytes(), source, tree)
            (inner / "index").write_bytes(index)
        shutil.copyfile(inner / "index", folder / "index")
        return {}

    def keep(self, folder: Path, own: Path, name: str) -> bool:
        """See `Engine.keep`."""
        self._tree(folder)
        return self._ignored is not None and self._ignored.keep(folder, own, name)

    def bring_back(self, folder: Path, own: Path, name: str, saved: str) -> BroughtBack:
        """See `Engine.bring_back`."""
        if self._ignored is None:
            return ""
        self._tree(folder)
        return self._ignored.bring_back(folder, own, name, saved)

"""Workspaces as copies that share blocks with the stock's tree of their commit: btrfs, reflink, clonefile.

As with private clones, `tree/` is where the agent works, at a path of its own, and `index` is ours. Only how the
files get there differs: git writes those of a commit once, and each workspace gets them from the file system.
"""

import os
import shutil
from pathlib import Path

from ropewalk.workspace.clones import Clones
from ropewalk.workspace.copier import Copier
from ropewalk.workspace.engine import Order
from ropewalk.workspace.index import fitted
from ropewalk.workspace.inner import stand_on
from ropewalk.workspace.places import Mark, Places
from ropewalk.workspace.stock import Stock


class Copies(Clones):
    """The engine of a copier, and named like it."""

    def __init__(self, places: Places, copier: Copier) -> None:
        """Makes nothing."""
        super().__init__(places.home)
        self.name = copier.name
        self._copier = copier
        self._stock = Stock(places, copier)

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

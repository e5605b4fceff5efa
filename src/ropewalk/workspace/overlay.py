"""Workspaces as kernel overlays: a layer of changes on an immutable base, made in the time of two directories.

`upper/` takes the changes, `work/` is the kernel's own, `lock` says that the upper layer is mounted. There is a mount
only while something runs in the workspace, and only the runs see it, all at the same path. We read the layers
themselves. (Linux' Documentation/filesystems/overlayfs.rst describes whiteouts and opaque directories.)
"""

import json
import os
import sys
from pathlib import Path

from ropewalk.core.errors import Outside
from ropewalk.git.process import git
from ropewalk.ports import BroughtBack, Order
from ropewalk.workspace.bases import Bases
from ropewalk.workspace.engine import Entering, Plan
from ropewalk.workspace.inner import stand_on
from ropewalk.workspace.inside import SCRIPT, run_inside
from ropewalk.workspace.layers import attributes_here, read_file
from ropewalk.workspace.noticing import point_at
from ropewalk.workspace.places import Mark, Places
from ropewalk.workspace.upper import write_tree

NULL = "0" * 40
SUBMODULE = "160000"


class Overlays:
    """The engine `overlay`."""

    name = "overlay"
    shared = True

    def __init__(self, places: Places, bases: Bases, entering: Entering) -> None:
        """`entering` leads to mounts that runs have made."""
        self._places = places
        self._bases = bases
        self._entering = entering

    def fill(self, folder: Path, order: Order) -> Mark:
        """See `Engine.fill`: the same work whatever the size of the repository."""
        base = self._bases.ready(order.project, order.base, order.setup, order.brought)
        upper = folder / "upper"
        upper.mkdir(mode=0o755)
        (folder / "work").mkdir(mode=0o755)
        stand_on(upper / ".git", commit=order.base, branch=order.branch)
        point_at(upper / ".git", self._places.live / order.id / "upper")
        self._places.at(order.project)
        return {"layers": base, "attributes": attributes_here()}

    def path(self, folder: Path, mark: Mark) -> Path:
        """See `Engine.path`: the same one for all workspaces of a project."""
        return self._places.at(mark["project"])

    def plan(self, folder: Path, mark: Mark) -> Plan | None:
        """See `Engine.plan`. Outside: root made the workspace and somebody else would mount it, or the reverse."""
        if _attributes(mark) != attributes_here():
            raise Outside(
                "This workspace was made by root and would be mounted by somebody else, or the reverse.",
                hint="Its versions are kept: ropewalk show names them.",
            )
        return {
            "at": str(self.path(folder, mark)),
            "lower": [str(one) for one in self._layers(mark)],
            "upper": str(folder / "upper"),
            "work": str(folder / "work"),
            "lock": str(folder / "lock"),
        }

    def write_tree(
        self, folder: Path, mark: Mark, own: Path, tracked: str
    ) -> tuple[str, tuple[str, ...]]:
        """See `Engine.write_tree`: in the time of the change, with or without a mount."""
        return write_tree(
            own,
            layers=self._layers(mark),
            upper=folder / "upper",
            base=mark["base"],
            tracked=tracked,
            prefix=_attributes(mark),
        )

    def replace(self, folder: Path, mark: Mark, own: Path, old: str, new: str) -> None:
        """See `Engine.replace`: only what differs is written, by a process inside of the mount."""
        orders = _orders(own, old, new)
        plan = self.plan(folder, mark)
        if not orders or plan is None:
            return
        argv = [sys.executable, "-I", "-S", SCRIPT, "files"]
        with self._entering(folder.name) as held:
            run_inside(plan, held, argv, environment=dict(os.environ), input=orders)

    def keep(self, folder: Path, own: Path, name: str) -> bool:
        """See `Engine.keep`: a layer cannot be copied without copying."""
        return False

    def bring_back(self, folder: Path, own: Path, name: str, saved: str) -> BroughtBack:
        """See `Engine.bring_back`: nothing is kept."""
        return ""

    def read(self, folder: Path, mark: Mark, path: str, limit: int) -> bytes | None:
        """See `Engine.read`: from the layers."""
        layers = self._layers(mark)
        return read_file(layers, folder / "upper", path, limit, prefix=_attributes(mark))

    def _layers(self, mark: Mark) -> list[Path]:
        return self._bases.layers(mark["layers"])


def _attributes(mark: Mark) -> str:
    """The prefix of the attributes in the upper layer of a workspace."""
    return mark.get("attributes", attributes_here())


def _orders(own: Path, old: str, new: str) -> bytes:
    """What makes the files of one tree those of another, as `runner/files.py` reads it: removals first."""
    out = git("diff-tree", "-r", "-z", "--no-renames", old, new, git_dir=own).split(b"\0")
    removed, put = [], []
    for about, path in zip(out[::2], out[1::2], strict=False):
        _, mode, _, blob, _ = about.decode().split(" ")
        if SUBMODULE in about.decode()[:14]:
            continue
        if blob == NULL:
            removed.append(_order(path, 0, b""))
        else:
            data = git("cat-file", "blob", blob, git_dir=own)
            put.append(_order(path, int(mode, 8), data))
    return b"".join([*removed, *put])


def _order(path: bytes, mode: int, data: bytes) -> bytes:
    head = {"path": os.fsdecode(path), "mode": mode, "len": len(data)}
    return json.dumps(head).encode() + b"\n" + data

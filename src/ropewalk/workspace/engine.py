"""What an engine does: it makes a workspace's files in some way, and knows how to read and change them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from ropewalk.ports import BroughtBack, Order
from ropewalk.workspace.places import Mark

Plan = dict[str, object]
"""How a workspace is mounted: see `runner/mounts.py`."""

Entering = Callable[[str], AbstractContextManager[dict[str, int] | None]]
"""Nobody else enters or leaves a workspace (by its id) meanwhile; the descriptors of its mount, if there is one."""


class Engine(Protocol):
    """One way to make workspaces. `folder` is a workspace's directory, `mark` what it was marked with."""

    name: str
    shared: bool
    """Whether a workspace appears at the same path in every attempt, and its set-up is the base's."""

    def fill(self, folder: Path, order: Order) -> Mark:
        """Make the files of a new workspace; what its mark should remember."""
        ...

    def path(self, folder: Path, mark: Mark) -> Path:
        """Where its runs find it."""
        ...

    def plan(self, folder: Path, mark: Mark) -> Plan | None:
        """How it is mounted; None: it needs no mount."""
        ...

    def write_tree(
        self, folder: Path, mark: Mark, own: Path, tracked: str
    ) -> tuple[str, tuple[str, ...]]:
        """The tree of its files in a store, and what could not be put into it."""
        ...

    def replace(self, folder: Path, mark: Mark, own: Path, old: str, new: str) -> None:
        """Make its files, whose tree is `old`, those of the tree `new`."""
        ...

    def keep(self, folder: Path, own: Path, name: str) -> bool:
        """Keep its ignored files as they are under a name. False: it cannot."""
        ...

    def bring_back(self, folder: Path, own: Path, name: str, saved: str) -> BroughtBack:
        """Make the ignored files those kept under a name, if those that are there are kept as `saved`."""
        ...

    def read(self, folder: Path, mark: Mark, path: str, limit: int) -> bytes | None:
        """A regular file, never through a link; None if it is not there."""
        ...

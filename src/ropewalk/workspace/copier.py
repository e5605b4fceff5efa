"""What a copier does: it makes a copy of a whole directory that shares the disk's blocks with the first one."""

from pathlib import Path
from typing import Protocol


class Copier(Protocol):
    """One way in which a file system copies without copying."""

    name: str
    """Of the engine that uses it."""
    exact: bool
    """Whether a copy's files have the inodes and times of the first ones."""

    def room(self, path: Path) -> None:
        """Make an empty directory that can be copied. OSError: not here."""
        ...

    def copy(self, source: Path, made: Path) -> None:
        """Copy a directory made by `room` to a path that is not there yet. OSError: not here."""
        ...

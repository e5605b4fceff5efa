"""Which directories of a machine belong to the system, and which are too wide to be shown."""

import os
from dataclasses import dataclass

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt")
"""What every box shows."""

STORES = ("/nix", "/gnu", "/snap")
"""Whole trees of programs, readable by everybody; shown as one where something is used of them."""

WIDE = (
    "/",
    "/home",
    "/root",
    "/tmp",  # noqa: S108
    "/var",
    "/var/tmp",  # noqa: S108
    "/srv",
    "/mnt",
    "/media",
    "/run",
    "/dev",
    "/proc",
    "/sys",
)
BELOW_HOME = (
    ".config",
    ".local",
    ".local/share",
    ".local/state",
    ".cache",
    "Library",
    "Documents",
    "Desktop",
)
"""Directories that hold everything at once. Their content is shown only by name."""


def below(path: str, folder: str) -> bool:
    """Whether a path is a folder, or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


@dataclass(frozen=True, slots=True)
class House:
    """A person's home, and the directories that are nobody's business (`private`), as they are on this machine."""

    home: str
    private: tuple[str, ...] = ()

    def at(self, name: str) -> str:
        """A path below the home."""
        return f"{self.home.rstrip('/')}/{name}"

    def system(self, path: str) -> bool:
        """Whether every box shows it, or the kernel makes it."""
        return any(below(path, one) for one in (*SYSTEM, "/dev", "/proc", "/sys"))

    def wide(self, folder: str) -> bool:
        """Whether a directory holds too much to be shown: the home, what is around it, what all share."""
        if folder in WIDE or any(folder == self.at(one) for one in BELOW_HOME):
            return True
        return any(
            below(one, folder) for one in (self.home, os.path.realpath(self.home), *self.private)
        )

    def locked(self, path: str) -> bool:
        """Whether it lies in what is nobody's business."""
        return any(below(path, one) for one in self.private)

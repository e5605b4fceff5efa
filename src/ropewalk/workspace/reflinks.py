"""Copies whose files share their blocks (XFS with reflink, btrfs, bcachefs, …): one call for each file.

The call is FICLONE of Linux' include/uapi/linux/fs.h: `_IOW(0x94, 9, int)`.
"""

import os
import stat
import sys
from pathlib import Path

if sys.platform == "linux":
    import fcntl

FICLONE = 0x40049409
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Reflinks:
    """The copier `reflink`."""

    name = "reflink"
    exact = False

    def room(self, path: Path) -> None:
        """See `Copier.room`."""
        path.mkdir(mode=0o755)

    def copy(self, source: Path, made: Path) -> None:
        """See `Copier.copy`: regular files, links and directories, with their modes and times."""
        self.room(made)
        waiting = [(os.fsencode(source), os.fsencode(made))]
        while waiting:
            here, there = waiting.pop()
            with os.scandir(here) as entries:
                for one in entries:
                    target = there + b"/" + one.name
                    _copy(one, target)
                    if one.is_dir(follow_symlinks=False):
                        waiting.append((one.path, target))


def _copy(one: os.DirEntry[bytes], target: bytes) -> None:
    about = one.stat(follow_symlinks=False)
    if stat.S_ISDIR(about.st_mode):
        os.mkdir(target, stat.S_IMODE(about.st_mode))  # noqa: PTH102 - bytes
    elif stat.S_ISLNK(about.st_mode):
        os.symlink(os.readlink(one.path), target)  # noqa: PTH115, PTH211 - bytes
        os.utime(target, ns=(about.st_atime_ns, about.st_mtime_ns), follow_symlinks=False)
    elif stat.S_ISREG(about.st_mode):
        _clone(one.path, target, about)


def _clone(source: bytes, target: bytes, about: os.stat_result) -> None:
    first = os.open(source, _READ)
    try:
        share(first, target, None, about)
    finally:
        os.close(first)


def share(first: int, target: bytes, folder: int | None, about: os.stat_result) -> None:
    """Make a file, in an open directory if one is given, with the content of an open one. OSError: not here."""
    if sys.platform != "linux":
        raise OSError(38, "only Linux has FICLONE")
    made = os.open(target, _NEW, stat.S_IMODE(about.st_mode), dir_fd=folder)
    try:
        fcntl.ioctl(made, FICLONE, first)
        os.utime(made, ns=(about.st_atime_ns, about.st_mtime_ns))
    finally:
        os.close(made)

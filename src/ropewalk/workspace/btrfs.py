"""Copies as btrfs snapshots: the time of one, whatever the number of files.

The calls and their structures are those of Linux' include/uapi/linux/btrfs.h: `btrfs_ioctl_vol_args` is a signed
64-bit descriptor and a name of 4088 bytes, `btrfs_ioctl_vol_args_v2` a descriptor, a transaction, flags, four
unused words and a name of 4040 bytes. A user may make and snapshot subvolumes of their own; and may remove an
empty one by rmdir(2), a full one only where the file system was mounted with `user_subvol_rm_allowed`.
"""

import os
import struct
import sys
from pathlib import Path

if sys.platform == "linux":
    import fcntl

SUBVOL_CREATE = 0x5000940E
"""_IOW(0x94, 14, struct btrfs_ioctl_vol_args)"""
SNAP_DESTROY = 0x5000940F
"""_IOW(0x94, 15, struct btrfs_ioctl_vol_args)"""
SNAP_CREATE_V2 = 0x50009417
"""_IOW(0x94, 23, struct btrfs_ioctl_vol_args_v2)"""
TOP = 256
"""The inode of the top directory of every subvolume."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Snapshots:
    """The copier `btrfs`."""

    name = "btrfs"
    exact = True

    def room(self, path: Path) -> None:
        """See `Copier.room`: a subvolume."""
        _ask(path, SUBVOL_CREATE, named(path.name))

    def copy(self, source: Path, made: Path) -> None:
        """See `Copier.copy`: a snapshot."""
        first = os.open(source, _FOLDER)
        try:
            _ask(made, SNAP_CREATE_V2, snapshot_of(first, made.name))
        finally:
            os.close(first)


def named(name: str) -> bytearray:
    """`struct btrfs_ioctl_vol_args` with a name in it."""
    return bytearray(struct.pack("=q4088s", 0, _whole(name, 4087)))


def snapshot_of(source: int, name: str) -> bytearray:
    """`struct btrfs_ioctl_vol_args_v2` for a writable snapshot of an open subvolume."""
    return bytearray(struct.pack("=qQQ4Q4040s", source, 0, 0, 0, 0, 0, 0, _whole(name, 4039)))


def destroy(name: str, folder: int) -> None:
    """Remove a subvolume in an open directory with all it holds. OSError: it is none, or not allowed."""
    _call(folder, SNAP_DESTROY, named(name))


def _whole(name: str, most: int) -> bytes:
    raw = os.fsencode(name)
    if len(raw) > most:
        raise OSError(36, "the name is too long")
    return raw


def _ask(path: Path, order: int, about: bytearray) -> None:
    folder = os.open(path.parent, _FOLDER)
    try:
        _call(folder, order, about)
    finally:
        os.close(folder)


def _call(folder: int, order: int, about: bytearray) -> None:
    if sys.platform != "linux":
        raise OSError(38, "only Linux has btrfs")
    fcntl.ioctl(folder, order, about)

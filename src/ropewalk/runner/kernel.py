"""System calls that libc has no function for, by number; Linux from 5.12 on, x86_64 and aarch64.

Numbers from 424 on are the same everywhere. (Linux' arch/x86/entry/syscalls/syscall_64.tbl and
include/uapi/asm-generic/unistd.h.)
"""

from __future__ import annotations

import ctypes
import functools
import os
import struct

from ropewalk.runner import linux

NEW_IPC, NEW_UTS, NEW_NET, NEW_CGROUP = 0x08000000, 0x04000000, 0x40000000, 0x02000000
READ_ONLY, NO_SUID, NO_DEVICES, NO_PROGRAMS = 1, 2, 4, 8
_ID_MAPPED = 0x00100000
_AT_FDCWD, _EMPTY_PATH, _RECURSIVE, _CLONE = -100, 0x1000, 0x8000, 1
_FROM_FD, _TO_FD = 0x04, 0x40
_OPENAT2, _IN_ROOT, _NO_MAGIC = 437, 0x10, 0x02
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_MS_PRIVATE, _MS_REC, _DETACH = 0x40000, 0x4000, 2


class _Attributes(ctypes.Structure):
    """`struct mount_attr` of mount_setattr(2)."""

    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("namespace", ctypes.c_uint64),
    )


@functools.cache
def machine() -> str:
    """The architecture as the kernel names it."""
    return os.uname().machine


def clone_tree(path: str | int, *, whole: bool = True) -> int:
    """A copy of the mount at a path, or of an open directory, that is attached nowhere yet; its descriptor.

    `whole`: with all that is mounted below. OSError: there is nothing, or it is not allowed.
    """
    flags = _CLONE | os.O_CLOEXEC | (_RECURSIVE if whole else 0)
    if isinstance(path, int):
        return call(_OPEN_TREE, path, b"", flags | _EMPTY_PATH)
    return call(_OPEN_TREE, _AT_FDCWD, os.fsencode(path), flags)


def limit_tree(tree: int, flags: int, *, owner: int = -1, whole: bool = True) -> None:
    """Set what a mount, and all below it (`whole`), may not do.

    `owner`: a user namespace that maps who owns the files. OSError: the file system knows no such maps.
    """
    wanted = _Attributes(flags | (_ID_MAPPED if owner >= 0 else 0), 0, 0, max(owner, 0))
    how = _EMPTY_PATH | (_RECURSIVE if whole else 0)
    call(_MOUNT_SETATTR, tree, b"", how, ctypes.byref(wanted), ctypes.sizeof(wanted))


def open_inside(root: int, path: str, flags: int) -> int:
    """Open what a path names where a directory is the root; links lead nowhere else. OSError."""
    how = struct.pack("QQQ", flags | os.O_CLOEXEC, 0, _IN_ROOT | _NO_MAGIC)
    return call(_OPENAT2, root, os.fsencode(path), how, len(how))


def attach_tree(tree: int, at: str | int) -> None:
    """Mount a copy at a path, or on an open file or directory."""
    if isinstance(at, int):
        call(_MOVE_MOUNT, tree, b"", at, b"", _FROM_FD | _TO_FD)
    else:
        call(_MOVE_MOUNT, tree, b"", _AT_FDCWD, os.fsencode(at), _FROM_FD)


def isolate_mounts() -> None:
    """In a new mount namespace: nothing of it is seen elsewhere, and nothing elsewhere is seen here."""
    linux.libc("mount", b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None)


def change_root(folder: str) -> None:
    """Make a mounted directory the root; what was there before is gone."""
    os.chdir(folder)
    call(_PIVOT_ROOT[machine()], b".", b".")
    linux.libc("umount2", b".", _DETACH)
    os.chdir("/")


def call(number: int, *arguments: object) -> int:
    """A system call; what it returns. OSError: what it refuses."""
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return linux.libc("syscall", ctypes.c_long(number), *words)

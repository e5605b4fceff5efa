"""Giving up what a process may do, for good: capabilities, root's user, and whatever a program could win back.

Root's runs become a user of their own, whom the machine does not know. In the files that are theirs, it stands for
root: see `owner_map`.
"""

from __future__ import annotations

import ctypes
import functools
import os
import struct

from ropewalk.runner import linux

OWNER = 64321
"""The user and group that root's runs have."""
_SET_SECUREBITS, _DROP_BOUND, _NO_NEW, _AMBIENT, _CLEAR_ALL = 28, 24, 38, 47, 4
_KEEP_ON_CHANGE, _RAISE = 4, 2
_FILES = (0, 1, 2, 3, 4)
"""CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID."""
_VERSION_3 = 0x20080522
_MOST = 64


@functools.cache
def owner_map() -> int:
    """A user namespace that shows root's files on disk as ours, for mounts; its descriptor. OSError: not allowed.

    One serves all runs; all other numbers stay what they are, except that no file is shown as root's.
    """
    began, begin = os.pipe()
    ended, end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            linux.unshare(linux.NEW_USER)
            os.write(begin, b".")
            os.close(end)
            os.read(ended, 1)
        finally:
            os._exit(0)
    try:
        os.close(begin)
        os.close(ended)
        if not os.read(began, 1):
            raise OSError(1, "user namespaces are not allowed here")
        for name in ("uid_map", "gid_map"):
            _write(f"/proc/{child}/{name}", _lines())
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(began)
        os.close(end)
        os.waitpid(child, 0)


def _lines() -> bytes:
    after = OWNER + 1
    return f"0 {OWNER} 1\n1 1 {OWNER - 1}\n{after} {after} {(1 << 32) - 1 - after}\n".encode()


def _write(path: str, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)


class AsOwner:
    """For a moment, what this process of root's makes belongs to `OWNER`; it keeps its capabilities."""

    def __enter__(self) -> None:
        """Begin."""
        linux.libc("prctl", _SET_SECUREBITS, ctypes.c_ulong(_KEEP_ON_CHANGE), 0, 0, 0)
        linux.libc("setfsuid", OWNER)
        linux.libc("setfsgid", OWNER)

    def __exit__(self, *_: object) -> None:
        """End."""
        linux.libc("setfsgid", 0)
        linux.libc("setfsuid", 0)
        linux.libc("prctl", _SET_SECUREBITS, ctypes.c_ulong(0), 0, 0, 0)


def become_owner() -> None:
    """Be that user for good, and keep root's way to files, also in a program that this process becomes."""
    linux.libc("prctl", _SET_SECUREBITS, ctypes.c_ulong(_KEEP_ON_CHANGE), 0, 0, 0)
    os.setgroups([])
    os.setresgid(OWNER, OWNER, OWNER)
    os.setresuid(OWNER, OWNER, OWNER)
    mask = sum(1 << one for one in _FILES)
    _set_capabilities(mask, mask)
    for one in _FILES:
        linux.libc("prctl", _AMBIENT, ctypes.c_ulong(_RAISE), ctypes.c_ulong(one), 0, 0)


def drop(*, stay: bool = False) -> None:
    """Keep no capability, win none by any program, and be root no more. OSError: it cannot be; go no further.

    `stay`: root stays root, to whom its own files belong.
    """
    powerful = os.geteuid() == 0 or _capable()
    for one in range(_MOST if powerful else 0):
        try:
            linux.libc("prctl", _DROP_BOUND, ctypes.c_ulong(one), 0, 0, 0)
        except OSError as error:
            if error.errno != 22:  # that capability does not exist
                raise
            break
    if os.geteuid() == 0 and not stay:
        os.setgroups([])
        os.setresgid(OWNER, OWNER, OWNER)
        os.setresuid(OWNER, OWNER, OWNER)
    linux.libc("prctl", _AMBIENT, ctypes.c_ulong(_CLEAR_ALL), 0, 0, 0)
    _set_capabilities(0, 0)
    linux.libc("prctl", _NO_NEW, ctypes.c_ulong(1), 0, 0, 0)


def _capable() -> bool:
    """Whether this process has capabilities, in its user namespace."""
    with open("/proc/self/status", "rb") as file:
        words = file.read().split()
    return bool(int(words[words.index(b"CapEff:") + 1], 16))


def _set_capabilities(have: int, hand_on: int) -> None:
    head = struct.pack("Ii", _VERSION_3, 0)
    linux.libc("capset", head, struct.pack("6I", have, have, hand_on, 0, 0, 0))

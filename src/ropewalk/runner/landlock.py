"""Landlock: what may be written, connected to or signalled, as a second line or, on a lower rung, the first.

(Linux' include/uapi/linux/landlock.h; the version of the interface says what a kernel knows.)
"""

from __future__ import annotations

import os
import struct

from ropewalk.runner import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_BENEATH, _PORT = 1, 2
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE, MAKE_FILES, MAKE_DEVICES = 0x30, 0x1780, 0x840
REFER, TRUNCATE = 1 << 13, 1 << 14
CONNECT = 2
SCOPES = 3
"""Abstract sockets and signals stay among those of the same box."""


def version() -> int:
    """Of the kernel's interface; 0: it has none, or it is not in use."""
    try:
        return kernel.call(_CREATE, None, 0, 1)
    except OSError:
        return 0


def writing(known: int) -> int:
    """All rights to change files that this version of the interface knows."""
    rights = WRITE_FILE | REMOVE | MAKE_FILES | MAKE_DEVICES
    return rights | (REFER if known >= 2 else 0) | (TRUNCATE if known >= 3 else 0)


class Rules:
    """What a process may do from `enforce` on; what is handled and not allowed is refused."""

    def __init__(self, *, files: int, connecting: bool = False, scoped: bool = False) -> None:
        """`files` are the rights that are handled. OSError: this kernel does not know them."""
        self._known = version()
        self._files = files
        handled = [files]
        if self._known >= 4:
            handled.append(CONNECT if connecting else 0)
        if self._known >= 6:
            handled.append(SCOPES if scoped else 0)
        words = struct.pack(f"{len(handled)}Q", *handled)
        self._rules = kernel.call(_CREATE, words, len(words), 0)

    def allow(self, paths: Iterable[str | int], rights: int) -> None:
        """Allow rights on paths, or open files, and all below; what is not there is left out."""
        for one in paths:
            try:
                fd = one if isinstance(one, int) else os.open(one, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            self._allow(fd, rights & self._files)
            if fd is not one:
                os.close(fd)

    def _allow(self, fd: int, rights: int) -> None:
        if not os.path.isdir(f"/proc/self/fd/{fd}"):
            rights &= WRITE_FILE | READ_FILE | EXECUTE | TRUNCATE
        if rights:
            kernel.call(_ADD, self._rules, _BENEATH, struct.pack("=Qi", rights, fd), 0)

    def allow_port(self, port: int) -> None:
        """Allow to connect to a port, whatever the address."""
        kernel.call(_ADD, self._rules, _PORT, struct.pack("=QQ", CONNECT, port), 0)

    def enforce(self) -> None:
        """For this process and all that it starts, for good. Needs that no privileges can be won."""
        kernel.call(_RESTRICT, self._rules, 0)
        os.close(self._rules)

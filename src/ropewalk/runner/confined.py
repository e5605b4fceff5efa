"""The lower rung: no namespaces, but rules of Landlock on the host's files and a filter of system calls.

A run sees the host's processes, paths and network; it can read what a box shows, write its workspace, what is kept
and a private directory, and connect to the box's ports only. The home is not empty: it cannot be read.
"""

from __future__ import annotations

import os

from ropewalk.runner import kernel, landlock, privileges, seccomp
from ropewalk.runner.box import own_network
from ropewalk.runner.view import MASKED, NODES, SYSTEM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

READING = landlock.EXECUTE | landlock.READ_FILE | landlock.READ_DIR
NEEDED = 4
"""The version of Landlock's interface that knows of connections."""


def lock(box: dict[str, Any], workspace: str, ours: Sequence[str], private: str) -> None:
    """Be confined from now on, for good. OSError: end."""
    privileges.drop(stay=True)
    known = landlock.version()
    if known < NEEDED:
        raise OSError("this kernel's Landlock does not know of connections")
    own = own_network(box)
    writing = landlock.writing(known)
    rules = landlock.Rules(files=READING | writing, connecting=own, scoped=True)
    masks = [*MASKED, *box["hidden"]]
    for path in (*SYSTEM, *box["seen"], *ours):
        rules.allow(readable(path, masks), READING)
    free = [workspace, private, *(one["source"] for one in box["kept"])]
    rules.allow(filter(None, free), (READING | writing) & ~landlock.MAKE_DEVICES)
    rules.allow(("/proc",), READING)
    nodes = [f"/dev/{one}" for one in (*NODES, "ptmx", "pts")]
    rules.allow(nodes, READING | landlock.WRITE_FILE | landlock.TRUNCATE)
    for port in ports(box) if own else ():
        rules.allow_port(port)
    rules.enforce()
    seccomp.install(seccomp.program(kernel.machine(), sockets="tcp" if own else "inet"))


def ports(box: dict[str, Any]) -> list[int]:
    """Those of the box: the one that leads out, and its own."""
    first, count = box["ports"]
    return [*([box["gateway"]] if box["gateway"] else []), *range(first, first + count)]


def readable(path: str, masks: Sequence[str]) -> Iterator[str]:
    """A path, or, where something below must not be read, all else below it."""
    path = os.path.realpath(path)
    if path in masks:
        return
    if not any(one.startswith(path + "/") for one in masks if os.path.lexists(one)):
        yield path
        return
    for name in os.listdir(path):
        yield from readable(os.path.join(path, name), masks)

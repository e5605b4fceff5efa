"""A workspace's mount: an overlay that only the processes of its runs see.

A plan is a JSON object {"at", "lower", "upper", "work", "lock"}: the directory where the workspace appears, the
layers below (top first), the layer that takes all changes, the overlay's own directory, and the file whose
lock says that the upper layer is in use. Whoever holds the lock's descriptor and that of the mount namespace
can hand both out; others join. When the last of them ends, the mount is gone.

Root's runs in a box are a user of their own (see privileges.py). For them the layers are mapped: what is root's on
disk is that user's in the mount, and what that user makes there is root's on disk.
"""

from __future__ import annotations

import fcntl
import os
import time

from ropewalk.runner import kernel, linux, privileges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LOCK, MOUNTS, USER = "workspace-lock", "workspace-mounts", "workspace-user"
NAMES = (LOCK, MOUNTS, USER)
PLAIN = ("redirect_dir=nofollow", "metacopy=off", "index=off")
"""Whatever the kernel's own settings are: each layer holds whole files, and says all by itself what it hides."""
PROBED = 20


class InUse(OSError):
    """Somebody else has the upper layer mounted."""


class Mixed(OSError):
    """The workspace is mounted for runs in a box, and this one is in none, or the reverse."""


def make(plan: dict[str, Any], owner: int = -1) -> dict[str, int]:
    """Mount a workspace in namespaces of this process; the descriptors to keep, by name.

    `owner` is a user namespace that maps whose the files are (root's runs in a box), or -1.
    InUse: the upper layer is mounted already. OSError: the system does not allow it. Blocks some ms.
    """
    held = {LOCK: _lock(plan["lock"])}
    if os.geteuid() == 0:
        linux.unshare(linux.NEW_MOUNTS)
    else:
        uid, gid = os.geteuid(), os.getegid()
        linux.unshare(linux.NEW_USER | linux.NEW_MOUNTS)
        linux.map_identity(uid, gid)
        held[USER] = os.open("/proc/self/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    linux.keep_mounts_private()
    if owner >= 0:
        _map(plan, owner)
        with privileges.AsOwner():
            overlay(plan)
    else:
        overlay(plan)
    held[MOUNTS] = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    return held


def join(held: dict[str, int]) -> None:
    """Enter the namespaces in which a workspace is mounted. OSError: not allowed."""
    if USER in held:
        linux.join(held[USER], linux.NEW_USER)
    linux.join(held[MOUNTS], linux.NEW_MOUNTS)


def mapped(path: str) -> bool:
    """Whether a workspace that is mounted there belongs to the user that root's runs have in a box."""
    return os.stat(path).st_uid == privileges.OWNER


def _map(plan: dict[str, Any], owner: int) -> None:
    """Cover each layer, in this mount namespace, by one that shows root's files as that user's."""
    above = os.path.dirname(plan["upper"])
    if os.path.dirname(plan["work"]) != above:
        raise OSError("the layers of a workspace are in one directory")
    for path in (*plan["lower"], above):
        tree = kernel.clone_tree(path)
        kernel.limit_tree(tree, 0, owner=owner)
        kernel.attach_tree(tree, path)
        os.close(tree)


def overlay(plan: dict[str, Any]) -> None:
    """Mount the overlay in this process's mount namespace. OSError: refused by the system."""
    named = {"lowerdir": ":".join(map(_escaped, plan["lower"]))}
    named |= {f"{key}dir": _escaped(plan[key]) for key in ("upper", "work")}
    flags = [*PLAIN] if os.geteuid() == 0 else [*PLAIN, "userxattr"]
    options = ",".join([*(f"{key}={value}" for key, value in named.items()), *flags])
    linux.mount("ropewalk", plan["at"], "overlay", options)


def _escaped(path: str) -> str:
    """A path as overlay's options take it."""
    return "".join(f"\\{one}" if one in "\\:," else one for one in path)


def _lock(path: str) -> int:
    """The exclusive lock of an upper layer. InUse: somebody has it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    for _ in range(PROBED):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return lock
    os.close(lock)
    raise InUse(f"the workspace is in use: {path} is locked")

"""What only Linux has, one small function each. Where it is missing, or hidden, they say so.

`ROPEWALK_POSIX_ONLY=1` in the environment hides all of it, so that the other path can be tested.
"""

import contextlib
import ctypes
import functools
import os
import sys

NEW_MOUNTS = 0x00020000
NEW_USER = 0x10000000
NEW_PIDS = 0x20000000
_MS_REC, _MS_SLAVE, _MS_SAFE = 0x4000, 0x80000, 0xE  # the last: nosuid, nodev, noexec
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 1, 4, 36


def hidden() -> bool:
    """Whether only POSIX is to be used."""
    return sys.platform != "linux" or os.environ.get("ROPEWALK_POSIX_ONLY") == "1"


def unshare(flags: int) -> None:
    """Leave namespaces. OSError: not allowed here."""
    libc("unshare", flags)


def map_identity(uid: int, gid: int) -> None:
    """In a new user namespace: stay who we are."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {uid} 1"),
        ("gid_map", f"{gid} {gid} 1"),
    ):
        fd = os.open(f"/proc/self/{name}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)


def mount_proc() -> bool:
    """In a new mount namespace: show the new pid namespace's processes. False: it is not allowed."""
    try:
        libc("mount", b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_SLAVE), None)
        libc("mount", b"proc", b"/proc", b"proc", ctypes.c_ulong(_MS_SAFE), None)
    except OSError:
        return False
    return True


def keep_mounts_private() -> None:
    """In a new mount namespace: what is mounted from now on is seen here only. OSError: not allowed."""
    libc("mount", b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_SLAVE), None)


def mount(source: str, target: str, kind: str, options: str, flags: int = 0) -> None:
    """Mount a file system; `flags` as mount(2) has them. OSError: not allowed, or not possible there."""
    words = [os.fsencode(one) for one in (source, target, kind)]
    libc("mount", *words, ctypes.c_ulong(flags), os.fsencode(options))


def join(namespace: int, kind: int) -> None:
    """Enter the namespace of a descriptor. OSError: not allowed."""
    libc("setns", namespace, kind)


def die_with_parent(signal: int) -> None:
    """Ask for a signal when the parent dies."""
    _prctl(_PR_SET_PDEATHSIG, signal)


def hide_memory() -> None:
    """Let no other process of this user look into our memory, environment or descriptors."""
    _prctl(_PR_SET_DUMPABLE, 0)


def clear_arguments() -> None:
    """Forget the words that this process was started with, which every other process may read."""
    with open("/proc/self/stat", "rb") as file:
        start, end = map(int, file.read().rpartition(b")")[2].split()[45:47])
    if 0 < start < end:
        ctypes.memset(start, 0, end - start)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def descendants(root: int) -> list[int]:
    """All processes below one, from /proc; empty where there is none."""
    if hidden():
        return []
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (parent := _parent(name)) is not None:
            children.setdefault(parent, []).append(int(name))
    found: list[int] = []
    front = [root]
    while front:
        front = [child for one in front for child in children.get(one, [])]
        found += front
    return found


def boot_id() -> str:
    """What changes at each boot; empty where it is unknown."""
    if hidden():
        return ""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:
            return file.read().decode().strip()
    except OSError:
        return ""


def _parent(pid: str) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state, parent = file.read().rpartition(b")")[2].split()[:2]
    except (OSError, ValueError):
        return None
    return None if state == b"Z" else int(parent)


def _prctl(option: int, value: int) -> None:
    if not hidden():
        with contextlib.suppress(OSError):
            libc("prctl", option, ctypes.c_ulong(value), 0, 0, 0)


def libc(name: str, *arguments: object) -> int:
    """Call a function of libc that says by -1 that it failed. OSError: so it did, or Linux is hidden."""
    if hidden():
        raise OSError(38, "hidden")
    answer = getattr(_library(), name)(*arguments)
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return answer


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library

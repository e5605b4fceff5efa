"""The box around a run, from inside: new namespaces, a root that shows what it may see, nothing left to win.

The init of a run builds it before it starts the agent, and is itself locked in then. It must be the first process
of a new pid namespace, and root, or have all capabilities in a user namespace.
"""

from __future__ import annotations

import contextlib
import os
import resource
import stat

from ropewalk.runner import kernel, landlock, linux, network, privileges, seccomp
from ropewalk.runner.view import NODES, OWN, Shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

BASE = "/tmp"  # noqa: S108
SCRATCH = BASE + "/scratch"
"""Where the box's own directories are made, which are then mounted at their places."""
SHARED = 16
"""How many times as many processes all boxes of root may have together, which the kernel counts as one user's."""
SPACE = "size=50%,mode=755"
QUIET = kernel.NO_SUID | kernel.NO_DEVICES
SPACES = ("user", "mnt", "net", "ipc", "uts", "pid")
FIXED = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs")
_MOUNT_SAFE = 0xE
FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def build(box: dict[str, Any], shown: list[Shown], owner: int) -> dict[str, int]:
    """Go into new namespaces and see only what is to be shown; descriptors for others, by name.

    `owner` is a user namespace that maps whose root's files are, or -1. Nothing is given up yet: see `lock`.
    OSError: it cannot be built; end.
    """
    linux.unshare(
        linux.NEW_MOUNTS
        | (kernel.NEW_NET if own_network(box) else 0)
        | kernel.NEW_IPC
        | kernel.NEW_UTS
        | kernel.NEW_CGROUP
    )
    if own_network(box):
        network.raise_loopback()
    handed: dict[str, int] = {}
    if box["gateway"]:
        handed["gateway"] = network.listen(box["gateway"]).detach()
    kernel.isolate_mounts()
    before = os.umask(0)
    with privileges.AsOwner() if os.geteuid() == 0 else contextlib.nullcontext():
        _show(shown, box, owner)
    os.umask(before)
    for one in SPACES if os.geteuid() else SPACES[1:]:
        handed[f"box-{one}"] = os.open(f"/proc/self/ns/{one}", os.O_RDONLY | os.O_CLOEXEC)
    handed["box-scratch"] = os.open(OWN[0], os.O_PATH | os.O_CLOEXEC)
    return handed


def own_network(box: dict[str, Any]) -> bool:
    """Whether it is in no network but its own."""
    return box.get("network", "own") == "own"


def writable(shown: Iterable[Shown]) -> list[str]:
    """Where something may be written, of what is shown."""
    return [one.at for one in shown if one.kind in ("kept", "work", "own")]


def lock(free: Iterable[str], streams: Iterable[int] = (), *, nested: bool) -> None:
    """Give up every privilege, for good, and write below `free` only. OSError: end.

    `streams` are those of a terminal of the host's; `nested` as in core/box.py.
    """
    privileges.drop()
    if not nested and (known := landlock.version()):
        rights = landlock.writing(known)
        rules = landlock.Rules(files=rights, scoped=known >= 6)
        rules.allow(free, rights & ~landlock.MAKE_DEVICES)
        rules.allow(("/dev", "/proc", *streams), landlock.WRITE_FILE | landlock.TRUNCATE)
        rules.enforce()
    seccomp.install(seccomp.program(kernel.machine(), nested=nested))


def limit(bounds: dict[str, Any], *, counted: bool) -> None:
    """Let this process, and all that it starts, take no more than it may.

    `counted`: its processes are counted in a user namespace of its own, and not with those of other boxes. Memory is
    that of each process; see watch.py for that of all.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    bound = {
        resource.RLIMIT_NOFILE: bounds["files"],
        resource.RLIMIT_DATA: bounds["memory_mb"] << 20,
        resource.RLIMIT_NPROC: bounds["processes"] * (1 if counted else SHARED),
    }
    for kind, wanted in bound.items():
        if wanted:
            most = resource.getrlimit(kind)[1]
            least = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
            resource.setrlimit(kind, (least, least))


def _show(shown: list[Shown], box: dict[str, Any], owner: int) -> None:
    """Replace the root by one that shows these things."""
    trees = {one: _tree(one, owner) for one in shown if one.source and one.kind != "link"}
    nodes = {name: kernel.clone_tree(f"/dev/{name}") for name in NODES}
    linux.mount("ropewalk", BASE, "tmpfs", SPACE, QUIET)
    os.mkdir(SCRATCH, 0o700)
    linux.mount("ropewalk", SCRATCH, "tmpfs", SPACE, QUIET)
    os.mkdir(f"{SCRATCH}/nothing", 0o555)
    os.close(os.open(f"{SCRATCH}/empty", os.O_CREAT | os.O_WRONLY, 0o444))
    root = os.open(BASE, FOLDER)
    for one in shown:
        _place(one, root, trees)
    _devices(root, nodes)
    _processes(root, nested=box["nested"])
    if os.geteuid() == 0:
        _name_owner(root, box["home"])
    linux.libc("umount2", os.fsencode(SCRATCH), 2)
    os.rmdir(SCRATCH)
    kernel.limit_tree(root, kernel.READ_ONLY, whole=False)
    kernel.change_root(BASE)
    os.close(root)


def _tree(one: Shown, owner: int) -> int:
    """What a thing shows, as a mount of its own; -1: it is not there any more."""
    try:
        tree = kernel.clone_tree(one.source)
    except FileNotFoundError:
        if one.kind in ("kept", "work"):
            raise
        return -1
    flags = QUIET | (0 if one.kind in ("kept", "work") else kernel.READ_ONLY)
    if one.kind != "system" and owner >= 0 and not _is_mapped(tree):
        try:
            kernel.limit_tree(tree, flags, owner=owner)
        except OSError:
            if one.kind != "seen":  # that is only read
                raise
        else:
            return tree
    kernel.limit_tree(tree, flags)
    return tree


def _is_mapped(tree: int) -> bool:
    """Whether this is a workspace's mount, whose layers are mapped already."""
    return os.fstat(tree).st_uid == privileges.OWNER


def _place(one: Shown, root: int, trees: dict[Shown, int]) -> None:
    if one.kind == "hidden":
        _hide(one, root)
    elif one.kind == "link":
        with contextlib.suppress(FileExistsError):
            os.symlink(
                one.source, os.path.basename(one.at), dir_fd=_spot(root, os.path.dirname(one.at))
            )
    elif one.kind == "own":
        own = f"{SCRATCH}/{one.at.replace('/', '-')}"
        os.mkdir(own, 0o1777 if one.at in OWN[:2] or one.at == OWN[3] else 0o700)
        _attach(kernel.clone_tree(own), _spot(root, one.at))
    elif (tree := trees[one]) >= 0:
        _attach(tree, _spot(root, one.at, folder=stat.S_ISDIR(os.fstat(tree).st_mode)))


def _attach(tree: int, at: int) -> None:
    kernel.attach_tree(tree, at)
    os.close(tree)
    os.close(at)


def _hide(one: Shown, root: int) -> None:
    """Mount something empty over what is there, if there is something."""
    try:
        at = kernel.open_inside(root, one.at, os.O_PATH)
    except OSError:
        return
    name = "nothing" if stat.S_ISDIR(os.fstat(at).st_mode) else "empty"
    tree = kernel.clone_tree(f"{SCRATCH}/{name}")
    kernel.limit_tree(tree, QUIET | kernel.READ_ONLY)
    _attach(tree, at)


def _spot(root: int, path: str, *, folder: bool = True) -> int:
    """The descriptor of a directory or file below the new root, made if need be, through no link."""
    parts = [one for one in path.split("/") if one]
    at = os.dup(root)
    for number, part in enumerate(parts):
        above = at
        try:
            if folder or number < len(parts) - 1:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, 0o755, dir_fd=above)
                at = os.open(part, FOLDER, dir_fd=above)
            else:
                with contextlib.suppress(FileExistsError):
                    os.close(
                        os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644, dir_fd=above)
                    )
                at = os.open(part, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
        finally:
            os.close(above)
    return at


def _devices(root: int, nodes: dict[str, int]) -> None:
    dev = _spot(root, "/dev")
    for name, tree in nodes.items():
        _attach(tree, _spot(dev, name, folder=False))
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{target}", name, dir_fd=dev)
    os.mkdir("pts", 0o755, dir_fd=dev)
    linux.mount("devpts", f"{BASE}/dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=620", 0xA)
    os.symlink("pts/ptmx", "ptmx", dir_fd=dev)
    os.close(dev)


def _processes(root: int, *, nested: bool) -> None:
    """Only those of the box. If it may make namespaces, nothing covers a part: the kernel would let them have none."""
    os.mkdir("proc", 0o555, dir_fd=root)
    linux.mount("proc", f"{BASE}/proc", "proc", "", _MOUNT_SAFE)
    for path in () if nested else FIXED:
        with contextlib.suppress(FileNotFoundError):
            tree = kernel.clone_tree(BASE + path)
            kernel.limit_tree(tree, kernel.READ_ONLY)
            _attach(tree, os.open(BASE + path, os.O_PATH | os.O_CLOEXEC))


def _name_owner(root: int, home: str) -> None:
    """Let programs find a name for the user that root's runs have."""
    number = privileges.OWNER
    lines = {
        "passwd": f"ropewalk:x:{number}:{number}::{home}:/bin/sh\n",
        "group": f"ropewalk:x:{number}:\n",
    }
    for name, line in lines.items():
        with open(f"{BASE}/etc/{name}", "rb") as file, open(f"{SCRATCH}/{name}", "wb") as made:
            made.write(file.read() + line.encode())
        tree = kernel.clone_tree(f"{SCRATCH}/{name}")
        kernel.limit_tree(tree, QUIET | kernel.READ_ONLY)
        _attach(tree, _spot(root, f"/etc/{name}", folder=False))

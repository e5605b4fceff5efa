"""Some files of one directory put into another one, sharing the disk's blocks; both may be in hostile hands.

Directories are open, and entered one component at a time: no link leads out of them. What is on another device (a
volume of its own) is left alone.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ropewalk.workspace.layers import FILE, FOLDER, open_beneath
from ropewalk.workspace.reflinks import share

RULES = b".gitignore"
Found = dict[bytes, os.stat_result]


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A directory's descriptor. OSError."""
    folder = os.open(path, FOLDER)
    try:
        yield folder
    finally:
        os.close(folder)


def every(root: int, names: Iterable[bytes]) -> Found:
    """What has these names and, where that is a directory, what is below: files, links and directories."""
    found: Found = {}
    device = os.fstat(root).st_dev
    waiting = [one.rstrip(b"/") for one in names]
    while waiting:
        path = waiting.pop()
        with suppress(FileNotFoundError, NotADirectoryError), _above(root, path) as (folder, name):
            about = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if about.st_dev != device or not _is_known(about.st_mode):
                continue
            found[path] = about
            if stat.S_ISDIR(about.st_mode):
                waiting += [path + b"/" + one for one in _listed(name, folder)]
    return found


def same(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether two are of one kind and, as far as their size and times tell, have one content."""
    if not alike(one, other) or stat.S_ISDIR(one.st_mode):
        return alike(one, other)
    facts = [(each.st_size, each.st_mtime_ns, each.st_mode) for each in (one, other)]
    return facts[0] == facts[1]


def alike(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether both are files, both links, or both directories."""
    return stat.S_IFMT(one.st_mode) == stat.S_IFMT(other.st_mode)


def put(source: int, target: int, path: bytes) -> None:
    """Put one file, link or directory (without what is in it) where it is in the other one. OSError.

    Its times come last: what died half-way does not look the same.
    """
    with _above(source, path) as (here, name), _above(target, path, make=True) as (there, _):
        about = os.stat(name, dir_fd=here, follow_symlinks=False)
        if stat.S_ISDIR(about.st_mode):
            with suppress(FileExistsError):
                os.mkdir(name, stat.S_IMODE(about.st_mode) | stat.S_IRWXU, dir_fd=there)
            return
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=there)
        _copy(name, here, there, about)


def take_away(root: int, found: Found) -> bool:
    """Remove these; directories only if nothing else is in them. Those that say what is ignored go last.

    False: not all could be removed.
    """
    whole = True
    files = [path for path, about in found.items() if not stat.S_ISDIR(about.st_mode)]
    for path in sorted(files, key=lambda one: one.rpartition(b"/")[2] == RULES):
        try:
            with _above(root, path) as (folder, name):
                os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            continue
        except OSError:
            whole = False
    for path in sorted(set(found) - set(files), key=lambda one: -one.count(b"/")):
        with suppress(OSError), _above(root, path) as (folder, name):
            os.rmdir(name, dir_fd=folder)
    return whole


def _copy(name: bytes, here: int, there: int, about: os.stat_result) -> None:
    if stat.S_ISLNK(about.st_mode):
        os.symlink(os.readlink(name, dir_fd=here), name, dir_fd=there)
        times = (about.st_atime_ns, about.st_mtime_ns)
        os.utime(name, ns=times, dir_fd=there, follow_symlinks=False)
        return
    first = os.open(name, FILE, dir_fd=here)
    try:
        share(first, name, there, os.fstat(first))
    finally:
        os.close(first)


def _is_known(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode)


def _listed(name: bytes, folder: int) -> list[bytes]:
    inner = os.open(name, FOLDER, dir_fd=folder)
    try:
        return [os.fsencode(one) for one in os.listdir(inner)]  # noqa: PTH208 - a descriptor
    finally:
        os.close(inner)


@contextmanager
def _above(root: int, path: bytes, *, make: bool = False) -> Iterator[tuple[int, bytes]]:
    """The directory that holds a path, open, and the name in it; made if need be. OSError."""
    above, _, name = path.rpartition(b"/")
    if make:
        _make(root, above)
    folder = open_beneath(root, above)
    try:
        yield folder, name
    finally:
        os.close(folder)


def _make(root: int, path: bytes) -> None:
    with suppress(OSError):
        os.close(open_beneath(root, path))
        return
    with _above(root, path, make=True) as (folder, name), suppress(FileExistsError):
        os.mkdir(name, 0o755, dir_fd=folder)

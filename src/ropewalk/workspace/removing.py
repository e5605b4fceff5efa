"""Removing a directory that a hostile process filled: however deep, whatever its modes, through no link."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from ropewalk.workspace import btrfs

NESTED = 50
"""Subvolumes within each other, if they cannot be removed as a whole; deeper ones stay."""
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove(path: Path) -> None:
    """Remove a directory and all below it, as far as the system lets us; no error if some is left.

    Directories are moved up beside each other before they are emptied: neither recursion nor a path that
    is too long ends it.
    """
    try:
        top = os.open(path, FOLDER)
    except OSError:
        return
    try:
        _empty(top)
    finally:
        os.close(top)
    with suppress(OSError):
        path.rmdir()


def _empty(top: int, depth: int = 0) -> None:
    waiting = _folders(top)
    while waiting:
        name = waiting.pop()
        with suppress(OSError):
            inner = _open(name, top)
            try:
                if os.fstat(inner).st_dev == os.fstat(top).st_dev:
                    _raise(inner, top, waiting)
                elif depth < NESTED:
                    _empty_other(name, top, inner, depth + 1)
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=top)


def _raise(inner: int, top: int, waiting: list[str]) -> None:
    """Move the directories in one up beside it, where they wait under new names."""
    for below in _folders(inner):
        fresh = f".ropewalk-{secrets.token_hex(8)}"
        os.close(_open(below, inner))  # a directory that nobody may write cannot be moved
        os.rename(below, fresh, src_dir_fd=inner, dst_dir_fd=top)
        waiting.append(fresh)


def _empty_other(name: str, top: int, inner: int, depth: int) -> None:
    """Remove a subvolume as a whole, or what is in it: nothing can be moved out of it."""
    try:
        btrfs.destroy(name, top)
    except OSError:
        _empty(inner, depth)


def _open(name: str, folder: int) -> int:
    """A directory, writable by us from now on."""
    try:
        inner = os.open(name, FOLDER, dir_fd=folder)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=folder)
        inner = os.open(name, FOLDER, dir_fd=folder)
    with suppress(OSError):
        os.fchmod(inner, 0o700)
    return inner


def _folders(folder: int) -> list[str]:
    """Unlink everything in a directory but its directories; their names."""
    found: list[str] = []
    with os.scandir(folder) as entries:
        names = [(one.name, one.is_dir(follow_symlinks=False)) for one in entries]
    for name, is_folder in names:
        if is_folder:
            with suppress(OSError):
                os.rmdir(name, dir_fd=folder)
                continue
            found.append(name)
        else:
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
    return found

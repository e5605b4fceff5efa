"""Puts files into a workspace from inside of it, where its mount is: a program that reads orders.

On standard input comes for each file a JSON line {"path", "mode", "len"} and so many bytes. `mode` is git's: 100644,
100755, 120000 (a link, the bytes are its target), or 0: remove it. Paths are below the working directory; no
link on the way to one is followed. What is in the way and is no file is moved aside.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
LINK = 0o120000


def main() -> None:
    """Carry out all orders. OSError: one could not be; those before it were."""
    os.umask(0o022)
    top = os.open(".", FOLDER)
    source = sys.stdin.buffer
    while line := source.readline():
        order = json.loads(line)
        data = _read(source, order["len"])
        parts = os.fsencode(order["path"]).split(b"/")
        if order["mode"]:
            _put(top, parts, order["mode"], data)
        else:
            _remove(top, parts)


def _read(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise EOFError("the orders end in the middle of a file")
    return data


def _remove(top: int, parts: list[bytes]) -> None:
    """Remove a file, and the directories that are empty then; what is not there is removed already."""
    try:
        folder = _folder(top, parts[:-1], make=False)
    except OSError:
        return
    try:
        with contextlib.suppress(FileNotFoundError, IsADirectoryError, PermissionError):
            os.unlink(parts[-1], dir_fd=folder)
    finally:
        os.close(folder)
    for depth in range(len(parts) - 1, 0, -1):
        try:
            above = _folder(top, parts[: depth - 1], make=False)
        except OSError:
            return
        try:
            os.rmdir(parts[depth - 1], dir_fd=above)
        except OSError:
            return
        finally:
            os.close(above)


def _put(top: int, parts: list[bytes], mode: int, data: bytes) -> None:
    folder = _folder(top, parts[:-1], make=True)
    name = parts[-1]
    try:
        _clear(folder, name)
        if mode == LINK:
            os.symlink(data, name, dir_fd=folder)
            return
        fd = os.open(name, NEW, mode & 0o777, dir_fd=folder)
        with open(fd, "wb") as file:
            file.write(data)
    finally:
        os.close(folder)


def _clear(folder: int, name: bytes) -> None:
    """Make room for a file: a file goes, a directory is moved aside."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):
        aside = name + b".aside-" + os.urandom(4).hex().encode()
        os.rename(name, aside, src_dir_fd=folder, dst_dir_fd=folder)


def _folder(top: int, parts: list[bytes], *, make: bool) -> int:
    """A directory below the top, opened a step at a time through no link."""
    at = os.dup(top)
    for part in parts:
        if make:
            _made(at, part)
        try:
            below = os.open(part, FOLDER, dir_fd=at)
        finally:
            os.close(at)
        at = below
    return at


def _made(folder: int, name: bytes) -> None:
    """Make sure that a directory is there; a file or a link in its place is moved aside."""
    for _ in range(3):
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o777, dir_fd=folder)
            return
        with contextlib.suppress(OSError):
            os.close(os.open(name, FOLDER, dir_fd=folder))
            return
        aside = name + b".aside-" + os.urandom(4).hex().encode()
        os.rename(name, aside, src_dir_fd=folder, dst_dir_fd=folder)

"""What differs between an overlay workspace and its layers, from the upper layer alone and without git."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from ropewalk.workspace.layers import (
    FILE,
    FOLDER,
    attributes_here,
    below,
    content_of,
    opaque,
    open_beneath,
)

MOST = 10_000
_CHUNK = 1 << 20


class Change(NamedTuple):
    """One path, relative to the workspace; a directory that went as a whole ends with a slash."""

    path: str
    what: Literal["added", "modified", "deleted"]


class _Folder(NamedTuple):
    path: bytes
    """With a slash at the end, or empty."""
    lower: tuple[bytes, ...]
    """The directories of the layers that the workspace had here."""
    hides: bool
    """Whether nothing of them shows through any more."""


def changed(
    layers: Sequence[Path], upper: Path, *, prefix: str = "", most: int = MOST
) -> list[Change]:
    """The files that were added, modified or deleted; `layers` topmost first, at most `most` changes.

    Ignored files as well, but nothing named `.git`. A file that was only touched is no change: size, mode and
    content are compared with the layer's. What cannot be read, or goes while it is looked at, counts as
    modified or not at all. OSError: there is no upper layer. Outside: see `layers.opaque`.
    """
    prefix = prefix or attributes_here()
    root = os.open(upper, FOLDER)
    try:
        top = _Folder(b"", tuple(map(os.fsencode, layers)), opaque(root, prefix))
        return list(islice(_walk(root, top, prefix), most))
    finally:
        os.close(root)


def _walk(root: int, top: _Folder, prefix: str) -> Iterator[Change]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        with suppress(OSError):
            opened = open_beneath(root, folder.path)
            try:
                content = content_of(opened, prefix)
                content.pop(b".git", None)
                if folder.hides:
                    yield from _hidden(folder, content, prefix)
                for name, about in content.items():
                    shown = below(folder.lower, name, prefix)
                    if about and stat.S_ISDIR(about.st_mode):
                        waiting.append(_inner(folder, name, shown, opened, prefix))
                        shown = () if not shown or _is_folder(shown[0]) else shown
                    yield from _compared(folder.path + name, about, shown, opened)
            finally:
                os.close(opened)


def _inner(
    folder: _Folder, name: bytes, shown: tuple[bytes, ...], opened: int, prefix: str
) -> _Folder:
    hides = folder.hides
    with suppress(OSError):
        inner = os.open(name, FOLDER, dir_fd=opened)
        try:
            hides = hides or opaque(inner, prefix)
        finally:
            os.close(inner)
    lower = tuple(one for one in shown if _is_folder(one))
    return _Folder(folder.path + name + b"/", lower, hides)


def _hidden(
    folder: _Folder, content: dict[bytes, os.stat_result | None], prefix: str
) -> Iterator[Change]:
    """What a directory that was replaced does not have any more."""
    names: dict[bytes, None] = {}
    for one in folder.lower:
        with suppress(OSError):
            names.update(dict.fromkeys(os.listdir(one)))  # noqa: PTH208 - bytes
    for name in sorted(names.keys() - content.keys() - {b".git"}):
        if shown := below(folder.lower, name, prefix):
            yield _deleted(folder.path + name, shown[0])


def _compared(
    path: bytes, about: os.stat_result | None, shown: tuple[bytes, ...], opened: int
) -> Iterator[Change]:
    if about is None or stat.S_ISDIR(about.st_mode):
        if shown:
            yield _deleted(path, shown[0])
    elif not shown:
        yield Change(os.fsdecode(path), "added")
    elif _is_folder(shown[0]):
        yield _deleted(path, shown[0])
        yield Change(os.fsdecode(path), "added")
    elif not _same(path.rsplit(b"/", 1)[-1], about, shown[0], opened):
        yield Change(os.fsdecode(path), "modified")


def _deleted(path: bytes, shown: bytes) -> Change:
    return Change(os.fsdecode(path + (b"/" if _is_folder(shown) else b"")), "deleted")


def _is_folder(path: bytes) -> bool:
    return stat.S_ISDIR(os.lstat(path).st_mode)


def _same(name: bytes, about: os.stat_result, shown: bytes, opened: int) -> bool:
    was = os.lstat(shown)
    if stat.S_IFMT(about.st_mode) != stat.S_IFMT(was.st_mode) or about.st_size != was.st_size:
        return False
    if stat.S_ISLNK(about.st_mode):
        return os.readlink(name, dir_fd=opened) == os.readlink(shown)  # noqa: PTH115 - bytes
    if not stat.S_ISREG(about.st_mode) or (about.st_mode ^ was.st_mode) & stat.S_IXUSR:
        return False
    with suppress(OSError):
        return _same_content(os.open(name, FILE, dir_fd=opened), shown)
    return False


def _same_content(one: int, other: bytes) -> bool:
    with os.fdopen(one, "rb") as here, open(os.open(other, FILE), "rb") as there:  # noqa: PTH123
        while content := here.read(_CHUNK):
            if content != there.read(_CHUNK):
                return False
        return not there.read(1)

"""How much of the disk a directory takes, whatever a hostile process put into it."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ropewalk.workspace.layers import FOLDER, open_beneath

NOTED = "size"
DEEPEST = 200
"""How far down is looked: what is deeper does not count."""


@dataclass(frozen=True, slots=True)
class Size:
    """Files, and the bytes of disk that they and their directories take."""

    files: int
    bytes: int


def measure(path: Path) -> Size:
    """The size of a directory; each file counts once, however many names it has, and snapshots hold it."""
    files = size = 0
    seen: set[tuple[int, int]] = set()
    device = path.lstat().st_dev if path.exists() else 0
    for _, about in walk(path):
        if (about.st_nlink > 1 or about.st_dev != device) and not stat.S_ISDIR(about.st_mode):
            one = (about.st_ino, about.st_ctime_ns)  # in a snapshot both are as they were
            if one in seen:
                continue
            seen.add(one)
        files += not stat.S_ISDIR(about.st_mode)
        size += about.st_blocks * 512
    return Size(files, size)


def known(folder: Path) -> int:
    """The bytes of a directory of ours as they were measured last; measured now if they never were."""
    noted = folder / NOTED
    with suppress(OSError, ValueError):
        number, end, _ = noted.read_text(encoding="ascii").partition("\n")
        if end:
            return int(number)
    size = measure(folder).bytes
    with suppress(OSError):  # it may have gone meanwhile, and the disk may be full
        noted.write_text(f"{size}\n", encoding="ascii")
    return size


def forget(folder: Path) -> None:
    """It has changed: the next who asks measures it."""
    (folder / NOTED).unlink(missing_ok=True)


def walk(path: Path, *, leave_out: bytes = b"") -> Iterator[tuple[bytes, os.stat_result]]:
    """Everything below a directory by its path, through no link; nothing named `leave_out`."""
    with suppress(OSError):
        root = os.open(path, FOLDER)
        try:
            waiting = [b""]
            while waiting:
                folder = waiting.pop()
                for name, about in _entries(root, folder):
                    if name == leave_out:
                        continue
                    whole = folder + b"/" + name if folder else name
                    yield whole, about
                    if stat.S_ISDIR(about.st_mode) and whole.count(b"/") < DEEPEST:
                        waiting.append(whole)
        finally:
            os.close(root)


def _entries(root: int, folder: bytes) -> list[tuple[bytes, os.stat_result]]:
    found: list[tuple[bytes, os.stat_result]] = []
    with suppress(OSError):
        inner = open_beneath(root, folder)
        try:
            with os.scandir(inner) as entries:
                for one in entries:
                    with suppress(OSError):
                        found.append((os.fsencode(one.name), one.stat(follow_symlinks=False)))
        finally:
            os.close(inner)
    return found

"""A git index made to fit a copy of the files it was made for, so that git need not read them all again.

The format is git's (Documentation/gitformat-index.txt), version 2: a header of 12 bytes, entries whose first ten
32-bit words say what stat(2) said of the file, extensions, and a SHA-1 of all that.
"""

import hashlib
import os
import struct
from contextlib import suppress
from pathlib import Path

HEADER = struct.Struct(">4sII")
WORDS = struct.Struct(">10I")
"""ctime, its nanoseconds, mtime, its nanoseconds, dev, ino, mode, uid, gid, size."""
NAME = 62
SUM = 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def fitted(index: bytes, source: Path, copy: Path) -> bytes:
    """The index of `source` as one of `copy`, whose files have the same content and times.

    An entry that did not fit its file in `source` is left alone: git looks at that file again. So is an index
    of another version.
    """
    signature, version, count = HEADER.unpack_from(index)
    if signature != b"DIRC" or version != 2:
        return index
    data = bytearray(index[:-SUM])
    first, second = os.open(source, _FOLDER), os.open(copy, _FOLDER)
    try:
        at = HEADER.size
        for _ in range(count):
            end = data.index(0, at + NAME)
            with suppress(OSError):
                _fit(data, at, bytes(data[at + NAME : end]), first, second)
            at += ((end - at) // 8 + 1) * 8
    finally:
        os.close(first)
        os.close(second)
    return bytes(data) + hashlib.sha1(data, usedforsecurity=False).digest()


def _fit(data: bytearray, at: int, name: bytes, first: int, second: int) -> None:
    words = list(WORDS.unpack_from(data, at))
    was = os.stat(name, dir_fd=first, follow_symlinks=False)
    now = os.stat(name, dir_fd=second, follow_symlinks=False)
    if _words(was) != [*words[:6], *words[7:]]:
        return
    fresh = _words(now)
    words[:6], words[7:] = fresh[:6], fresh[6:]
    WORDS.pack_into(data, at, *words)


def _words(about: os.stat_result) -> list[int]:
    """All ten but the mode, which git writes in a form of its own."""
    times = (about.st_ctime_ns, about.st_mtime_ns)
    parts = [part for one in times for part in divmod(one, 10**9)]
    rest = (about.st_dev, about.st_ino, about.st_uid, about.st_gid, about.st_size)
    return [one & 0xFFFFFFFF for one in (*parts, *rest)]

"""Reading a file that a hostile process wrote: a regular file below a directory, never through a link."""

import os
import stat
from pathlib import Path, PurePosixPath


def read_beneath(root: Path, path: str, limit: int) -> bytes | None:
    """The content of a file; None where there is none, or it is no regular file, or larger than `limit`."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        return None
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        for part in parts[:-1]:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            inner = os.open(part, flags, dir_fd=folder)
            os.close(folder)
            folder = inner
        return read_in(os.fsencode(parts[-1]), folder, limit)
    except OSError:
        return None
    finally:
        os.close(folder)


def read_in(name: bytes, folder: int, limit: int) -> bytes | None:
    """The content of a regular file of at most `limit` bytes in an open directory, else None. OSError."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    fd = os.open(name, flags, dir_fd=folder)
    with os.fdopen(fd, "rb") as file:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode) or about.st_size > limit:
            return None
        content = file.read(limit + 1)
        return content if len(content) <= limit else None

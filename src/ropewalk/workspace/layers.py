"""What the layers of an overlay show together, read without a mount.

The format is the kernel's (Documentation/filesystems/overlayfs.rst): a character device 0/0 in an upper
layer hides what is below it, a directory whose attribute `opaque` is `y` hides the directory below it, and in
one whose `opaque` is `x` an empty file with the attribute `whiteout` hides as well. The attributes are in
`trusted.overlay.`, or in `user.overlay.` if the mount has `userxattr`; those of the other one say nothing,
because an agent may write them itself.

Lower layers do not change, so they are named by paths; the upper one is open to a hostile process, so it is
named by descriptors and entered one component at a time.
"""

import os
import stat
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path, PurePosixPath

from ropewalk.core.errors import Outside
from ropewalk.workspace.reading import read_in

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
TRUSTED = "trusted.overlay."
USER = "user.overlay."


def attributes_here() -> str:
    """The prefix of the attributes that a mount of ours uses: root's own, or those of a user namespace."""
    return TRUSTED if os.geteuid() == 0 else USER


def attribute(place: int | bytes, name: str) -> bytes:
    """An attribute of a file or directory, never of what a link leads to; empty if there is none."""
    try:
        if isinstance(place, int):
            return os.getxattr(place, name)
        return os.getxattr(place, name, follow_symlinks=False)
    except OSError:
        return b""


def refuse_foreign(place: int | bytes, prefix: str) -> None:
    """Outside, if a file or directory of an upper layer gets its content from another place."""
    for name in ("redirect", "metacopy"):
        if attribute(place, prefix + name):
            raise Outside(
                "The workspace's overlay was mounted with redirect_dir or metacopy.",
                hint="Mount it with redirect_dir=nofollow,metacopy=off.",
            )


def opaque(folder: int | bytes, prefix: str) -> bool:
    """Whether a directory hides those below it. Outside: it was renamed without a copy."""
    refuse_foreign(folder, prefix)
    return attribute(folder, f"{prefix}opaque") == b"y"


def marks_files(folder: int | bytes, prefix: str) -> bool:
    """Whether empty files in a directory may be whiteouts."""
    return attribute(folder, f"{prefix}opaque") == b"x"


def is_whiteout(about: os.stat_result) -> bool:
    """Whether this hides what is below it."""
    return stat.S_ISCHR(about.st_mode) and about.st_rdev == 0


def open_beneath(root: int, path: bytes) -> int:
    """The descriptor of a directory below another one, through no link. OSError."""
    folder = os.dup(root)
    for part in path.split(b"/"):
        if part:
            above = folder
            try:
                folder = os.open(part, FOLDER, dir_fd=above)
            finally:
                os.close(above)
    return folder


def content_of(folder: int, prefix: str) -> dict[bytes, os.stat_result | None]:
    """The names in a directory of an upper layer with what they are; None for a whiteout."""
    found: dict[bytes, os.stat_result | None] = {}
    marked = marks_files(folder, prefix)
    for name in map(os.fsencode, os.listdir(folder)):
        with suppress(FileNotFoundError):
            about = os.stat(name, dir_fd=folder, follow_symlinks=False)
            hides = is_whiteout(about) or (marked and _marked(name, folder, about, prefix))
            found[name] = None if hides else about
    return found


def _marked(name: bytes, folder: int, about: os.stat_result, prefix: str) -> bool:
    if about.st_size or not stat.S_ISREG(about.st_mode):
        return False
    with suppress(OSError):
        file = os.open(name, FILE, dir_fd=folder)
        try:
            return f"{prefix}whiteout" in os.listxattr(file)
        finally:
            os.close(file)
    return False


def below(folders: Sequence[bytes], name: bytes, prefix: str) -> tuple[bytes, ...]:
    """What lower directories, topmost first, have as `name`: directories that merge, or one thing else."""
    found: list[bytes] = []
    for folder in folders:
        path = folder + b"/" + name
        try:
            about = os.lstat(path)
        except OSError:
            continue
        if is_whiteout(about) or _marked_path(folder, path, about, prefix):
            break
        if not stat.S_ISDIR(about.st_mode):
            return tuple(found) or (path,)
        found.append(path)
        if opaque(path, prefix):
            break
    return tuple(found)


def _marked_path(folder: bytes, path: bytes, about: os.stat_result, prefix: str) -> bool:
    if about.st_size or not stat.S_ISREG(about.st_mode) or not marks_files(folder, prefix):
        return False
    return f"{prefix}whiteout" in os.listxattr(path, follow_symlinks=False)


def read_file(
    layers: Sequence[Path], upper: Path, path: str, limit: int, *, prefix: str = ""
) -> bytes | None:
    """A file as the workspace has it; `layers` topmost first.

    None where there is none, or it is no regular file, or larger than `limit`; never through a link.
    """
    parts = [os.fsencode(one) for one in PurePosixPath(path).parts]
    if not parts or path.startswith("/") or b".." in parts or "\0" in path:
        return None
    with ExitStack() as opened, suppress(OSError):
        return _read(
            opened,
            tuple(map(os.fsencode, layers)),
            upper,
            parts,
            limit,
            prefix or attributes_here(),
        )
    return None


def _read(
    opened: ExitStack,
    lower: tuple[bytes, ...],
    upper: Path,
    parts: list[bytes],
    limit: int,
    prefix: str,
) -> bytes | None:
    folder = os.open(upper, FOLDER)
    opened.callback(os.close, folder)
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        try:
            about = os.stat(part, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return _read_below(lower, parts[at:], limit, prefix)
        if is_whiteout(about) or (
            marks_files(folder, prefix) and _marked(part, folder, about, prefix)
        ):
            return None
        if last:
            return read_in(part, folder, limit)
        folder = os.open(part, FOLDER, dir_fd=folder)
        opened.callback(os.close, folder)
        lower = () if opaque(folder, prefix) else below(lower, part, prefix)
    return None


def _read_below(
    folders: tuple[bytes, ...], parts: list[bytes], limit: int, prefix: str
) -> bytes | None:
    """The same, where the upper layer has nothing."""
    for part in parts:
        folders = below(folders, part, prefix)
    if not folders or not stat.S_ISREG(os.lstat(folders[0]).st_mode):
        return None
    root = os.open(Path(os.fsdecode(folders[0])).parent, FOLDER)
    try:
        return read_in(parts[-1], root, limit)
    finally:
        os.close(root)

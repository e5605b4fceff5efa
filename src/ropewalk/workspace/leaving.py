"""How a directory of ours goes for good: out of everybody's sight at once, and then bit by bit.

It is moved into `trash/.gone-…`, which carries our mark until nothing is left in it. Whoever dies over it leaves
one of these, and the next daemon goes on.
"""

from contextlib import suppress
from pathlib import Path

from ropewalk.core.errors import Bug
from ropewalk.workspace.places import MARK, new_folder, read_mark, sweep_marks
from ropewalk.workspace.removing import remove

GONE = ".gone-"


def away(folder: Path, trash: Path) -> Path:
    """Move a marked directory where only `finish` finds it. Bug: it is somebody else's."""
    read_mark(folder)
    gone = new_folder(trash, GONE)
    folder.rename(gone / folder.name)
    return gone


def finish(gone: Path) -> None:
    """Remove what `away` answered with; what the system does not let go of stays for another time."""
    read_mark(gone)
    for one in list(gone.iterdir()):
        if one.is_dir() and not one.is_symlink():
            remove(one)
    drop(gone)


def drop(folder: Path) -> None:
    """Remove a marked directory if nothing but the mark is in it."""
    sweep_marks(folder)
    if [one.name for one in folder.iterdir()] == [MARK]:
        (folder / MARK).unlink()
        folder.rmdir()


def leftovers(parent: Path, prefix: str) -> list[Path]:
    """Marked directories whose names begin so. Those that died before they had a mark are empty, and go now."""
    found: list[Path] = []
    for one in sorted(parent.glob(f"{prefix}*")):
        try:
            read_mark(one)
        except Bug:
            _drop_empty(one)
        else:
            found.append(one)
    return found


def _drop_empty(folder: Path) -> None:
    with suppress(OSError):
        if not folder.is_symlink() and all(
            one.name.startswith(f".{MARK}-") for one in folder.iterdir()
        ):
            sweep_marks(folder)
            folder.rmdir()

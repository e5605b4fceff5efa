"""The trash of workspaces: a rename to put one in, a rename to take it out."""

import fcntl
import os
import threading
import time
from pathlib import Path

from ropewalk.core.errors import Conflict, NotFound, Outside
from ropewalk.workspace.leaving import away, drop, finish, leftovers
from ropewalk.workspace.places import Mark, Places, marked, new_folder, read_mark, write_mark
from ropewalk.workspace.sizes import forget


class Trash:
    """Workspaces that nobody needs now; whole, ignored files too."""

    def __init__(self, places: Places) -> None:
        """Directories are made on first use."""
        self._live = places.live
        self._trash = places.trash
        self._moving = threading.Lock()

    def put(self, id: str, *, forever: bool) -> bool:
        """Move a workspace here, or away for good. False: there is none. Outside: somebody is in it."""
        path = self._live / id
        if not path.is_dir():
            return False
        mark = read_mark(path)
        is_free(path / "lock")
        self._trash.mkdir(mode=0o700, parents=True, exist_ok=True)
        if forever:
            finish(away(path, self._trash))
            return True
        write_mark(path, {**mark, "trashed": time.time()})
        forget(path)
        with self._moving:
            place = self._trash / id
            if place.exists():
                place.rename(new_folder(self._trash, f"{id}~") / id)
            path.rename(place)
        return True

    def take_back(self, id: str) -> bool:
        """Bring a workspace back; True if it is there. False: it is not here any more."""
        path = self._live / id
        if path.is_dir():
            return True
        place = self._trash / id
        with self._moving:
            if not place.is_dir():
                return False
            read_mark(place)
            place.rename(path)
        return True

    def content(self) -> list[tuple[str, Path, Mark]]:
        """The workspaces here, also those that an other of the same id pushed aside: name, place and mark."""
        aside = sorted(self._trash.glob("*~*"))
        found = [*marked(self._trash), *(each for one in aside for each in marked(one))]
        return [
            (str(path.relative_to(self._trash)), path, mark)
            for path, mark in found
            if "project" in mark
        ]

    def find(self, name: str) -> tuple[Path, Mark]:
        """One of `content`. NotFound: it is not here any more."""
        for one, path, mark in self.content():
            if one == name:
                return path, mark
        raise NotFound(f"{name} is not in the trash any more.", hint="Look again: ropewalk gc")

    def take_out(self, name: str, stamp: str) -> Path:
        """Move one out of sight for good, for `leaving.finish`. Conflict: it came here anew since `stamp`."""
        with self._moving:
            path, mark = self.find(name)
            if trash_stamp(mark) != stamp:
                raise Conflict(f"{name} came to the trash anew.", hint="Look again: ropewalk gc")
            is_free(path / "lock")
            gone = away(path, self._trash)
        if path.parent != self._trash:
            drop(path.parent)
        return gone

    def drop_empty(self) -> None:
        """Remove the directories for those pushed aside that hold none."""
        for one in leftovers(self._trash, "*~"):
            drop(one)


def trash_stamp(mark: Mark) -> str:
    """What tells one stay in the trash from another."""
    return repr(mark.get("trashed", 0.0))


def is_free(lock: Path) -> None:
    """Outside: the workspace is mounted."""
    if not lock_is_free(lock):
        raise Outside(
            "Something runs in this workspace.", hint="Leave the shell that is open in it."
        )


def lock_is_free(lock: Path) -> bool:
    """Whether nobody has what belongs to a lock mounted."""
    try:
        fd = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True

"""The trash of workspaces: a rename to put one in, a rename to take it out, an age after which it goes."""

import fcntl
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from ropewalk.core.errors import Outside
from ropewalk.workspace.places import MARK, Places, read_mark
from ropewalk.workspace.removing import remove

GONE = ".gone-"


class Trash:
    """Workspaces that nobody needs now; whole, ignored files too."""

    def __init__(self, places: Places) -> None:
        """Directories are made on first use."""
        self._live = places.live
        self._trash = places.trash

    def put(self, id: str, *, forever: bool) -> bool:
        """Move a workspace here, or away for good. False: there is none. Outside: somebody is in it."""
        path = self._live / id
        if not path.is_dir():
            return False
        read_mark(path)
        _is_free(path / "lock")
        self._trash.mkdir(mode=0o700, parents=True, exist_ok=True)
        if forever:
            away = Path(tempfile.mkdtemp(dir=self._trash, prefix=GONE))
            path.rename(away / id)
            remove(away)
            return True
        away = self._trash / id
        if away.exists():
            away.rename(Path(tempfile.mkdtemp(dir=self._trash, prefix=f"{id}~")) / id)
        path.rename(away)
        return True

    def take_back(self, id: str) -> bool:
        """Bring a workspace back; True if it is there. False: it is not here any more."""
        path = self._live / id
        if path.is_dir():
            return True
        away = self._trash / id
        if not away.is_dir():
            return False
        read_mark(away)
        away.rename(path)
        return True

    def empty(self, before: float) -> list[str]:
        """Remove what was put here before a time (seconds since the epoch); the ids.

        The versions of these workspaces stay: refs of the project's store hold them.
        """
        old = [one for one in self.content() if one.stat().st_ctime < before]
        for path in old:
            read_mark(path)
            remove(path)
        for path in self._trash.glob(f"{GONE}*"):
            remove(path)
        return [one.name for one in old]

    def content(self) -> list[Path]:
        """The workspaces here, also those that an other of the same id pushed aside."""
        if not self._trash.is_dir():
            return []
        places = [*self._trash.iterdir(), *self._trash.glob("*~*/*")]
        return [one for one in places if (one / MARK).is_file()]


def _is_free(lock: Path) -> None:
    """Outside: the workspace is mounted."""
    with suppress(FileNotFoundError):
        fd = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Outside(
                "Something runs in this workspace.", hint="Leave the shell that is open in it."
            ) from None
        finally:
            os.close(fd)

"""The ignored files of a workspace, kept where the file system copies without copying, and brought back.

`kept/STAMP-NAME` beside a workspace's files holds `list`, the ignored files and directories as git names them, and
`tree`, in which they are. It has its name once it is whole. The newest with a name counts; old ones go.
"""

import re
import tempfile
import time
from pathlib import Path

from ropewalk.core.errors import RopewalkError
from ropewalk.ports import BroughtBack
from ropewalk.workspace.copier import Copier
from ropewalk.workspace.places import UNFINISHED
from ropewalk.workspace.removing import remove
from ropewalk.workspace.sharing import Found, alike, every, opened, put, same, take_away
from ropewalk.workspace.tree import ignored

KEPT = "kept"
MOST = 10
"""How many states of a workspace are kept."""
MOST_FILES = 10_000
"""How many files are copied one by one; more would hold everybody up."""
NAME = re.compile(r"[\w-]{1,100}")


class Ignored:
    """Keeps ignored files by one copier."""

    def __init__(self, copier: Copier) -> None:
        """Makes nothing."""
        self._copier = copier

    def keep(self, folder: Path, own: Path, name: str) -> bool:
        """Keep the ignored files of a workspace under a name. False: there are too many, or not all can be read.

        Its private index has to fit its files, as after `write_tree`.
        """
        if not NAME.fullmatch(name):
            return False
        room = folder / KEPT
        room.mkdir(mode=0o700, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=room, prefix=UNFINISHED))
        try:
            names = ignored(own, folder / "tree", folder / "index")
            if not self._fill(folder / "tree", made / "tree", names):
                return False
            (made / "list").write_bytes(b"".join(one + b"\0" for one in names))
            made.rename(room / f"{time.time_ns():020d}-{name}")
        except (OSError, RopewalkError):
            return False
        finally:
            if made.exists():
                remove(made)
        _drop_old(room)
        return True

    def bring_back(self, folder: Path, own: Path, name: str, saved: str) -> BroughtBack:
        """Make the ignored files those kept under a name, if those that are there are kept as `saved`.

        What is so already is not touched.
        """
        then = _newest(folder / KEPT, name)
        if then is None or _newest(folder / KEPT, saved) is None:
            return ""
        names = (then / "list").read_bytes().split(b"\0")[:-1]
        there = ignored(own, folder / "tree", folder / "index")
        try:
            with opened(then / "tree") as source, opened(folder / "tree") as target:
                return _match(source, every(source, names), target, every(target, there))
        except OSError:
            return ""

    def _fill(self, tree: Path, made: Path, names: list[bytes]) -> bool:
        """Everything at once, where that takes no time; else one file after the other."""
        if self._copier.exact:
            self._copier.copy(tree, made)
            return True
        made.mkdir(mode=0o700)
        with opened(tree) as source, opened(made) as target:
            found = every(source, names)
            if len(found) > MOST_FILES:
                return False
            for path in sorted(found):
                put(source, target, path)
        return True


def _match(source: int, then: Found, target: int, now: Found) -> BroughtBack:
    """Let a directory have, of what is ignored, what another one has."""
    gone = {
        path: one for path, one in now.items() if path not in then or not alike(one, then[path])
    }
    missing = [path for path, one in then.items() if path not in now or not same(one, now[path])]
    if not gone and not missing:
        return "same"
    whole = take_away(target, gone)
    for path in sorted(missing):
        try:
            put(source, target, path)
        except OSError:
            whole = False
    return "all" if whole else "some"


def _newest(room: Path, name: str) -> Path | None:
    found = [one for one in _whole(room) if one.name.partition("-")[2] == name]
    return found[-1] if found else None


def _whole(room: Path) -> list[Path]:
    """Oldest first."""
    return sorted(one for one in room.glob("*-*") if one.name[:1].isdigit())


def _drop_old(room: Path) -> None:
    """Remove what a newer one of the same name stands for, and all but the newest few."""
    found = _whole(room)
    names = [one.name.partition("-")[2] for one in found]
    for number, one in enumerate(found):
        if names[number] in names[number + 1 :] or number < len(found) - MOST:
            gone = one.rename(room / f"{UNFINISHED}{one.name}")
            remove(gone)

"""The tree of an overlay workspace's files, from its upper layer alone: the time is that of the change.

What is in the upper layer is laid over the tree of the base, one directory at a time. What changed is copied
into a miniature checkout, through descriptors and never through a link, and only there git looks at it.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ropewalk.git.trees import FOLDER, Entry, Trees
from ropewalk.workspace.folder import Folder, folder_in, is_folder, whole
from ropewalk.workspace.layers import FOLDER as AS_FOLDER
from ropewalk.workspace.layers import attributes_here, content_of, opaque, open_beneath
from ropewalk.workspace.miniature import Miniature
from ropewalk.workspace.removing import remove
from ropewalk.workspace.taking import Findings, Taking, too_long
from ropewalk.workspace.tree import NAMED_AT_MOST, TRIES

UNFINISHED = "miniature-"
UNFINISHED_S = 3600.0


def write_tree(
    own: Path,
    *,
    layers: Sequence[Path],
    upper: Path,
    base: str,
    tracked: str,
    prefix: str = "",
) -> tuple[str, tuple[str, ...]]:
    """The tree id of what `git add --all` would record, and what could not be put into it.

    `own`: the bare store, which takes the objects. `layers`: the lower directories, topmost first, whose
    tracked files are those of the commit `base`. `upper`: the upper directory; a temporary one is made beside
    it. `tracked`: a commit whose files count, with those of `base`, as tracked even if rules ignore them.
    `prefix`: of the overlay's attributes, see `layers.attributes_here`.

    Nothing named `.git` counts. The files of nested repositories count as the workspace's. Submodules of the
    base stay as they are there. What is left out (too large, unreadable, no file, no name that git takes)
    stays as it was tracked. Outside, and `GitFailed`, which is one.
    """
    _sweep(upper.parent)
    prefix = prefix or attributes_here()
    for last in [False] * (TRIES - 1) + [True]:
        with (
            tempfile.TemporaryDirectory(dir=upper.parent, prefix=UNFINISHED) as room,
            Trees(own) as trees,
        ):
            look = _Look(own, trees, upper, Path(room), prefix)
            made = look.tree(tuple(map(os.fsencode, layers)), base, tracked)
            if last or not look.found.moved:
                named = [os.fsdecode(one) for one in look.found.left_out][:NAMED_AT_MOST]
                return made, tuple(named)
    raise AssertionError


def _sweep(room: Path) -> None:
    """Remove what calls that were killed long ago left."""
    for one in room.glob(f"{UNFINISHED}*"):
        with suppress(OSError):
            if time.time() - one.stat().st_mtime > UNFINISHED_S:
                remove(one)


class _Look:
    """One look at an upper layer."""

    def __init__(self, own: Path, trees: Trees, upper: Path, room: Path, prefix: str) -> None:
        self._own = own
        self._trees = trees
        self._upper = upper
        self._room = room
        self._prefix = prefix
        self._root = -1
        self._folders: list[Folder] = []
        self._repositories: list[Folder] = []
        self.found = Findings()

    def tree(self, layers: tuple[bytes, ...], base: str, tracked: str) -> str:
        """The id of the new tree."""
        known = self._trees.read(f"{base}^{{tree}}")
        last = self._trees.read(f"{tracked}^{{tree}}")
        self._root = os.open(self._upper, AS_FOLDER)
        try:
            hides = opaque(self._root, self._prefix)
            self._repositories = [whole(layers, known, last, hides=hides)]
            for number, top in enumerate(self._repositories):
                self._take(top, self._room / str(number))
        finally:
            os.close(self._root)
        return self._put_together()

    def _take(self, top: Folder, room: Path) -> None:
        """Take the files of one repository; those within it are put off."""
        done = len(self._folders)
        with Miniature(self._own, room) as small:
            taking = Taking(small, self.found, self._prefix)
            self._walk(top, taking)
            taking.record(self._folders[done:])

    def _walk(self, top: Folder, taking: Taking) -> None:
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            self._folders.append(folder)
            try:
                opened = open_beneath(self._root, folder.path)
            except PermissionError:
                taking.leave_folder(folder)
                continue
            except OSError:
                self.found.moved = True
                folder.entries = {}
                continue
            try:
                waiting += self._enter(folder, opened, taking)
            finally:
                os.close(opened)

    def _enter(self, folder: Folder, opened: int, taking: Taking) -> list[Folder]:
        """Look at one directory; those below it that are to be looked at."""
        content = content_of(opened, self._prefix)
        content.pop(b".git", None)
        folder.drop_hidden(content)
        taking.rules(folder, content, opened)
        present = {name: about for name, about in content.items() if about}
        folder.keep_submodules(present)
        taking.drop_ignored(folder, present)
        inner: list[Folder] = []
        for name, about in present.items():
            if too_long(folder, name):
                taking.leave(folder, name)
            elif is_folder(about):
                inner.append(folder_in(folder, name, opened, self._trees, self._prefix))
            else:
                taking.file(folder, name, about, opened)
        self._repositories += [one for one in inner if one.nested]
        return [one for one in inner if not one.nested]

    def _put_together(self) -> str:
        """Write the trees that changed, the deepest first."""
        for folder in reversed(self._folders):
            above = folder.above
            if above is None:
                return self._written(folder)
            if folder.stays:
                above.entries[folder.name] = folder.stays
            elif folder.entries:
                above.entries[folder.name] = Entry(FOLDER, self._written(folder))
            else:
                above.entries.pop(folder.name, None)
        raise AssertionError

    def _written(self, folder: Folder) -> str:
        """The id of a directory's tree; nothing is written if the base or the last one has the same."""
        for known in (folder.base, folder.tracked):
            if known.id and folder.entries == known.entries:
                return known.id
        return self._trees.write(folder.entries)

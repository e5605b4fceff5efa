"""The tree of an overlay workspace's files, from its upper layer alone: the time is that of the change.

What is in the upper layer is laid over the tree of the base, one directory at a time. What changed is copied
into a miniature checkout, through descriptors and never through a link, and only there git looks at it.
"""

import os
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from errno import EDQUOT, ENOSPC
from pathlib import Path

from ropewalk.git.trees import FOLDER, NONE, SUBMODULE, Entry, Listing, Tree, Trees
from ropewalk.workspace.layers import (
    FILE,
    attributes_here,
    below,
    content_of,
    is_whiteout,
    opaque,
    open_beneath,
    refuse_foreign,
)
from ropewalk.workspace.layers import FOLDER as AS_FOLDER
from ropewalk.workspace.miniature import RULES, Miniature
from ropewalk.workspace.removing import remove
from ropewalk.workspace.tree import LARGEST, NAMED_AT_MOST, TRIES

LONGEST = 4000
"""Bytes of a path that git still takes, which is less than the system's own limit."""
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
            if last or not look.moved:
                named = [os.fsdecode(one) for one in look.left_out][:NAMED_AT_MOST]
                return made, tuple(named)
    raise AssertionError


def _sweep(room: Path) -> None:
    """Remove what calls that were killed long ago left."""
    for one in room.glob(f"{UNFINISHED}*"):
        with suppress(OSError):
            if time.time() - one.stat().st_mtime > UNFINISHED_S:
                remove(one)


@dataclass(slots=True, eq=False)
class _Folder:
    """A directory of the upper layer, and what is said elsewhere of the same one."""

    path: bytes
    """With a slash at the end, or empty."""
    lower: tuple[bytes, ...]
    """The directories of the layers that show through, topmost first."""
    base: Tree
    indexed: Tree
    """`base`, unless `tracked` has something else than a directory here."""
    tracked: Tree
    entries: Listing
    """What the new tree has here; at first, what of the base's shows through."""
    above: "_Folder | None" = None
    scope: bytes = b""
    """Where the repository begins whose rules count here."""
    stays: Entry | None = None
    """Set if the directory cannot be read."""
    known: Listing = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = {**self.indexed.entries, **self.tracked.entries}

    @property
    def name(self) -> bytes:
        return self.path.rstrip(b"/").rsplit(b"/", 1)[-1]

    @property
    def inner(self) -> bytes:
        """The path within the repository."""
        return self.path[len(self.scope) :]

    def was(self, name: bytes) -> Entry | None:
        """The file that git would find in its index."""
        found = self.known.get(name)
        return None if found is None or found.mode in (FOLDER, SUBMODULE) else found

    def is_indexed(self, name: bytes) -> bool:
        """Whether a directory holds files that git would find in its index."""
        return name in self.known and self.known[name].is_folder


class _Look:
    """One look at an upper layer."""

    def __init__(self, own: Path, trees: Trees, upper: Path, room: Path, prefix: str) -> None:
        self._own = own
        self._trees = trees
        self._upper = upper
        self._room = room
        self._prefix = prefix
        self._root = -1
        self._folders: list[_Folder] = []
        self._repositories: list[_Folder] = []
        self._done = 0
        """How many of the directories belong to repositories that are done."""
        self._copied: list[tuple[_Folder, bytes]] = []
        """Of the repository that is looked at."""
        self.left_out: dict[bytes, None] = {}
        """The paths, in the order they were found."""
        self.moved = False
        """Something went while it was looked at."""

    def tree(self, layers: tuple[bytes, ...], base: str, tracked: str) -> str:
        """The id of the new tree."""
        known = self._trees.read(f"{base}^{{tree}}")
        last = self._trees.read(f"{tracked}^{{tree}}")
        self._root = os.open(self._upper, AS_FOLDER)
        try:
            hides = opaque(self._root, self._prefix)
            shown = {} if hides else dict(known.entries)
            lower = () if hides else layers
            self._repositories = [_Folder(b"", lower, known, known, last, shown)]
            for number, top in enumerate(self._repositories):
                with Miniature(self._own, self._room / str(number)) as small:
                    self._walk(top, small)
                    self._take(small)
                self._done = len(self._folders)
        finally:
            os.close(self._root)
        return self._put_together()

    # --- looking -------------------------------------------------------------------------------

    def _walk(self, top: _Folder, small: Miniature) -> None:
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            self._folders.append(folder)
            try:
                opened = open_beneath(self._root, folder.path)
            except PermissionError:
                self._leave_folder(folder)
                continue
            except OSError:
                self.moved = True
                folder.entries = {}
                continue
            try:
                waiting += self._enter(folder, opened, small)
            finally:
                os.close(opened)

    def _enter(self, folder: _Folder, opened: int, small: Miniature) -> list[_Folder]:
        """Look at one directory; those below it that are to be looked at."""
        content = content_of(opened, self._prefix)
        content.pop(b".git", None)
        for name in content:
            one = folder.entries.get(name)
            if one and not (one.is_folder and _is_folder(content[name])):
                del folder.entries[name]
        self._rules(folder, content, opened, small)
        present = {name: about for name, about in content.items() if about}
        for name in [name for name, about in present.items() if _is_folder(about)]:
            was = folder.base.entries.get(name)
            if was and was.mode == SUBMODULE:
                folder.entries[name] = was
                del present[name]
        counted = self._counted(folder, present, small)
        return list(self._sorted(folder, counted, opened, small))

    def _sorted(
        self, folder: _Folder, counted: dict[bytes, os.stat_result], opened: int, small: Miniature
    ) -> Iterator[_Folder]:
        """Copy the files; the directories, but nested repositories are put off."""
        for name, about in counted.items():
            path = folder.path + name
            if len(path) > LONGEST:
                self._leave(folder, name)
            elif _is_folder(about):
                inner = self._below(folder, name, opened)
                if inner.scope == inner.path:
                    self._repositories.append(inner)
                else:
                    yield inner
            else:
                self._file(folder, name, about, opened, small)

    def _rules(
        self,
        folder: _Folder,
        content: dict[bytes, os.stat_result | None],
        opened: int,
        small: Miniature,
    ) -> None:
        """The rules that hold in a directory, from the layer that shows them."""
        if folder.inner:
            small.folder(folder.inner[:-1])
        for name in RULES:
            if name in content:
                about = content[name]
                regular = about and stat.S_ISREG(about.st_mode)
                if regular and not self._copy(folder, name, opened, small):
                    del content[name]
            elif shown := below(folder.lower, name, self._prefix):
                with suppress(OSError):
                    self._copy_rules(shown[0], folder.inner + name, small)

    def _copy_rules(self, source: bytes, path: bytes, small: Miniature) -> None:
        file = os.open(source, FILE)
        try:
            if stat.S_ISREG(os.fstat(file).st_mode):
                small.copy(path, file, LARGEST)
        finally:
            os.close(file)

    def _counted(
        self, folder: _Folder, present: dict[bytes, os.stat_result], small: Miniature
    ) -> dict[bytes, os.stat_result]:
        """What is tracked or not ignored."""
        asked: list[bytes] = []
        for name, about in present.items():
            if len(folder.path + name) > LONGEST:
                continue
            if _is_folder(about):
                if not folder.is_indexed(name):
                    small.folder(folder.inner + name)
                    asked.append(folder.inner + name)
            elif not folder.was(name):
                asked.append(folder.inner + name)
        for path in small.ignored(asked):
            name = path[len(folder.inner) :]
            folder.entries.pop(name, None)
            del present[name]
        return present

    def _below(self, folder: _Folder, name: bytes, opened: int) -> _Folder:
        path = folder.path + name + b"/"
        hides = self._hides(name, opened)
        lower = () if hides else below(folder.lower, name, self._prefix)
        lower = tuple(one for one in lower if stat.S_ISDIR(os.lstat(one).st_mode))
        shown = {} if hides else dict(self._read(folder.entries, name).entries)
        last = folder.tracked.entries
        replaced = name in last and not last[name].is_folder
        nested = not folder.is_indexed(name) and _is_repository(name, opened, lower)
        return _Folder(
            path=path,
            lower=lower,
            base=self._read(folder.base.entries, name),
            indexed=NONE if replaced else self._read(folder.indexed.entries, name),
            tracked=self._read(last, name),
            entries=shown,
            above=folder,
            scope=path if nested else folder.scope,
        )

    def _hides(self, name: bytes, opened: int) -> bool:
        try:
            inner = os.open(name, AS_FOLDER, dir_fd=opened)
        except OSError:
            return False
        try:
            return opaque(inner, self._prefix)
        finally:
            os.close(inner)

    def _read(self, above: Listing, name: bytes) -> Tree:
        found = above.get(name)
        return self._trees.read(found.id) if found and found.is_folder else NONE

    # --- copying -------------------------------------------------------------------------------

    def _file(
        self, folder: _Folder, name: bytes, about: os.stat_result, opened: int, small: Miniature
    ) -> None:
        if stat.S_ISLNK(about.st_mode):
            with suppress(OSError):
                small.link(folder.inner + name, os.readlink(name, dir_fd=opened))
                self._copied.append((folder, name))
                return
            self.moved = True
        elif not stat.S_ISREG(about.st_mode):
            self._leave(folder, name)
        elif (name in RULES) or self._copy(folder, name, opened, small):
            self._copied.append((folder, name))

    def _copy(self, folder: _Folder, name: bytes, opened: int, small: Miniature) -> bool:
        """Whether a file is in the miniature now. If not, it is left out, or gone."""
        try:
            file = os.open(name, FILE, dir_fd=opened)
        except FileNotFoundError:
            self.moved = True
            return False
        except OSError:
            self._leave(folder, name)
            return False
        try:
            refuse_foreign(file, self._prefix)
            about = os.fstat(file)
            taken = stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST
            if taken and small.copy(folder.inner + name, file, LARGEST):
                return True
        except OSError as error:
            if error.errno in (ENOSPC, EDQUOT):
                raise
        finally:
            os.close(file)
        self._leave(folder, name)
        return False

    def _leave(self, folder: _Folder, name: bytes) -> None:
        """Leave a file out: what is tracked in its place stays."""
        self.left_out[folder.path + name] = None
        if was := folder.was(name):
            folder.entries[name] = was

    def _leave_folder(self, folder: _Folder) -> None:
        """Leave out a directory that cannot be read."""
        self.left_out[folder.path[:-1]] = None
        if folder.above:
            found = folder.above.known.get(folder.name)
            folder.stays = found if found and found.is_folder else None

    # --- recording -----------------------------------------------------------------------------

    def _take(self, small: Miniature) -> None:
        """Put what git made of the copies into the listings."""
        if not self._copied:
            return
        known = {
            folder.inner + name: was for folder, name in self._copied if (was := folder.was(name))
        }
        for folder in self._folders[self._done :]:
            if was := folder.was(b".gitattributes"):
                known[folder.inner + b".gitattributes"] = was
        found = small.record(known)
        for folder, name in self._copied:
            if one := found.get(folder.inner + name):
                folder.entries[name] = Entry(one.mode, one.id)
            else:
                self._leave(folder, name)
        self._copied = []

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

    def _written(self, folder: _Folder) -> str:
        """The id of a directory's tree; nothing is written if the base or the last one has the same."""
        for known in (folder.base, folder.tracked):
            if known.id and folder.entries == known.entries:
                return known.id
        return self._trees.write(folder.entries)


def _is_folder(about: os.stat_result | None) -> bool:
    return about is not None and stat.S_ISDIR(about.st_mode)


def _is_repository(name: bytes, opened: int, lower: tuple[bytes, ...]) -> bool:
    """Whether a directory is a repository of its own, as far as its `.git` looks like it."""
    for place, folder in [(name, opened), *((one, None) for one in lower)]:
        about = _about(place + b"/.git", folder)
        if about and (is_whiteout(about) or stat.S_ISREG(about.st_mode)):
            return not is_whiteout(about)
        if _about(place + b"/.git/HEAD", folder):
            return True
    return False


def _about(path: bytes, folder: int | None) -> os.stat_result | None:
    with suppress(OSError):
        return os.stat(path, dir_fd=folder, follow_symlinks=False)
    return None

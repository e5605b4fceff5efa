"""Taking the files of one repository in an upper layer: copied into a miniature, recorded there by git."""

import os
import stat
from contextlib import suppress
from errno import EDQUOT, ENOSPC

from ropewalk.git.trees import Entry
from ropewalk.workspace.folder import Folder, is_folder
from ropewalk.workspace.layers import FILE, below, refuse_foreign
from ropewalk.workspace.miniature import RULES, Miniature
from ropewalk.workspace.tree import LARGEST

LONGEST = 4000
"""Bytes of a path that git still takes, which is less than the system's own limit."""


class Findings:
    """What one look at an upper layer found out about it as a whole."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.left_out: dict[bytes, None] = {}
        """The paths, in the order they were found."""
        self.moved = False
        """Something went while it was looked at."""


class Taking:
    """The files of one repository, on their way into its miniature."""

    def __init__(self, small: Miniature, found: Findings, prefix: str) -> None:
        """`found` takes what is left out; `prefix` is that of the overlay's attributes."""
        self._small = small
        self._found = found
        self._prefix = prefix
        self._copied: list[tuple[Folder, bytes]] = []

    # --- rules ---------------------------------------------------------------------------------

    def rules(
        self, folder: Folder, content: dict[bytes, os.stat_result | None], opened: int
    ) -> None:
        """Copy the rules that hold in a directory, from the layer that shows them."""
        if folder.inner:
            self._small.folder(folder.inner[:-1])
        for name in RULES:
            if name in content:
                about = content[name]
                regular = about and stat.S_ISREG(about.st_mode)
                if regular and not self._copy(folder, name, opened):
                    del content[name]
            elif shown := below(folder.lower, name, self._prefix):
                with suppress(OSError):
                    self._copy_rules(shown[0], folder.inner + name)

    def _copy_rules(self, source: bytes, path: bytes) -> None:
        file = os.open(source, FILE)
        try:
            if stat.S_ISREG(os.fstat(file).st_mode):
                self._small.copy(path, file, LARGEST)
        finally:
            os.close(file)

    def drop_ignored(self, folder: Folder, present: dict[bytes, os.stat_result]) -> None:
        """Leave what is tracked or not ignored."""
        for path in self._small.ignored(self._asked(folder, present)):
            name = path[len(folder.inner) :]
            folder.entries.pop(name, None)
            del present[name]

    def _asked(self, folder: Folder, present: dict[bytes, os.stat_result]) -> list[bytes]:
        """What the rules may shut out: all that is not tracked."""
        asked: list[bytes] = []
        for name, about in present.items():
            if too_long(folder, name):
                continue
            if is_folder(about):
                if not folder.is_indexed(name):
                    self._small.folder(folder.inner + name)
                    asked.append(folder.inner + name)
            elif not folder.was(name):
                asked.append(folder.inner + name)
        return asked

    # --- copying -------------------------------------------------------------------------------

    def file(self, folder: Folder, name: bytes, about: os.stat_result, opened: int) -> None:
        """Take what is no directory."""
        if stat.S_ISLNK(about.st_mode):
            with suppress(OSError):
                self._small.link(folder.inner + name, os.readlink(name, dir_fd=opened))
                self._copied.append((folder, name))
                return
            self._found.moved = True
        elif not stat.S_ISREG(about.st_mode):
            self.leave(folder, name)
        elif (name in RULES) or self._copy(folder, name, opened):
            self._copied.append((folder, name))

    def _copy(self, folder: Folder, name: bytes, opened: int) -> bool:
        """Whether a file is in the miniature now. If not, it is left out, or gone."""
        try:
            file = os.open(name, FILE, dir_fd=opened)
        except FileNotFoundError:
            self._found.moved = True
            return False
        except OSError:
            self.leave(folder, name)
            return False
        try:
            if self._fill(folder.inner + name, file):
                return True
        except OSError as error:
            if error.errno in (ENOSPC, EDQUOT):
                raise
        finally:
            os.close(file)
        self.leave(folder, name)
        return False

    def _fill(self, path: bytes, file: int) -> bool:
        """Copy an open file, if it is one and not too large. OSError: it cannot be read."""
        refuse_foreign(file, self._prefix)
        about = os.fstat(file)
        taken = stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST
        return taken and self._small.copy(path, file, LARGEST)

    def leave(self, folder: Folder, name: bytes) -> None:
        """Leave a file out: what is tracked in its place stays."""
        self._found.left_out[folder.path + name] = None
        if was := folder.was(name):
            folder.entries[name] = was

    def leave_folder(self, folder: Folder) -> None:
        """Leave out a directory that cannot be read."""
        self._found.left_out[folder.path[:-1]] = None
        if folder.above:
            found = folder.above.known.get(folder.name)
            folder.stays = found if found and found.is_folder else None

    # --- recording -----------------------------------------------------------------------------

    def record(self, folders: list[Folder]) -> None:
        """Put what git makes of the copies into the listings; `folders` are those of this repository."""
        if not self._copied:
            return
        known = {
            folder.inner + name: was for folder, name in self._copied if (was := folder.was(name))
        }
        for folder in folders:
            if was := folder.was(b".gitattributes"):
                known[folder.inner + b".gitattributes"] = was
        found = self._small.record(known)
        for folder, name in self._copied:
            if one := found.get(folder.inner + name):
                folder.entries[name] = Entry(one.mode, one.id)
            else:
                self.leave(folder, name)


def too_long(folder: Folder, name: bytes) -> bool:
    """Whether git would not take the path of a file."""
    return len(folder.path + name) > LONGEST

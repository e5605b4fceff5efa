"""A directory of an upper layer, and what the layers below and the versions in the store have in its place."""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from ropewalk.git.trees import FOLDER, NONE, SUBMODULE, Entry, Listing, Tree, Trees
from ropewalk.workspace.layers import FOLDER as AS_FOLDER
from ropewalk.workspace.layers import below, is_whiteout, opaque


@dataclass(slots=True, eq=False)
class Folder:
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
    above: Self | None = None
    scope: bytes = b""
    """Where the repository begins whose rules count here."""
    stays: Entry | None = None
    """Set if the directory cannot be read."""
    known: Listing = field(default_factory=dict)

    def __post_init__(self) -> None:
        """`known` is what git would have in its index."""
        self.known = {**self.indexed.entries, **self.tracked.entries}

    @property
    def name(self) -> bytes:
        """Its name in the directory above."""
        return self.path.rstrip(b"/").rsplit(b"/", 1)[-1]

    @property
    def inner(self) -> bytes:
        """The path within the repository."""
        return self.path[len(self.scope) :]

    @property
    def nested(self) -> bool:
        """Whether a repository of its own begins here."""
        return bool(self.path) and self.scope == self.path

    def was(self, name: bytes) -> Entry | None:
        """The file that git would find in its index."""
        found = self.known.get(name)
        return None if found is None or found.mode in (FOLDER, SUBMODULE) else found

    def is_indexed(self, name: bytes) -> bool:
        """Whether a directory holds files that git would find in its index."""
        return name in self.known and self.known[name].is_folder

    def drop_hidden(self, content: dict[bytes, os.stat_result | None]) -> None:
        """Forget of the base what something in the upper layer hides: all but what a directory merges with."""
        for name, about in content.items():
            one = self.entries.get(name)
            if one and not (one.is_folder and is_folder(about)):
                del self.entries[name]

    def keep_submodules(self, present: dict[bytes, os.stat_result]) -> None:
        """What the base has as a submodule stays one, as long as a directory is there; nobody looks into it."""
        for name in [name for name, about in present.items() if is_folder(about)]:
            was = self.base.entries.get(name)
            if was and was.mode == SUBMODULE:
                self.entries[name] = was
                del present[name]


def whole(layers: tuple[bytes, ...], base: Tree, tracked: Tree, *, hides: bool) -> Folder:
    """The top directory; `hides`: nothing of the layers shows through."""
    shown = {} if hides else dict(base.entries)
    return Folder(b"", () if hides else layers, base, base, tracked, shown)


def folder_in(above: Folder, name: bytes, opened: int, trees: Trees, prefix: str) -> Folder:
    """A directory in another one, which is open."""
    path = above.path + name + b"/"
    hides = _hides(name, opened, prefix)
    lower = () if hides else below(above.lower, name, prefix)
    lower = tuple(one for one in lower if stat.S_ISDIR(os.lstat(one).st_mode))
    last = above.tracked.entries
    replaced = name in last and not last[name].is_folder
    nested = not above.is_indexed(name) and _is_repository(name, opened, lower)
    return Folder(
        path=path,
        lower=lower,
        base=_read(trees, above.base.entries, name),
        indexed=NONE if replaced else _read(trees, above.indexed.entries, name),
        tracked=_read(trees, last, name),
        entries={} if hides else dict(_read(trees, above.entries, name).entries),
        above=above,
        scope=path if nested else above.scope,
    )


def is_folder(about: os.stat_result | None) -> bool:
    """Whether this is a directory."""
    return about is not None and stat.S_ISDIR(about.st_mode)


def _read(trees: Trees, above: Listing, name: bytes) -> Tree:
    found = above.get(name)
    return trees.read(found.id) if found and found.is_folder else NONE


def _hides(name: bytes, opened: int, prefix: str) -> bool:
    try:
        inner = os.open(name, AS_FOLDER, dir_fd=opened)
    except OSError:
        return False
    try:
        return opaque(inner, prefix)
    finally:
        os.close(inner)


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

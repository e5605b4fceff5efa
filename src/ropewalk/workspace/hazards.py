"""What would let git wait for ever while it looks at a hostile directory: pipes where it expects files.

Git opens `.gitignore`, `.gitattributes` and the HEAD and refs of nested repositories without a look at what
they are. A pipe holds nothing that could be lost, so those are removed.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ropewalk.core.errors import Outside

RULES = (".gitignore", ".gitattributes")
HEADS = ("HEAD", "packed-refs", "config", "commondir")
POINTER_BYTES = 4096


def clear(tree: Path) -> None:
    """Remove the pipes in the way of git. Outside: a nested repository leads to one that is elsewhere."""
    waiting = [str(tree)]
    while waiting:
        folder = waiting.pop()
        with suppress(OSError), os.scandir(folder) as entries:
            for one in entries:
                if one.name == ".git":
                    if folder != str(tree):
                        _disarm(Path(one.path), tree)
                elif one.is_dir(follow_symlinks=False):
                    waiting.append(one.path)
                elif one.name in RULES and _special(one.path):
                    Path(one.path).unlink()


def _disarm(place: Path, tree: Path) -> None:
    """The same for what a nested repository's `.git` leads to."""
    for repository in _places(place):
        for path in _opened(repository):
            if not _special(path):
                continue
            if not path.parent.resolve().is_relative_to(tree.resolve()):
                raise Outside(
                    f"{place} leads git to {path}, which is no file.", hint="Remove that directory."
                )
            path.unlink(missing_ok=True)


def _places(place: Path) -> Iterator[Path]:
    """The directories that a `.git` stands for: its own, and the one whose refs it shares."""
    if place.is_file():
        place = _pointed(place, "gitdir: ", place.parent)
    yield place
    if (shared := place / "commondir").is_file():
        yield _pointed(shared, "", place)


def _pointed(file: Path, mark: str, folder: Path) -> Path:
    with file.open("rb") as content:
        words = os.fsdecode(content.read(POINTER_BYTES))
    return folder / words.removeprefix(mark).rstrip("\r\n").replace("\0", "")


def _opened(repository: Path) -> Iterator[Path]:
    yield from (repository / name for name in HEADS)
    for folder, _, names in os.walk(repository / "refs"):
        yield from (Path(folder, name) for name in names)


def _special(path: str | Path) -> bool:
    """Neither a file nor a directory, wherever a link leads."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))

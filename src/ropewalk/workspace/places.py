"""Where a host keeps workspaces, and the mark that says that we made a directory.

Below `HOME/host`: `workspaces/ID`, `bases/KEY`, `trash/ID`, and `at/PROJECT/tree`, the directory where every
workspace of a project appears to its own runs. Only what carries the mark is ever removed. A directory is marked
before anything is put into it: one without a mark is empty, or not ours.
"""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from ropewalk.core.errors import Bug, NotFound

MARK = "mark"
MADE_BY = "ropewalk"
UNFINISHED = ".new-"
"""How the names of directories begin that are about to become something."""
Mark = dict[str, Any]


class Places:
    """The directories of one host."""

    def __init__(self, home: Path) -> None:
        """Makes nothing."""
        self.home = home
        self.host = home / "host"
        self.live = self.host / "workspaces"
        self.bases = self.host / "bases"
        self.trash = self.host / "trash"

    def at(self, project: str) -> Path:
        """Where a project's workspaces appear to their own runs; made if need be."""
        path = self.host / "at" / project / "tree"
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path


def new_folder(parent: Path, prefix: str = UNFINISHED) -> Path:
    """A fresh directory with a mark, in one that is made if need be."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
    write_mark(folder, {"state": "unfinished"})
    return folder


def write_mark(folder: Path, mark: Mark) -> None:
    """Mark a directory as ours; at once or not at all."""
    fresh = folder / f".{MARK}-{os.getpid()}"
    fresh.write_text(json.dumps({"made-by": MADE_BY, **mark}), encoding="utf-8")
    fresh.replace(folder / MARK)


def read_mark(folder: Path) -> Mark:
    """The mark of a directory of ours. NotFound: it is not there. Bug: it is somebody else's."""
    if not folder.is_dir():
        raise NotFound(
            f"There is no workspace {folder.name}.", hint="ropewalk resume makes it anew."
        )
    mark = _mark(folder)
    if mark is None:
        raise Bug(f"{folder} does not carry our mark: it is left alone.")
    return mark


def marked(parent: Path) -> list[tuple[Path, Mark]]:
    """What is ours in a directory, through no link, with the marks."""
    if not parent.is_dir():
        return []
    found = [(one, _mark(one)) for one in sorted(parent.iterdir())]
    return [(one, mark) for one, mark in found if mark is not None]


def sweep_marks(folder: Path) -> None:
    """Remove marks that were never finished; nobody may be writing one."""
    for one in folder.glob(f".{MARK}-*"):
        with suppress(OSError):
            one.unlink()


def _mark(folder: Path) -> Mark | None:
    if folder.is_symlink() or not folder.is_dir():
        return None
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return mark if isinstance(mark, dict) and mark.get("made-by") == MADE_BY else None

"""Where a host keeps workspaces, and the mark that says that we made a directory.

Below `HOME/host`: `workspaces/ID`, `bases/KEY`, `trash/ID`, and `at/PROJECT/tree`, the directory where every
workspace of a project appears to its own runs. Only what carries the mark is ever removed.
"""

import json
import os
from pathlib import Path
from typing import Any

from ropewalk.core.errors import Bug, NotFound

MARK = "mark"
MADE_BY = "ropewalk"
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
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        mark = {}
    if mark.get("made-by") != MADE_BY:
        raise Bug(f"{folder} does not carry our mark: it is left alone.")
    return mark

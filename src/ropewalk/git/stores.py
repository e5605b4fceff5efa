"""Where a project's bare store is, and making it. The store is ours alone; nobody else writes its files."""

import tempfile
from pathlib import Path

from ropewalk.git.process import git

ATTRIBUTES = "* !filter !merge !diff !ident !working-tree-encoding\n"
"""Highest in precedence: no driver that a change's own attributes name is ever looked for."""


def store_path(home: Path, project: str) -> Path:
    """The store of a project, by its permanent id."""
    return home / "projects" / f"{project}.git"


def store(home: Path, project: str) -> Path:
    """The store of a project, made if there is none; whole or not at all."""
    path = store_path(home, project)
    if path.is_dir():
        return path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as folder:
        made = Path(folder, "store")
        made.mkdir()
        git("init", "--quiet", "--bare", "--template=", git_dir=made)
        (made / "info").mkdir(exist_ok=True)
        (made / "info" / "attributes").write_text(ATTRIBUTES, encoding="utf-8")
        try:
            made.rename(path)
        except OSError:
            if not path.is_dir():
                raise
    return path

"""Where a project's bare store is, and making it. The store is ours alone; nobody else writes its files."""

import tempfile
from pathlib import Path

from ropewalk.core.errors import Refused
from ropewalk.git.process import GitFailed, git

ATTRIBUTES = "* !filter !working-tree-encoding\n"
"""Highest in precedence, in stores and workspaces alike: no filter is looked for, and no encoding that a
change's own attributes name can make git fail. Drivers for merge and diff come from our own configuration
only, where there are none; `ident` and line ends are git's own and hold both ways."""


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


def bring_in(own: Path, source: str, commit: str) -> None:
    """A commit and all it reaches into a store, by a local fetch that runs no hook of anybody."""
    if not _has(own, commit):
        _fetch(own, source, commit)


def _has(own: Path, commit: str) -> bool:
    try:
        git("rev-list", "--quiet", "--objects", commit, "--not", "--all", git_dir=own)
    except GitFailed:
        return False
    return True


def _fetch(own: Path, source: str, commit: str) -> None:
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--update-shallow")
    served = "-c uploadpack.allowAnySHA1InWant=true -c 'safe.directory=*'"
    upload = f"--upload-pack=git {served} upload-pack"
    try:
        git("fetch", *options, upload, source, commit, git_dir=own)
    except GitFailed as failed:
        if "promisor" in failed.words or "partial" in failed.words:
            raise Refused(
                "This is a partial clone: it does not have all objects of the base.",
                hint="Fetch them first: git fetch --refetch --no-filter",
            ) from failed
        raise

"""Where a project's two bare stores are, and making them. They are ours alone; nobody else writes their files.

*base* holds what base commits reach, and nothing else: it is the only one that a workspace borrows objects
from. *attempts* holds everything: snapshots, versions, results, built merges. It borrows from *base*, so a
ref in *attempts* may name a commit whose objects are only there.

Rules for whoever packs or prunes (`git/upkeep.py`): *attempts* may be repacked with `-l` and pruned by its own
refs. Out of *base* no object ever goes as long as its project is there, because what
borrows it (*attempts*, workspaces, those in the trash too) has no ref in it; git refuses to prune there
(`extensions.preciousObjects`).
"""

import os
import shutil
import tempfile
from pathlib import Path

from ropewalk.core.errors import Refused
from ropewalk.git.process import GitFailed, git

ATTRIBUTES = "* !filter !working-tree-encoding\n"
"""Highest in precedence, in stores and workspaces alike: no filter is looked for, and no encoding that a
change's own attributes name can make git fail. Drivers for merge and diff come from our own configuration
only, where there are none; `ident` and line ends are git's own and hold both ways."""
BASES = "refs/ropewalk/tasks/*"
"""The refs of base commits in an attempts store that was made when there was no other."""
ALTERNATES = Path("objects", "info", "alternates")
SHALLOW = "shallow"


def store_path(home: Path, project: str) -> Path:
    """The attempts store of a project, by its permanent id."""
    return home / "projects" / f"{project}.git"


def base_path(home: Path, project: str) -> Path:
    """The base store of a project, by its permanent id."""
    return home / "projects" / f"{project}.base.git"


def store(home: Path, project: str) -> Path:
    """The attempts store of a project, made if there is none; whole or not at all."""
    path = store_path(home, project)
    if not (path / ALTERNATES).is_file():
        base = base_store(home, project)
        if path.is_dir():
            _borrow(path, base)
        else:
            _make(path, lender=base)
    return path


def base_store(home: Path, project: str) -> Path:
    """The base store of a project, made if there is none; whole or not at all.

    It begins with the bases of an attempts store that was made when there was no other.
    """
    path = base_path(home, project)
    if not path.is_dir():
        _make(path, older=store_path(home, project))
    return path


def lend(own: Path, base: Path, inner: Path) -> None:
    """Let a git directory that we just made borrow the objects of the base store, and of no other.

    `own` is the attempts store: where history is cut off, it is cut off at the same commits.
    """
    (inner / ALTERNATES).parent.mkdir(parents=True, exist_ok=True)
    (inner / ALTERNATES).write_bytes(os.fsencode(base / "objects") + b"\n")
    if (own / SHALLOW).is_file():
        shutil.copyfile(own / SHALLOW, inner / SHALLOW)


def _make(path: Path, *, lender: Path | None = None, older: Path | None = None) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as folder:
        made = Path(folder, "store")
        made.mkdir()
        git("init", "--quiet", "--bare", "--template=", git_dir=made)
        (made / "info").mkdir(exist_ok=True)
        (made / "info" / "attributes").write_text(ATTRIBUTES, encoding="utf-8")
        if older is not None and older.is_dir():
            _fetch(made, str(older), f"{BASES}:{BASES}")
        if lender is not None:
            _borrow(made, lender)
        else:
            git("config", "core.repositoryFormatVersion", "1", git_dir=made)
            git("config", "extensions.preciousObjects", "true", git_dir=made)
        try:
            made.rename(path)
        except OSError:
            if not path.is_dir():
                raise


def _borrow(own: Path, base: Path) -> None:
    """Name the base store beside it in an attempts store; so that both may move, relative to its objects."""
    named = own / ALTERNATES
    named.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=named.parent, prefix=".new-", delete=False) as file:
        file.write(os.fsencode(Path("..", "..", base.name, "objects")) + b"\n")
    Path(file.name).replace(named)


def has_commit(own: Path, commit: str) -> bool:
    """Whether a store has a commit, by itself or borrowed."""
    try:
        git("cat-file", "-e", f"{commit}^{{commit}}", git_dir=own)
    except GitFailed:
        return False
    return True


def bring_in(own: Path, source: str, commit: str) -> None:
    """A commit and all it reaches into a store, by a local fetch that runs no hook of anybody."""
    if not _has(own, commit):
        _fetch(own, source, commit)


def hold_base(own: Path, base: Path, commit: str, ref: str) -> None:
    """Hold a commit that the base store has by a ref in both stores.

    Alternates lend objects, not the places where a history is cut off: those come by a fetch that is kept
    from seeing that the objects are there.
    """
    git("update-ref", ref, commit, git_dir=base)
    if (base / SHALLOW).is_file() and not _has(own, commit):
        _fetch(own, str(base), commit, "-c", "core.alternateRefsCommand=true")
    git("update-ref", ref, commit, git_dir=own)


def _has(own: Path, commit: str) -> bool:
    try:
        git("rev-list", "--quiet", "--objects", commit, "--not", "--all", git_dir=own)
    except GitFailed:
        return False
    return True


def _fetch(own: Path, source: str, wanted: str, *settings: str) -> None:
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--update-shallow")
    served = "-c uploadpack.allowAnySHA1InWant=true -c 'safe.directory=*'"
    upload = f"--upload-pack=git {served} upload-pack"
    try:
        git(*settings, "fetch", *options, upload, source, wanted, git_dir=own)
    except GitFailed as failed:
        if "promisor" in failed.words or "partial" in failed.words:
            raise Refused(
                "This is a partial clone: it does not have all objects of the base.",
                hint="Fetch them first: git fetch --refetch --no-filter",
            ) from failed
        raise

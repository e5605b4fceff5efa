"""Workspaces as private clones: objects shared from the project's base store, everything else their own.

`home/host/workspaces/ID/` holds `tree/` (where the agent works), `index` (ours, outside of its reach) and
`mark`, which says that we made it; only what carries the mark is ever removed. The host's git never runs
with the workspace's own git directory.
"""

import asyncio
import json
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from ropewalk.core.errors import Bug, NotFound, Outside
from ropewalk.git.packs import carry
from ropewalk.git.process import git, line, message_bytes
from ropewalk.git.stores import ATTRIBUTES, base_store, lend, store
from ropewalk.ports import Place, Snapshot
from ropewalk.workspace.reading import read_beneath
from ropewalk.workspace.removing import remove
from ropewalk.workspace.tree import write_tree

MARK = "mark"
UNFINISHED = ".new-"
GONE = ".gone-"
UNFINISHED_S = 3600.0


class Clones:
    """Implements the port `Workspaces`."""

    def __init__(self, home: Path) -> None:
        """Directories are made on first use."""
        self._home = home
        self._live = home / "host" / "workspaces"
        self._trash = home / "host" / "trash"

    async def prepare(self, *, id: str, project: str, base: str, branch: str) -> Place:
        """See `ports.Workspaces.prepare`."""
        return await asyncio.to_thread(self._prepare, id, project, base, branch)

    async def snapshot(
        self, *, id: str, project: str, base: str, parent: str, ref: str, message: str
    ) -> Snapshot:
        """See `ports.Workspaces.snapshot`."""
        return await asyncio.to_thread(self._snapshot, id, project, base, parent, ref, message)

    async def replace(self, *, id: str, project: str, commit: str, ref: str) -> None:
        """See `ports.Workspaces.replace`."""
        await asyncio.to_thread(self._replace, id, project, commit, ref)

    async def trash(self, *, id: str, forever: bool = False) -> bool:
        """See `ports.Workspaces.trash`."""
        return await asyncio.to_thread(self._put_away, id, forever)

    async def restore(self, *, id: str) -> bool:
        """See `ports.Workspaces.restore`."""
        return await asyncio.to_thread(self._bring_back, id)

    async def read(self, *, id: str, path: str, limit: int) -> bytes | None:
        """See `ports.Workspaces.read`."""
        return await asyncio.to_thread(read_beneath, self._live / id / "tree", path, limit)

    # --- making --------------------------------------------------------------------------------

    def _prepare(self, id: str, project: str, base: str, branch: str) -> Place:
        path = self._live / id
        if not path.is_dir():
            self._make(path, project, base, branch)
        mark = json.loads((path / MARK).read_text(encoding="utf-8"))
        return Place(id=id, path=str(path / "tree"), branch=mark["branch"], engine="clone")

    def _make(self, path: Path, project: str, base: str, branch: str) -> None:
        self._live.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        own = store(self._home, project)
        made = Path(tempfile.mkdtemp(dir=self._live, prefix=UNFINISHED))
        try:
            tree = made / "tree"
            tree.mkdir()
            self._fill(tree, own, base_store(self._home, project), base, branch)
            shutil.copyfile(tree / ".git" / "index", made / "index")
            mark = {"made-by": "ropewalk", "project": project, "base": base, "branch": branch}
            (made / MARK).write_text(json.dumps(mark), encoding="utf-8")
            made.rename(path)
        except OSError as error:
            if not path.is_dir():
                raise Outside(
                    f"The workspace could not be made: {error}", hint="Is the disk full?"
                ) from error
        finally:
            if made.exists():
                shutil.rmtree(made, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what calls that died long ago left unfinished."""
        for one in self._live.glob(f"{UNFINISHED}*"):
            with suppress(OSError):
                if time.time() - one.stat().st_mtime > UNFINISHED_S:
                    shutil.rmtree(one, ignore_errors=True)

    def _fill(self, tree: Path, own: Path, lender: Path, base: str, branch: str) -> None:
        inner = tree / ".git"
        git("init", "--quiet", "--template=", str(tree), git_dir=inner)
        lend(own, lender, inner)
        carry(own, commit=base, base=lender, into=inner / "objects")
        (inner / "info").mkdir(exist_ok=True)
        (inner / "info" / "attributes").write_text(ATTRIBUTES, encoding="utf-8")
        for key, value in (
            ("user.name", "Ropewalk attempt"),
            ("user.email", "attempt@ropewalk.invalid"),
            ("core.bare", "false"),
            ("gc.auto", "0"),
        ):
            git("config", key, value, git_dir=inner)
        if branch:
            git("symbolic-ref", "HEAD", f"refs/heads/{branch}", git_dir=inner)
        git("update-ref", *([] if branch else ["--no-deref"]), "HEAD", base, git_dir=inner)
        extra = {"GIT_WORK_TREE": str(tree)}
        git("read-tree", "--reset", "-u", base, git_dir=inner, extra=extra)

    # --- snapshots -----------------------------------------------------------------------------

    def _snapshot(
        self, id: str, project: str, base: str, parent: str, ref: str, message: str
    ) -> Snapshot:
        path = self._marked(self._live / id)
        own = store(self._home, project)
        tree, left_out = write_tree(own, self._tree(path), path / "index", base)
        was = line(git("rev-parse", "--verify", f"{parent}^{{tree}}", git_dir=own))
        commit = parent
        if tree != was:
            body = message_bytes(message)
            made = git("commit-tree", tree, "-p", parent, "-F", "-", git_dir=own, input=body)
            commit = line(made)
        git("update-ref", ref, commit, git_dir=own)
        files, added, removed, paths = self._counts(own, base, commit)
        return Snapshot(
            commit=commit,
            tree=tree,
            files=files,
            added=added,
            removed=removed,
            paths=paths,
            left_out=left_out,
        )

    def _counts(self, own: Path, base: str, commit: str) -> tuple[int, int, int, tuple[str, ...]]:
        out = git("diff-tree", "-r", "--numstat", "-z", "--no-renames", base, commit, git_dir=own)
        rows = [one.split(b"\t", 2) for one in out.split(b"\0") if one]
        added = sum(int(one[0]) for one in rows if one[0].isdigit())
        removed = sum(int(one[1]) for one in rows if one[1].isdigit())
        return len(rows), added, removed, tuple(os.fsdecode(one[2]) for one in rows)

    def _replace(self, id: str, project: str, commit: str, ref: str) -> None:
        path = self._marked(self._live / id)
        own = store(self._home, project)
        self._snapshot(id, project, commit, commit, ref, "before its files were replaced")
        extra = {"GIT_INDEX_FILE": str(path / "index"), "GIT_WORK_TREE": str(self._tree(path))}
        git("read-tree", "--reset", "-u", commit, git_dir=own, extra=extra)

    # --- trash ---------------------------------------------------------------------------------

    def _put_away(self, id: str, forever: bool) -> bool:
        path = self._live / id
        if not path.is_dir():
            return False
        self._marked(path)
        self._trash.mkdir(mode=0o700, parents=True, exist_ok=True)
        if forever:
            away = Path(tempfile.mkdtemp(dir=self._trash, prefix=GONE))
            path.rename(away / id)
            remove(away)
            return True
        away = self._trash / id
        if away.exists():
            away.rename(Path(tempfile.mkdtemp(dir=self._trash, prefix=f"{id}~")) / id)
        path.rename(away)
        return True

    def _bring_back(self, id: str) -> bool:
        path = self._live / id
        if path.is_dir():
            return True
        away = self._trash / id
        if not away.is_dir():
            return False
        self._marked(away).rename(path)
        return True

    def empty_trash(self, before: float) -> list[str]:
        """Remove what was put into the trash before a time (seconds since the epoch); the ids.

        The versions of these workspaces stay: refs of the project's store hold them.
        """
        old = [one for one in self._trashed() if one.stat().st_ctime < before]
        for path in [*map(self._marked, old), *self._trash.glob(f"{GONE}*")]:
            remove(path)
        return [one.name for one in old]

    def _trashed(self) -> list[Path]:
        """The workspaces in the trash, also those that an other of the same id pushed aside."""
        if not self._trash.is_dir():
            return []
        places = [*self._trash.iterdir(), *self._trash.glob("*~*/*")]
        return [one for one in places if (one / MARK).is_file()]

    def _tree(self, path: Path) -> Path:
        """The directory of a workspace's files. Outside: an agent put something else in its place."""
        tree = path / "tree"
        if tree.is_symlink() or not tree.is_dir():
            raise Outside(
                f"The directory of workspace {path.name} is not there any more.",
                hint="Its versions are kept: ropewalk show names them.",
            )
        return tree

    def _marked(self, path: Path) -> Path:
        """The path, if it is one that we made."""
        if not path.is_dir():
            raise NotFound(
                f"There is no workspace {path.name}.", hint="ropewalk resume makes it anew."
            )
        if not (path / MARK).is_file():
            raise Bug(f"{path} does not carry our mark: it is left alone.")
        return path

"""Desks: one checkout for each project, of ours, in which a person's editor shows the files of an attempt.

Objects are the attempts store's, the index is private. Beside the files lies a git directory of ours, so that
an editor finds one; it has no hooks, and its attributes let no filter run.
"""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path

from ropewalk.core.errors import Outside
from ropewalk.git.process import GitFailed, git, git_of_person, line, message_bytes
from ropewalk.git.stores import ATTRIBUTES, base_path, store
from ropewalk.git.upkeep import writing
from ropewalk.ports import Laid

SHOWN = "refs/ropewalk/laid/"
UNFINISHED = "a desk that was half laid"
DROPPINGS = ".idea/\n.vscode/\n.zed/\n.DS_Store\n*.swp\n*.swo\n*~\n.#*\n#*#\n*.sublime-workspace\n"
"""What editors leave beside the files; it is no edit, unless the project has it already."""


class GitDesks:
    """Implements the port `Desks`."""

    def __init__(self, home: Path) -> None:
        """Desks are below `home/desks`, stores below `home/projects`."""
        self._home = home
        self._locks: dict[str, int] = {}

    def laid(self, project: str) -> Laid | None:
        """See `ports.Desks.laid`."""
        about = self._about(project)
        if about is None or not Path(about["path"]).is_dir():
            return None
        return Laid(**{name: one for name, one in about.items() if name != "switching"})

    def lay(
        self, *, project: str, name: str, attempt: str, alias: str, commit: str, base: str
    ) -> Laid:
        """See `ports.Desks.lay`. What a call that died left half way is put aside, under a ref."""
        with self._alone(project):
            before = self.laid(project)
            files = Path(before.path) if before else self._fresh(project, name)
            laid = Laid(attempt=attempt, alias=alias, commit=commit, base=base, path=str(files))
            laid = self._lay(project, files, before, laid)
            if laid.aside:
                self._note(project, replace(laid, aside=""))
            return laid

    def _lay(self, project: str, files: Path, before: Laid | None, laid: Laid) -> Laid:
        commit, unfinished = laid.commit, self._is_unfinished(project)
        aside = before.aside if before else ""
        if unfinished:
            words = f"{UNFINISHED}\n\nBefore: {aside}" if aside else UNFINISHED
            aside = self._hold(project, self._tree(project, files), commit, words)
        laid = replace(laid, aside=aside)
        self._note(project, laid, switching=True)
        how = ("--reset",) if unfinished else ("-m",)
        was = [line(self._git(project, files, "write-tree"))] if before and not unfinished else []
        try:
            self._git(project, files, "read-tree", *how, "-u", *was, commit)
        except GitFailed as failed:
            if before and not unfinished:
                self._note(project, before)
            raise Outside(
                f"The desk cannot show that: {failed.words}",
                hint=f"Look at {files}; then try again.",
            ) from failed
        self._note(project, laid)
        self._for_editors(project, files, commit)
        return laid

    def edited(self, *, project: str, root: str, actor: str, ref: str) -> str:
        """See `ports.Desks.edited`."""
        laid = self.laid(project)
        if laid is None:
            return ""
        own = store(self._home, project)
        with self._alone(project), writing(own):
            if self._is_unfinished(project):
                self._lay(project, Path(laid.path), laid, laid)
                return ""
            return self._taken(own, laid, project, root, actor, ref)

    def _taken(self, own: Path, laid: Laid, project: str, root: str, actor: str, ref: str) -> str:
        tree = self._tree(project, Path(laid.path))
        if tree == line(git("rev-parse", "--verify", f"{laid.commit}^{{tree}}", git_dir=own)):
            return ""
        body = message_bytes(f"Edited by {actor}")
        who = _identity(root, actor)
        made = line(
            git("commit-tree", tree, "-p", laid.base, "-F", "-", git_dir=own, input=body, extra=who)
        )
        git("update-ref", ref, made, git_dir=own)
        return made

    def brought(self, *, project: str, commit: str) -> None:
        """See `ports.Desks.brought`."""
        laid = self.laid(project)
        if laid is not None:
            self._note(project, replace(laid, commit=commit, base=commit))

    # --- inside --------------------------------------------------------------------------------

    @contextmanager
    def _alone(self, project: str) -> Iterator[None]:
        """Wait for those who died over this desk, and the gits that they left; then nobody has its index locked."""
        folder = self._folder(project)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / "index.lock").unlink(missing_ok=True)
            self._locks[project] = lock
            yield
        finally:
            self._locks.pop(project, None)
            os.close(lock)

    def _is_unfinished(self, project: str) -> bool:
        """Whether a call died that was about to show something: the files are some of these, some of those."""
        about = self._about(project)
        return bool(about and about["switching"] and Path(about["path"]).is_dir())

    def _folder(self, project: str) -> Path:
        return self._home / "desks" / project

    def _about(self, project: str) -> dict[str, str] | None:
        try:
            return json.loads((self._folder(project) / "about.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _note(self, project: str, laid: Laid, *, switching: bool = False) -> None:
        """On the disk, after refs that hold what the desk shows, whatever becomes of the attempt."""
        folder = self._folder(project)
        orders = f"update {SHOWN}commit {laid.commit}\nupdate {SHOWN}base {laid.base}\n"
        git("update-ref", "--stdin", git_dir=store(self._home, project), input=orders.encode())
        fresh = folder / "about.new"
        fresh.write_text(json.dumps({**asdict(laid), "switching": switching}), encoding="utf-8")
        fresh.replace(folder / "about.json")

    def _fresh(self, project: str, name: str) -> Path:
        """An empty desk; what lies there without being known is put aside."""
        folder = self._folder(project)
        files = folder / (name.replace("/", "-").strip(".") or "desk")
        with suppress(OSError):
            files.rmdir()
        if files.exists():
            files.rename(folder / f"aside-{secrets.token_hex(4)}")
        (folder / "index").unlink(missing_ok=True)
        shutil.rmtree(folder / "git", ignore_errors=True)
        files.mkdir()
        (folder / "exclude").write_text(DROPPINGS, encoding="utf-8")
        return files

    def _git(self, project: str, files: Path, *arguments: str) -> bytes:
        folder = self._folder(project)
        extra = {"GIT_INDEX_FILE": str(folder / "index"), "GIT_WORK_TREE": str(files)}
        own = store(self._home, project)
        return git(
            *("-c", f"core.excludesFile={folder / 'exclude'}", *arguments),
            git_dir=own,
            extra=extra,
            holds=[self._locks[project]],
        )

    def _tree(self, project: str, files: Path) -> str:
        """The tree of the files as they are; the index has it afterwards."""
        self._git(project, files, "add", "--all")
        return line(self._git(project, files, "write-tree"))

    def _hold(self, project: str, tree: str, parent: str, message: str) -> str:
        """The ref that holds it."""
        own = store(self._home, project)
        body = message_bytes(message)
        made = line(git("commit-tree", tree, "-p", parent, "-F", "-", git_dir=own, input=body))
        ref = f"refs/ropewalk/desks/{secrets.token_hex(6)}"
        git("update-ref", ref, made, git_dir=own)
        return ref

    def _for_editors(self, project: str, files: Path, commit: str) -> None:
        """The git directory that the editor finds: at this commit, with nothing staged."""
        folder = self._folder(project)
        inner = folder / "git"
        if not inner.is_dir():
            self._make_inner(project, files, inner)
        if not (files / ".git").is_file():
            (files / ".git").write_bytes(b"gitdir: " + os.fsencode(inner) + b"\n")
        (inner / "HEAD.new").write_text(f"{commit}\n", encoding="ascii")
        (inner / "HEAD.new").replace(inner / "HEAD")
        shutil.copyfile(folder / "index", inner / "index.new")
        (inner / "index.new").replace(inner / "index")

    def _make_inner(self, project: str, files: Path, inner: Path) -> None:
        """Whole or not at all."""
        fresh = inner.with_name("git.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        git("init", "--quiet", "--template=", git_dir=fresh)
        git("config", "core.bare", "false", git_dir=fresh)
        git("config", "core.worktree", str(files), git_dir=fresh)
        (fresh / "info").mkdir(exist_ok=True)
        (fresh / "info" / "attributes").write_text(ATTRIBUTES, encoding="utf-8")
        (fresh / "info" / "exclude").write_text(DROPPINGS, encoding="utf-8")
        lenders = (store(self._home, project), base_path(self._home, project))
        named = b"".join(os.fsencode(one / "objects") + b"\n" for one in lenders)
        (fresh / "objects" / "info").mkdir(parents=True, exist_ok=True)
        (fresh / "objects" / "info" / "alternates").write_bytes(named)
        fresh.rename(inner)


def _identity(root: str, actor: str) -> dict[str, str]:
    """The author: as the person's repository has them, else by their login name."""
    try:
        said = line(git_of_person("var", "GIT_AUTHOR_IDENT", root=root))
    except GitFailed:
        said = ""
    name, _, rest = said.partition(" <")
    login = actor.removeprefix("person:")
    return {
        "GIT_AUTHOR_NAME": name or login,
        "GIT_AUTHOR_EMAIL": rest.partition(">")[0] or f"{login}@ropewalk.invalid",
    }

"""Killed before every step: what a trial or a desk does with files of the person's, by a program that dies over it.

Run as a program with a directory. A step is what others can see: a file of the person's, of a trial or of a desk is
made, changed or removed, or a git is started that does so; a filter kills git, too, in the middle of its files.
After each death the files are the old or the new ones or on their way, and the next call brings all in order.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ropewalk.core.errors import NotFound, RopewalkError
from ropewalk.git.desk import GitDesks
from ropewalk.git.process import git
from ropewalk.git.repository import GitRepository
from ropewalk.git.stores import store
from ropewalk.git.trial import GitTrials
from ropewalk.ports import Laid
from ropewalk.testing.repositories import commit_all, make_repository, plain_git, write_files
from tests.workspace.steps import CHANGING, MOST, killed

WRITING = {"checkout-index", "read-tree", "add", "commit-tree", "update-ref", "init", "config"}
TIMES = {"os.utime", "os.chmod"}
OLD: dict[str, str | bytes] = {
    "a.txt": "old\n" * 200,
    "gone/x.txt": "x\n",
    "link": "plain\n",
    "z.txt": "z old\n",
    ".gitattributes": "z.txt filter=deadly\n*.crlf eol=crlf\n",
    "w.crlf": "one\ntwo\n",
}
NEW: dict[str, str | bytes] = {
    "a.txt": "new\n" * 300,
    "made/deep/y.txt": "y\n",
    "z.txt": "z new\n",
    "w.crlf": "one\nthree\nfour\n",
}
OTHER: dict[str, str | bytes] = {"a.txt": "other\n", "made/deep/y.txt": "other\n"}
MINE = {"mine.txt": "untracked\n", "made-by-me/n.txt": "n\n"}
SMUDGE = 'test -e "{flag}" && {{ printf "z"; kill -9 0; }}; cat'


class Scene:
    """A person's checkout, and versions in the store."""

    def __init__(self, top: Path) -> None:
        self.top, self.home, self.root = top, top / "rw", top / "repo"
        base = make_repository(self.root, OLD)
        self.new, self.other = self._commit(NEW, base), self._commit(OTHER, base)
        plain_git(self.root, "reset", "--quiet", "--hard", base)
        self.flag = top / "flag"
        plain_git(self.root, "config", "filter.deadly.smudge", SMUDGE.format(flag=self.flag))
        for name, text in MINE.items():
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text(text)
        repository = GitRepository(self.home)
        for number, one in enumerate((base, self.new, self.other)):
            repository.take_target(
                project="p",
                source=str(self.root),
                commit=one,
                ref=f"refs/ropewalk/attempts/a/{number}",
            )
        self.base = base
        self.trials, self.desks = GitTrials(self.home), GitDesks(self.home)
        self.own = store(self.home, "p")

    def _commit(self, files: dict[str, str | bytes], base: str) -> str:
        plain_git(self.root, "reset", "--quiet", "--hard", base)
        plain_git(self.root, "rm", "--quiet", "-r", "gone", "link")
        (self.root / "link").symlink_to("a.txt")
        write_files(self.root, files)
        return commit_all(self.root, "version")

    # --- the checkout

    def files(self, top: Path) -> dict[str, object]:
        """Every file with its content, its mode and its time; directories too."""
        found: dict[str, object] = {}
        for one in sorted(top.rglob("*")):
            if ".git" in one.relative_to(top).parts:
                continue
            about = one.lstat()
            content = one.readlink() if one.is_symlink() else one.is_file() and one.read_bytes()
            found[str(one.relative_to(top))] = (content, about.st_mode, about.st_mtime_ns)
        return found

    def tried(self, commit: str) -> None:
        self.trials.begin(root=str(self.root), project="p", commit=commit, name="1.1@1")

    def taken_back(self) -> None:
        try:
            self.trials.back(root=str(self.root))
        except NotFound:
            pass

    def is_old(self, before: dict[str, object]) -> None:
        after = self.files(self.root)
        odd = {name: (before.get(name), after.get(name)) for name in {*before, *after}}
        assert after == before, {name: one for name, one in odd.items() if one[0] != one[1]}
        assert plain_git(self.root, "status", "--porcelain", "--untracked-files=no") == ""
        kept = {one.name for one in (self.home / "trials").iterdir() if one.suffix != ".lock"}
        assert not kept
        assert not git("for-each-ref", "refs/ropewalk/trials", git_dir=self.own)

    def is_new(self) -> None:
        assert (self.root / "a.txt").read_text() == NEW["a.txt"]
        assert (self.root / "z.txt").read_text() == NEW["z.txt"]
        assert (self.root / "link").is_symlink()
        assert not (self.root / "gone").exists()

    # --- the desk

    def lay(self, commit: str, attempt: str = "a") -> Path:
        return Path(self.laid(commit, attempt).path)

    def laid(self, commit: str, attempt: str = "a") -> Laid:
        return self.desks.lay(
            project="p", name="shop", attempt=attempt, alias="1.1", commit=commit, base=commit
        )

    def put_aside(self) -> set[str]:
        refs = git("for-each-ref", "--format=%(refname)", "refs/ropewalk/desks", git_dir=self.own)
        return set(refs.decode().split())

    def edited(self) -> str:
        return self.desks.edited(
            project="p", root=str(self.root), actor="person:ann", ref="refs/ropewalk/edits/x"
        )

    def shows(self, commit: str) -> None:
        """The files are those of a commit, nothing is taken for an edit, and an editor's git works."""
        (about,) = [self.desks.laid("p")]
        assert about is not None
        assert about.commit == commit
        assert self.edited() == ""
        tree = git("ls-tree", "-r", "--name-only", commit, git_dir=self.own).decode().split()
        path = Path(about.path)
        shown = [
            str(x.relative_to(path)) for x in path.rglob("*") if not x.is_dir() or x.is_symlink()
        ]
        assert sorted(one for one in shown if one != ".git") == sorted(tree)
        assert plain_git(path, "status", "--porcelain") == ""
        folder = self.home / "desks" / "p"
        assert {one.name for one in folder.iterdir()} == {
            *("about.json", "exclude", "git", "index", "lock", "shop")
        }


def counts(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether this is a step: a git that writes, or a change of ours below `repo`, `trials` or `desks`."""
    if event == "subprocess.Popen":
        return not WRITING.isdisjoint(map(str, arguments[1]))
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & 0o3
    if not writes and event not in CHANGING | TIMES:
        return False
    path = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes | Path) else ""
    return any(one in path for one in ("/repo/", "/rw/trials/", "/rw/desks/"))


def sweep(
    name: str,
    before: Callable[[], object],
    deed: Callable[[], object],
    after: Callable[[], object],
) -> None:
    """Die in a deed at each of its steps; after each death all is brought in order."""
    for step in range(1, MOST):
        before()
        over = not killed(deed, step, counts)
        try:
            after()
        except (AssertionError, RopewalkError, OSError) as error:
            raise AssertionError(f"{name}, killed at step {step}") from error
        if over:
            print(name, step - 1, flush=True)
            return
    raise AssertionError(f"{name} has no end")


def in_git(scene: Scene, deed: Callable[[], object], after: Callable[[], object]) -> None:
    """Die while git writes files: the filter kills it, and us."""
    scene.flag.touch()
    try:
        assert killed(deed, MOST, counts)
    finally:
        scene.flag.unlink()
    after()


def trials(scene: Scene) -> None:
    before = scene.files(scene.root)

    def back() -> None:
        scene.taken_back()
        scene.is_old(before)

    def begun_again() -> None:
        scene.tried(scene.new)
        scene.is_new()
        back()

    sweep("try", lambda: None, lambda: scene.tried(scene.new), back)
    sweep("back", lambda: scene.tried(scene.new), scene.taken_back, back)
    sweep("other", lambda: scene.tried(scene.new), lambda: scene.tried(scene.other), back)
    in_git(scene, lambda: scene.tried(scene.new), back)
    in_git(scene, lambda: scene.tried(scene.new), begun_again)
    scene.tried(scene.new)
    in_git(scene, scene.taken_back, back)
    theirs(scene, before)


def theirs(scene: Scene, before: dict[str, object]) -> None:
    """What the person does after a death is theirs: nothing of it is overwritten."""
    scene.flag.touch()
    assert killed(lambda: scene.tried(scene.new), MOST, counts)
    scene.flag.unlink()
    (scene.root / "a.txt").write_text("by me\n")
    with pytest.raises(RopewalkError, match=r"a\.txt"):
        scene.trials.back(root=str(scene.root))
    assert (scene.root / "a.txt").read_text() == "by me\n"
    (scene.root / "a.txt").write_text(str(NEW["a.txt"]))
    scene.taken_back()
    scene.is_old(before)


def desks(scene: Scene) -> None:
    def away() -> None:
        os.system(f"rm -rf {scene.home / 'desks'}")  # noqa: S605 - a test's own

    def in_order() -> None:
        scene.lay(scene.new)
        scene.shows(scene.new)

    sweep("first desk", away, lambda: scene.lay(scene.new), in_order)

    def no_edit() -> None:
        (scene.home / "desks" / "p" / "index.lock").touch()  # as a git leaves it that is killed
        before = scene.put_aside()
        assert scene.edited() == "", "what is half laid is no edit"
        held = scene.put_aside() - before
        assert {scene.laid(scene.new).aside} == (held or {""}), "it is told where it is, once"
        assert scene.laid(scene.new).aside == ""
        scene.shows(scene.new)

    sweep("next desk", lambda: scene.lay(scene.base), lambda: scene.lay(scene.new), no_edit)

    def edit() -> None:
        (scene.lay(scene.new) / "a.txt").write_text("edited\n")

    def all_there() -> None:
        made = scene.edited()
        assert git("cat-file", "blob", f"{made}:a.txt", git_dir=scene.own) == b"edited\n"
        scene.desks.brought(project="p", commit=made)
        scene.lay(made)
        scene.shows(made)

    def bring() -> None:
        if made := scene.edited():
            scene.desks.brought(project="p", commit=made)

    def brought() -> None:
        laid = scene.desks.laid("p")
        assert laid is not None
        content = git("cat-file", "blob", f"{laid.commit}:a.txt", git_dir=scene.own)
        if content != b"edited\n":
            all_there()

    sweep("edits", edit, scene.edited, all_there)
    sweep("brought", edit, bring, brought)


def main() -> None:
    scene = Scene(Path(sys.argv[1]))
    trials(scene)
    desks(scene)


if __name__ == "__main__":
    main()

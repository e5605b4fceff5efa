"""An overlay workspace and an ordinary checkout of the same commit, which get the same edits."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from ropewalk.git.process import git, line
from ropewalk.git.stores import ATTRIBUTES, bring_in, store
from ropewalk.testing.repositories import make_repository, plain_git
from ropewalk.workspace.upper import write_tree
from tests.workspace.overlay import NOBODY, Edit, Overlay, edit_plain

LONG_AGO = 1_000_000_000


def kinds() -> list[object]:
    """Both ways of mounting; the one that this user may not try says so."""
    no_root = pytest.mark.skipif(os.geteuid() != 0, reason="a mount as root needs root")
    return [pytest.param(True, id="root", marks=no_root), pytest.param(False, id="user")]


class Ground:
    """Below `home`: a repository, our store of it, the layers, and a checkout whose index is fresh."""

    def __init__(
        self,
        home: Path,
        files: Mapping[str, str | bytes],
        *,
        trusted: bool,
        earlier: Iterable[Edit] = (),
    ) -> None:
        """`earlier`: edits that lead from `files` to the base; they make a layer of their own."""
        home.chmod(0o755)
        self.home = home
        self.trusted = trusted
        make_repository(home / "repo", files)
        (home / "repo" / ".git" / "info" / "attributes").write_text("* -text\n")
        self._bare(home / "low", self._committed())
        self.layers = [home / "low"]
        if earlier := list(earlier):
            self._delta(earlier)
        self.base = self._committed()
        self.own = store(home / "rw", "p")
        bring_in(self.own, str(home / "repo"), self.base)
        self._check_out()

    def _committed(self) -> str:
        """A commit of everything in `repo`, ignored or not, with the line ends that are there."""
        plain_git(self.home / "repo", "add", "--all", "--force")
        plain_git(self.home / "repo", "add", "--renormalize", ".")
        plain_git(self.home / "repo", "commit", "--quiet", "--allow-empty", "-m", "base")
        return plain_git(self.home / "repo", "rev-parse", "HEAD")

    def _bare(self, place: Path, commit: str) -> None:
        """The files of a commit, as a layer."""
        place.mkdir()
        extra = ["--work-tree", str(place), "read-tree", "-u", "--reset", commit]
        plain_git(self.home / "repo", *extra)
        plain_git(self.home / "repo", "read-tree", "HEAD")
        self.give(place)

    def give(self, place: Path) -> None:
        """Files of a layer belong to whoever mounts."""
        if not self.trusted and os.geteuid() == 0:
            for folder, _, names in os.walk(place):
                for one in [folder, *(Path(folder, name) for name in names)]:
                    os.chown(one, NOBODY, NOBODY, follow_symlinks=False)

    def _delta(self, edits: list[Edit]) -> None:
        (self.home / "delta").mkdir()
        (self.home / "delta").chmod(0o755)
        delta = Overlay(self.home / "delta", self.layers, trusted=self.trusted)
        delta.edit(edits)
        edit_plain(self.home / "repo", edits)
        self.layers = [delta.upper, *self.layers]

    def _check_out(self) -> None:
        self.plain = self.home / "plain"
        plain_git(self.home, "clone", "--quiet", "--no-local", str(self.home / "repo"), "plain")
        inner = self.plain / ".git"
        (inner / "info").mkdir(exist_ok=True)
        (inner / "info" / "attributes").write_text(ATTRIBUTES)
        (inner / "objects" / "info" / "alternates").write_text(f"{self.own / 'objects'}\n")
        for folder, _, names in os.walk(self.plain):
            for name in names:
                os.utime(Path(folder, name), (LONG_AGO, LONG_AGO), follow_symlinks=False)


class Twins:
    """The two, below `home`."""

    def __init__(self, home: Path, ground: Ground) -> None:
        home.chmod(0o755)
        self.base, self.own, self.layers = ground.base, ground.own, ground.layers
        self.overlay = Overlay(home, self.layers, trusted=ground.trusted)
        self.plain = home / "plain"
        shutil.copytree(ground.plain, self.plain, symlinks=True)
        plain_git(self.plain, "update-index", "--refresh")
        self._index = self.plain / ".git" / "index"
        self._fresh = shutil.copy2(self._index, home / "index")

    def edit(self, edits: Iterable[Edit]) -> None:
        """The same in both."""
        edits = list(edits)
        self.overlay.edit(edits)
        edit_plain(self.plain, edits)

    def taken(self, tracked: str = "") -> tuple[str, tuple[str, ...]]:
        """What we make of the workspace."""
        return write_tree(
            self.own,
            layers=self.layers,
            upper=self.overlay.upper,
            base=self.base,
            tracked=tracked or self.base,
            prefix=self.overlay.prefix,
        )

    def expected(self, tracked: str = "") -> str:
        """What git makes of the checkout, with the files of base and `tracked` in its index."""
        shutil.copy2(self._fresh, self._index)
        if tracked:
            differing = git("diff-tree", "-r", "-z", self.base, tracked, git_dir=self.own)
            parts = iter(differing.split(b"\0")[:-1])
            entries = [
                b"%s %s\t%s\0" % (head.split()[1], head.split()[3], path)
                for head, path in zip(parts, parts, strict=True)
                if not head.split()[1].startswith(b"000000")
            ]
            command = ["git", "update-index", "-z", "--index-info"]
            subprocess.run(command, cwd=self.plain, input=b"".join(entries), check=True)
        plain_git(self.plain, "add", "--all")
        return plain_git(self.plain, "write-tree")

    def commit(self, tree: str) -> str:
        """A commit of a tree on the base, in our store."""
        made = git("commit-tree", tree, "-p", self.base, "-m", "m", git_dir=self.own)
        return line(made)

    def listed(self, tree: str) -> list[str]:
        """The files of a tree."""
        names = git("ls-tree", "-r", "--name-only", "-z", tree, git_dir=self.own)
        return [os.fsdecode(one) for one in names.split(b"\0")[:-1]]

    def content(self, tree: str, path: str) -> bytes:
        return git("cat-file", "blob", f"{tree}:{path}", git_dir=self.own)

    def whole(self) -> str:
        """Our tree, from which nothing was left out."""
        tree, left_out = self.taken()
        assert left_out == ()
        return tree

    def same(self) -> str:
        """The tree that both say."""
        tree, left_out = self.taken()
        expected = self.expected()
        assert plain_git(self.plain, "diff-tree", "-r", expected, tree) == ""
        assert left_out == ()
        return tree

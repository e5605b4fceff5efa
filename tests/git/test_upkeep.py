"""Upkeep of a store of versions: what no ref needs goes once it is old, and nothing else ever."""

import os
from pathlib import Path

import pytest

from ropewalk.core.errors import Outside
from ropewalk.git import upkeep
from ropewalk.git.process import git, line
from ropewalk.git.repository import GitRepository
from ropewalk.git.stores import base_path, store
from ropewalk.testing.repositories import make_repository

FILES: dict[str, str | bytes] = {f"d/f{n}": f"{n}\n" * 50 for n in range(30)}
BIG = os.urandom(40_000)


class Shelf:
    """A project's stores, with versions of attempts that each change one file of the base."""

    def __init__(self, top: Path) -> None:
        self.home = top / "rw"
        self.base = make_repository(top / "repo", FILES)
        GitRepository(self.home).take(
            project="p",
            source=str(top / "repo"),
            commit=self.base,
            ref="refs/ropewalk/tasks/t/base",
        )
        self.own, self.lender = store(self.home, "p"), base_path(self.home, "p")

    def version(self, name: str, content: bytes) -> str:
        """A version of an attempt; the blob that only it has."""
        extra = {"GIT_INDEX_FILE": str(self.home / "index")}
        git("read-tree", self.base, git_dir=self.own, extra=extra)
        blob = line(git("hash-object", "-w", "--stdin", git_dir=self.own, input=content))
        entry = f"100644,{blob},new.bin"
        git("update-index", "--add", "--cacheinfo", entry, git_dir=self.own, extra=extra)
        tree = line(git("write-tree", git_dir=self.own, extra=extra))
        made = line(git("commit-tree", tree, "-p", self.base, git_dir=self.own, input=b"m"))
        git("update-ref", f"refs/ropewalk/attempts/{name}", made, git_dir=self.own)
        return blob

    def pack(self) -> None:
        """As a fetch leaves objects."""
        git("repack", "-a", "-d", "-l", "-q", git_dir=self.own)

    def age(self) -> None:
        for one in (self.own / "objects").rglob("*"):
            if one.is_file():
                os.utime(one, (1, 1))

    def has(self, blob: str) -> bool:
        found = git("cat-file", "--batch-check", git_dir=self.own, input=f"{blob}\n".encode())
        return b"missing" not in found

    def whole(self) -> None:
        git("fsck", "--connectivity-only", "--no-dangling", git_dir=self.own)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.mark.parametrize("packed", [False, True])
def test_what_no_ref_needs_goes(shelf: Shelf, packed: bool) -> None:
    gone, kept = shelf.version("one/1", BIG), shelf.version("two/1", b"kept")
    shared = shelf.version("one/2", b"both")
    assert shelf.version("two/2", b"both") == shared
    if packed:
        shelf.pack()
    assert upkeep.weigh(shelf.own, shelf.lender, ["one"]) > len(BIG)
    assert upkeep.weigh(shelf.own, shelf.lender, ["two"]) < len(BIG) // 10
    assert upkeep.weigh(shelf.own, shelf.lender, ["on"]) == 0
    upkeep.let_go(shelf.own, "one")
    assert set(upkeep.held(shelf.own)) == {"two"}
    assert upkeep.spare(shelf.own, shelf.lender) == 0, "young"
    upkeep.clean(shelf.own)
    assert shelf.has(gone), "young"
    shelf.age()
    assert upkeep.spare(shelf.own, shelf.lender) > len(BIG)
    upkeep.clean(shelf.own)
    assert not shelf.has(gone)
    assert shelf.has(kept)
    assert shelf.has(shared)
    assert upkeep.spare(shelf.own, shelf.lender) == 0
    shelf.whole()


def test_what_is_borrowed_from_the_base_stays_there(shelf: Shelf) -> None:
    shelf.version("one/1", BIG)
    upkeep.let_go(shelf.own, "one")
    shelf.age()
    before = git("rev-list", "--objects", "--all", git_dir=shelf.lender)
    upkeep.clean(shelf.own)
    assert git("rev-list", "--objects", "--all", git_dir=shelf.lender) == before
    shelf.version("one/2", b"again on the same base")
    shelf.whole()


def test_who_writes_keeps_upkeep_out(shelf: Shelf) -> None:
    gone = shelf.version("one/1", BIG)
    upkeep.let_go(shelf.own, "one")
    shelf.age()
    with upkeep.writing(shelf.own), upkeep.writing(shelf.own), pytest.raises(Outside):
        upkeep.clean(shelf.own, patience_s=0)
    assert shelf.has(gone)
    upkeep.clean(shelf.own)
    assert not shelf.has(gone)

"""An agent's own commits: taken whole or not at all, and nothing with them that the agent could not read."""

import os
import zlib
from pathlib import Path

import pytest

from ropewalk.core.errors import Outside
from ropewalk.git.harvest import harvest, tip
from ropewalk.git.packs import carry
from ropewalk.git.repository import GitRepository
from ropewalk.git.stores import base_path, lend, store_path
from ropewalk.testing.repositories import (
    PERSON,
    commit_all,
    make_repository,
    plain_git,
    write_files,
)

REF = "refs/ropewalk/attempts/a/own"


class Scene:
    """A workspace on a base, with one commit by its agent; a sibling's version; a repository elsewhere."""

    def __init__(self, top: Path) -> None:
        self.home, self.root, self.tree = top / "rw", top / "repo", top / "tree"
        self.first = make_repository(self.root, {"a.txt": "one\n", "d/b.txt": "b\n"})
        self.repository = GitRepository(self.home)
        self.repository.take(
            project="p", source=str(self.root), commit=self.first, ref="refs/ropewalk/tasks/t/base"
        )
        self.own, self.base = store_path(self.home, "p"), base_path(self.home, "p")
        self.sibling = self.versioned({"secret.txt": "a sibling's\n"})
        self.elsewhere = top / "elsewhere"
        self.private = make_repository(self.elsewhere, {"key": "private\n"})
        self.tree.mkdir()
        plain_git(self.tree, "init", "--quiet")
        for key, value in PERSON.items():
            plain_git(self.tree, "config", key, value)
        lend(self.own, self.base, self.tree / ".git")
        plain_git(self.tree, "reset", "--quiet", "--hard", self.first)
        self.mine = self.commits({"a.txt": "mine\n", "new/n.txt": "n\n"})

    def versioned(self, files: dict[str, str | bytes]) -> str:
        """A commit in the attempts store alone."""
        write_files(self.root, files)
        made = commit_all(self.root)
        self.repository.take_target(
            project="p", source=str(self.root), commit=made, ref="refs/ropewalk/attempts/b/1"
        )
        return made

    def commits(self, files: dict[str, str | bytes]) -> str:
        write_files(self.tree, files)
        return commit_all(self.tree, "By the agent")

    def harvest(self, commit: str, **options: int) -> None:
        harvest(self.own, base=self.base, root=self.tree, commit=commit, ref=REF, **options)

    def held(self) -> str:
        return plain_git(self.own, "for-each-ref", "--format=%(objectname)", REF)

    def tree_with(self, mode: str, kind: str, object: str, name: str = "x") -> str:
        """A commit in the workspace whose tree has an entry that the agent made up."""
        made = self.tree / "made"
        made.write_bytes(f"{mode} {name}".encode() + b"\0" + bytes.fromhex(object))
        options = ("hash-object", "-w", "--literally", "-t", "tree", str(made))
        tree = plain_git(self.tree, *options)
        made.unlink()
        return plain_git(self.tree, "commit-tree", tree, "-p", self.first, "-m", kind)


@pytest.fixture(name="scene")
def _scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def refused(scene: Scene, commit: str, words: str = "could not be taken", **options: int) -> None:
    with pytest.raises(Outside, match=words) as failed:
        scene.harvest(commit, **options)
    assert failed.value.hint
    assert scene.held() == ""


@pytest.mark.parametrize("packed", [False, True])
def test_an_agents_commits_are_taken(scene: Scene, packed: bool) -> None:
    second = scene.commits({"d/b.txt": "again\n"})
    if packed:
        plain_git(scene.tree, "gc", "--quiet")
    scene.harvest(second)
    assert scene.held() == second
    chain = plain_git(scene.own, "rev-list", second).split()
    assert chain == [second, scene.mine, scene.first]
    assert plain_git(scene.own, "cat-file", "-p", f"{second}:new/n.txt") == "n"
    assert plain_git(scene.own, "fsck", "--connectivity-only") == ""
    assert plain_git(scene.base, "cat-file", "-t", second, check=False) == ""


def test_a_base_and_what_was_carried_are_no_news(scene: Scene) -> None:
    scene.harvest(scene.first)
    assert scene.held() == scene.first
    inner = scene.tree / ".git/objects"
    carry(scene.own, commit=scene.sibling, base=scene.base, into=inner)
    plain_git(scene.tree, "reset", "--quiet", "--hard", scene.sibling)
    on_it = scene.commits({"more.txt": "m\n"})
    scene.harvest(on_it)
    assert scene.held() == on_it


def test_a_siblings_objects_cannot_be_had_by_their_ids(scene: Scene) -> None:
    ours = plain_git(scene.own, "rev-parse", f"{scene.first}:a.txt")
    blob = plain_git(scene.own, "rev-parse", f"{scene.sibling}:secret.txt")
    tree = plain_git(scene.own, "rev-parse", f"{scene.sibling}^{{tree}}")
    refused(scene, scene.sibling)
    scene.harvest(scene.tree_with("100644", "as good as any", ours))
    plain_git(scene.own, "update-ref", "-d", REF)
    refused(scene, scene.tree_with("100644", "a blob", blob))
    refused(scene, scene.tree_with("40000", "a tree", tree))
    body = f"tree {plain_git(scene.tree, 'rev-parse', 'HEAD^{tree}')}\nparent {scene.sibling}\n"
    raw = scene.tree.parent / "raw"
    raw.write_text(f"{body}author A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\nm\n")
    made = plain_git(scene.tree, "hash-object", "-w", "--literally", "-t", "commit", str(raw))
    refused(scene, made)


def test_alternates_of_a_workspace_are_not_followed(scene: Scene) -> None:
    there = scene.elsewhere / ".git/objects"
    (scene.tree / ".git/objects/info/alternates").write_text(f"{there}\n{scene.own}/objects\n")
    assert plain_git(scene.tree, "cat-file", "-t", scene.private) == "commit"
    refused(scene, scene.private)
    refused(scene, scene.sibling)


@pytest.mark.parametrize("link", [".git", ".git/objects", "fanout", "loose", "pack", "packed"])
def test_links_are_not_followed(scene: Scene, link: str) -> None:
    there, inner = scene.elsewhere / ".git", scene.tree / ".git"
    if link in ("pack", "packed"):
        plain_git(scene.elsewhere, "gc", "--quiet")
    if link in (".git", ".git/objects"):
        (scene.tree / link).rename(scene.tree.parent / "was")
        (scene.tree / link).symlink_to(scene.elsewhere / link)
    elif link == "pack":
        (inner / "objects/pack").rmdir()
        (inner / "objects/pack").symlink_to(there / "objects/pack")
    elif link == "packed":
        for one in (there / "objects/pack").iterdir():
            (inner / "objects/pack" / one.name).symlink_to(one)
    else:
        for one in (there / "objects").glob("??"):
            place = inner / "objects" / one.name
            if link == "fanout" and not place.exists():
                place.symlink_to(one)
            else:
                place.mkdir(exist_ok=True)
                for file in one.iterdir():
                    (place / file.name).symlink_to(file)
    assert plain_git(scene.tree, "rev-list", "--objects", scene.private)
    refused(scene, scene.private)


@pytest.mark.parametrize("name", [".git", ".GIT", "..", "a/b"])
def test_names_that_no_checkout_may_have_are_refused(scene: Scene, name: str) -> None:
    blob = plain_git(scene.tree, "rev-parse", f"{scene.first}:a.txt")
    refused(scene, scene.tree_with("100644", "odd", blob, name))


def test_what_is_no_commit_is_refused(scene: Scene) -> None:
    blob = plain_git(scene.tree, "rev-parse", "HEAD:a.txt")
    for one in (blob, "HEAD", "--all", scene.mine[:-1], f"{scene.mine}\n", ""):
        refused(scene, one)


def test_too_much_is_refused(scene: Scene) -> None:
    big = scene.commits({"big": os.urandom(300_000)})
    refused(scene, big, "too much", limit=200_000)
    scene.harvest(big)


def test_a_few_bytes_that_promise_gigabytes_are_refused(scene: Scene) -> None:
    bomb = zlib.compress(b"blob 99999999999\0" + b"\0" * 1000)
    write_files(scene.tree, {f".git/objects/ab/{'c' * 38}": bomb})
    refused(scene, scene.mine, "too much")


def test_an_object_in_a_pack_that_promises_gigabytes_is_refused(scene: Scene) -> None:
    size, kind = 3 * 1024**3, 2
    head = [kind << 4 | size & 15 | 128]
    size >>= 4
    while size:
        head.append(size & 127 | (128 if size > 127 else 0))
        size >>= 7
    pack = b"PACK\0\0\0\2\0\0\0\1" + bytes(head) + zlib.compress(b"\0" * 1000)
    write_files(scene.tree, {f".git/objects/pack/pack-{'a' * 40}.pack": pack})
    refused(scene, scene.mine, "over limit")


def test_odd_files_among_the_objects_are_passed_over(scene: Scene) -> None:
    objects = scene.tree / ".git/objects"
    write_files(scene.tree, {f".git/objects/ab/{'c' * 38}": b"no zlib"})
    (objects / "ac").mkdir(exist_ok=True)
    os.mkfifo(objects / "ac" / ("d" * 38))
    os.mkfifo(objects / "pack" / f"pack-{'e' * 40}.pack")
    scene.harvest(scene.mine)
    assert scene.held() == scene.mine


def test_a_broken_pack_is_refused(scene: Scene) -> None:
    write_files(scene.tree, {f".git/objects/pack/pack-{'a' * 40}.pack": b"PACK\0\0\0\2\0\0\0\5xx"})
    refused(scene, scene.mine)


def test_the_tip_is_read_from_loose_packed_and_detached_heads(scene: Scene) -> None:
    def read(name: str) -> bytes | None:
        path = scene.tree / ".git" / name
        return path.read_bytes() if path.is_file() else None

    assert tip(read) == scene.mine
    plain_git(scene.tree, "pack-refs", "--all")
    assert tip(read) == scene.mine
    plain_git(scene.tree, "checkout", "--quiet", "--detach", scene.first)
    assert tip(read) == scene.first


@pytest.mark.parametrize(
    "head", [b"", b"ref: HEAD", b"ref: refs/heads/none", b"\xff", b"ref: refs/heads/me"]
)
def test_a_head_that_names_nothing(head: bytes) -> None:
    files = {"HEAD": head, "refs/heads/me": b"ref: refs/heads/me\n", "packed-refs": b"x\n\n# y\n"}
    assert tip(files.get) == ""

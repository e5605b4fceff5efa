"""Workspaces on the real disk: nothing of theirs is obeyed, nothing of theirs is lost."""

import asyncio
import os
from pathlib import Path

import pytest

from ropewalk.git.repository import GitRepository
from ropewalk.ports import Order, Place, Snapshot
from ropewalk.testing.repositories import make_repository, plain_git, write_files
from ropewalk.workspace.ladder import workspaces

FILES: dict[str, str | bytes] = {
    "a.txt": "one\n",
    "crlf.txt": "x\r\n",
    ".gitignore": "*.log\n",
    "utf16.txt": "plain",
}


class Bench:
    """One workspace of one project."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clones = workspaces(home / "rw", wanted="clone")
        self.base = make_repository(home / "repo", FILES)
        GitRepository(home / "rw").take(
            project="p", source=str(home / "repo"), commit=self.base, ref="refs/ropewalk/base"
        )
        self.place = self.prepare()
        self.tree = Path(self.place.path)

    def prepare(self, id: str = "w", branch: str = "ropewalk/7.1") -> Place:
        return asyncio.run(
            self.clones.prepare(Order(id=id, project="p", base=self.base, branch=branch))
        )

    def snapshot(self, parent: str = "") -> Snapshot:
        return asyncio.run(
            self.clones.snapshot(
                id="w",
                project="p",
                base=self.base,
                parent=parent or self.base,
                ref="refs/ropewalk/attempts/w",
                message="turn 1",
            )
        )

    def names(self, snapshot: Snapshot) -> list[str]:
        return GitRepository(self.home / "rw").names(project="p", commit=snapshot.commit)


@pytest.fixture(name="bench")
def _bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_prepare_is_a_branch_of_its_own_without_a_remote(bench: Bench) -> None:
    assert plain_git(bench.tree, "status", "--porcelain", "--branch") == "## ropewalk/7.1"
    assert plain_git(bench.tree, "remote") == ""
    (bench.tree / "a.txt").write_text("two\n")
    plain_git(bench.tree, "commit", "-qam", "mine")
    assert plain_git(bench.tree, "log", "-1", "--format=%an") == "Ropewalk attempt"
    assert bench.prepare() == bench.place
    assert (bench.tree / "a.txt").read_text() == "two\n"


def test_detached_for_checks(bench: Bench) -> None:
    place = bench.prepare("check", branch="")
    assert plain_git(Path(place.path), "rev-parse", "HEAD") == bench.base


def test_snapshot_counts_and_is_idempotent(bench: Bench) -> None:
    assert bench.snapshot().commit == bench.base
    write_files(bench.tree, {"a.txt": "two\nthree\n", "bin": b"\0\1", "x.log": "ignored"})
    (bench.tree / "crlf.txt").unlink()
    first = bench.snapshot()
    assert (first.files, first.added, first.removed) == (3, 2, 2)
    assert first.paths == ("a.txt", "bin", "crlf.txt")
    assert bench.snapshot(first.commit).commit == first.commit


def test_the_workspaces_own_exclude_hides_nothing(bench: Bench) -> None:
    write_files(bench.tree, {".git/info/exclude": "*\n", "new.txt": "x"})
    assert "new.txt" in bench.snapshot().paths


def test_odd_files_never_fail_a_snapshot(bench: Bench) -> None:
    name = os.fsdecode(b"b\xff\nd")
    write_files(bench.tree, {name: "x"})
    os.mkfifo(bench.tree / "pipe")
    (bench.tree / "utf16.txt").unlink()
    os.mkfifo(bench.tree / "utf16.txt")
    (bench.tree / "link").symlink_to("/etc/passwd")
    (bench.tree / "out").symlink_to("/etc")
    seen = bench.snapshot()
    assert {name, "link", "out"} <= set(seen.paths)
    assert "utf16.txt" in seen.left_out


@pytest.mark.parametrize("committed", [True, False])
def test_files_of_a_nested_repository_are_kept(bench: Bench, committed: bool) -> None:
    inner = bench.tree / "app"
    make_repository(inner, {"in.txt": "x", "deep/er.txt": "y"})
    if not committed:
        plain_git(inner, "update-ref", "-d", "HEAD")
    first = bench.snapshot()
    assert first.paths == ("app/deep/er.txt", "app/in.txt")
    write_files(inner, {"in.txt": "changed", "more.txt": "z"})
    second = bench.snapshot(first.commit)
    assert second.paths == ("app/deep/er.txt", "app/in.txt", "app/more.txt")
    assert second.commit != first.commit


def payload(bench: Bench) -> tuple[Path, Path]:
    proof, script = bench.home / "pwned", bench.home / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {proof}\ncat\n")
    script.chmod(0o755)
    return proof, script


def arm(bench: Bench, attack: str, script: Path) -> None:
    """Set a trap in the workspace that plain git steps into."""
    tree = bench.tree
    write_files(tree, {"a.txt": "changed\n"})
    if attack == "filter":
        write_files(tree, {".gitattributes": "* filter=evil\n"})
        (tree / ".git/info/attributes").unlink()
        plain_git(tree, "config", "filter.evil.clean", str(script))
    elif attack == "fsmonitor":
        plain_git(tree, "config", "core.fsmonitor", str(script))
    elif attack == "hook":
        write_files(tree, {".git/hooks/post-index-change": script.read_text()})
        (tree / ".git/hooks/post-index-change").chmod(0o755)
    elif attack == "nested":
        make_repository(tree / "sub", {"x": "1"})
        plain_git(tree, "add", "sub")
        write_files(tree, {"sub/x": "2"})
        plain_git(tree / "sub", "config", "core.fsmonitor", str(script))
    elif attack == "gitfile":
        make_repository(bench.home / "evil")
        plain_git(bench.home / "evil", "config", "core.fsmonitor", str(script))
        (tree / ".git").rename(bench.home / "was")
        (tree / ".git").write_text(f"gitdir: {bench.home / 'evil/.git'}\n")


@pytest.mark.parametrize("attack", ["filter", "fsmonitor", "hook", "nested", "gitfile"])
def test_no_trap_in_a_workspace_is_stepped_into(bench: Bench, attack: str) -> None:
    proof, script = payload(bench)
    arm(bench, attack, script)
    plain_git(bench.tree, "status", check=False)
    plain_git(bench.tree, "add", "--all", check=False)
    assert proof.exists(), "the attack must work with plain git"
    proof.unlink()
    first = bench.snapshot()
    write_files(bench.tree, {"a.txt": "again\n"})
    bench.snapshot(first.commit)
    asyncio.run(
        bench.clones.replace(id="w", project="p", commit=bench.base, ref="refs/ropewalk/undo/w")
    )
    assert not proof.exists()
    assert "a.txt" in first.paths
    assert (bench.tree / "a.txt").read_text() == "one\n"


def test_an_encoding_that_fails_does_not_fail_the_snapshot(bench: Bench) -> None:
    write_files(bench.tree, {".gitattributes": "utf16.txt working-tree-encoding=UTF-16\n"})
    write_files(bench.tree, {"utf16.txt": "not that"})
    assert "utf16.txt" in bench.snapshot().paths


def test_trash_keeps_everything_and_gives_it_back(bench: Bench) -> None:
    write_files(bench.tree, {"x.log": "ignored", "new": "n"})
    clones = bench.clones
    assert asyncio.run(clones.trash(id="w"))
    assert not asyncio.run(clones.trash(id="w"))
    assert not bench.tree.exists()
    assert asyncio.run(clones.restore(id="w"))
    assert asyncio.run(clones.restore(id="w"))
    assert (bench.tree / "x.log").read_text() == "ignored"


def test_a_second_trash_never_removes_the_first(bench: Bench) -> None:
    write_files(bench.tree, {"x.log": "precious"})
    asyncio.run(bench.clones.trash(id="w"))
    bench.prepare()
    asyncio.run(bench.clones.trash(id="w"))
    kept = [one.read_text() for one in bench.home.rglob("x.log")]
    assert kept == ["precious"]


def test_forever_leaves_nothing(bench: Bench) -> None:
    assert asyncio.run(bench.clones.trash(id="w", forever=True))
    assert not list((bench.home / "rw/host/trash").iterdir())
    assert not asyncio.run(bench.clones.restore(id="w"))


def test_reading_never_leaves_the_workspace(bench: Bench) -> None:
    (bench.tree / "link").symlink_to("/etc/passwd")
    (bench.tree / "dir").symlink_to("/etc")
    os.mkfifo(bench.tree / "pipe")
    for name in ("link", "dir/passwd", "../mark", "/etc/passwd", "pipe", "none", ""):
        assert asyncio.run(bench.clones.read(id="w", path=name, limit=100)) is None
    assert asyncio.run(bench.clones.read(id="w", path="a.txt", limit=100)) == b"one\n"
    assert asyncio.run(bench.clones.read(id="w", path="a.txt", limit=3)) is None

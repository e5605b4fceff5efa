"""The project's store: changes brought onto targets that moved."""

from pathlib import Path

import pytest

from ropewalk.core.records import MergeMode
from ropewalk.git.repository import GitRepository
from ropewalk.ports import Built
from ropewalk.testing.repositories import commit_all, make_repository, plain_git, write_files

LINES = "".join(f"line {number}\n" for number in range(9))


class World:
    """A base, and commits on top of it in a person's repository, all of them taken."""

    def __init__(self, home: Path) -> None:
        self.root = home / "repo"
        self.repository = GitRepository(home / "rw")
        self.base = make_repository(self.root, {"a.txt": LINES, "b.txt": "b\n"})
        self.take(self.base)

    def take(self, commit: str) -> str:
        return self.repository.take(
            project="p", source=str(self.root), commit=commit, ref=f"refs/ropewalk/{commit}"
        )

    def on_base(self, files: dict[str, str | bytes]) -> str:
        plain_git(self.root, "checkout", "--quiet", "--detach", self.base)
        write_files(self.root, files)
        made = commit_all(self.root)
        self.take(made)
        return made

    def build(self, commit: str, onto: str, mode: MergeMode = "squash") -> Built:
        return self.repository.build(
            project="p",
            base=self.base,
            commit=commit,
            onto=onto,
            mode=mode,
            message="Title\n",
            ref="refs/ropewalk/built",
        )

    def show(self, commit: str, path: str) -> bytes | None:
        return self.repository.files(project="p", commit=commit, paths=[path])[path]

    def parents(self, commit: str) -> list[str]:
        store = self.root.parent / "rw/projects/p.git"
        return plain_git(store, "log", "-1", "--format=%P", commit).split()


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("mode", ["squash", "merge", "rebase"])
def test_clean_changes_meet(world: World, mode: MergeMode) -> None:
    change = world.on_base({"a.txt": LINES.replace("line 1\n", "first\n")})
    target = world.on_base({"a.txt": LINES.replace("line 8\n", "last\n"), "b.txt": "b\n"})
    built = world.build(change, target, mode)
    both = LINES.replace("line 1\n", "first\n").replace("line 8\n", "last\n")
    assert world.show(built.commit, "a.txt") == both.encode()
    assert built.conflicts == ()
    assert world.parents(built.commit) == ([target, change] if mode == "merge" else [target])


def test_conflicts_are_named_and_held(world: World) -> None:
    change = world.on_base({"a.txt": LINES.replace("line 1\n", "mine\n")})
    target = world.on_base({"a.txt": LINES.replace("line 1\n", "theirs\n")})
    built = world.build(change, target)
    assert built.conflicts == ("a.txt",)
    assert b"<<<<<<<" in (world.show(built.commit, "a.txt") or b"")


def test_a_change_that_the_target_has_is_recognised(world: World) -> None:
    change = world.on_base({"b.txt": "new\n"})
    assert world.build(change, change).tree == world.take(change)


def test_overlay_replaces_adds_and_removes(world: World) -> None:
    change = world.on_base({"a.txt": "edited\n", "added.txt": "x\n"})
    commit, _ = world.repository.overlay(
        project="p",
        commit=change,
        source=world.base,
        paths=["a.txt", "added.txt"],
        ref="refs/ropewalk/overlay",
    )
    assert world.show(commit, "a.txt") == LINES.encode()
    assert world.repository.names(project="p", commit=commit) == ["a.txt", "b.txt"]


def test_diff_names_renames(world: World) -> None:
    plain_git(world.root, "mv", "a.txt", "c.txt")
    change = commit_all(world.root)
    world.take(change)
    assert "rename to c.txt" in world.repository.diff(project="p", old=world.base, new=change)
    assert world.show(world.base, "c.txt") is None
    limited = world.repository.files(project="p", commit=change, paths=["c.txt"], limit=3)
    assert limited == {"c.txt": None}

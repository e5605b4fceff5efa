"""What an attempt can read of its siblings: nothing, even where it knows the id."""

import asyncio
from pathlib import Path

import pytest

from ropewalk.git.checkout import GitCheckout
from ropewalk.git.repository import GitRepository
from ropewalk.ports import Order, Place, Snapshot
from ropewalk.testing.repositories import make_repository, plain_git, write_files
from ropewalk.workspace.ladder import workspaces

WORDS = "only the first attempt wrote this\n"


class Race:
    """Two attempts on one base."""

    def __init__(self, top: Path) -> None:
        self.home, self.root = top / "rw", top / "repo"
        self.clones, self.repository = (
            workspaces(self.home, wanted="clone"),
            GitRepository(self.home),
        )
        self.base = make_repository(self.root, {"a.txt": "one\n"})
        self.repository.take(
            project="p",
            source=str(self.root),
            commit=self.base,
            ref="refs/ropewalk/tasks/t/base",
        )
        self.first, self.second = self.prepare("1", self.base), self.prepare("2", self.base)

    def prepare(self, id: str, commit: str, branch: str = "b") -> Path:
        place: Place = asyncio.run(
            self.clones.prepare(Order(id=id, project="p", base=commit, branch=branch))
        )
        return Path(place.path)

    def snapshot(self, id: str) -> Snapshot:
        return asyncio.run(
            self.clones.snapshot(
                id=id,
                project="p",
                base=self.base,
                parent=self.base,
                ref=f"refs/ropewalk/attempts/{id}/1",
                message="turn 1",
            )
        )


@pytest.fixture(name="race")
def _race(tmp_path: Path) -> Race:
    return Race(tmp_path)


def reads(tree: Path, object: str) -> bool:
    """Whether an agent in this workspace can read an object by its id."""
    return bool(plain_git(tree, "cat-file", "-t", object, check=False))


def test_a_siblings_work_cannot_be_read_by_its_id(race: Race) -> None:
    write_files(race.first, {"secret.txt": WORDS})
    made = race.snapshot("1")
    own = race.home / "projects/p.git"
    blob = plain_git(own, "rev-parse", f"{made.commit}:secret.txt")
    assert plain_git(own, "cat-file", "-p", blob) + "\n" == WORDS
    for place in (race.second, race.prepare("3", race.base)):
        assert reads(place, f"{race.base}:a.txt")
        assert plain_git(place, "cat-file", "-p", f"{race.base}:a.txt") == "one"
        for one in (blob, made.commit, made.tree):
            assert not reads(place, one)
        assert str(own) not in (place / ".git/objects/info/alternates").read_text()


@pytest.mark.parametrize("branch", ["b", ""])
def test_a_workspace_of_a_version_has_that_one_alone(race: Race, branch: str) -> None:
    write_files(race.first, {"a.txt": "first\n", "new/one.txt": "1\n"})
    write_files(race.second, {"secret.txt": WORDS})
    made, others = race.snapshot("1"), race.snapshot("2")
    place = race.prepare("check", made.commit, branch)
    assert (place / "new/one.txt").read_text() == "1\n"
    assert plain_git(place, "status", "--porcelain") == ""
    assert plain_git(place, "rev-list", "HEAD").split() == [made.commit, race.base]
    assert not reads(place, others.commit)


def test_a_target_that_holds_a_siblings_work_is_not_seen_before_it_is_a_base(race: Race) -> None:
    write_files(race.root, {"merged.txt": WORDS})
    plain_git(race.root, "add", "--all")
    plain_git(race.root, "commit", "--quiet", "-m", "merged")
    target = plain_git(race.root, "rev-parse", "HEAD")
    race.repository.take_target(
        project="p", source=str(race.root), commit=target, ref="refs/ropewalk/attempts/1/target"
    )
    assert not reads(race.second, target)
    assert (race.prepare("check", target, "") / "merged.txt").read_text() == WORDS
    race.repository.take(
        project="p", source=str(race.root), commit=target, ref="refs/ropewalk/tasks/u/base"
    )
    assert reads(race.second, target)


def test_the_persons_repository_gains_nothing_by_work_that_is_not_kept(race: Race) -> None:
    def seen() -> tuple[str, ...]:
        asked = (
            ("for-each-ref",),
            ("count-objects", "-v"),
            ("cat-file", "--batch-all-objects", "--batch-check"),
        )
        return tuple(plain_git(race.root, *one) for one in asked)

    before = seen()
    write_files(race.root, {"uncommitted.txt": "x\n"})
    frozen = GitCheckout(race.home).freeze(str(race.root), "p")
    race.repository.take(
        project="p", source=str(race.root), commit=frozen, ref="refs/ropewalk/tasks/u/base"
    )
    write_files(race.first, {"secret.txt": WORDS})
    race.snapshot("1")
    race.prepare("4", frozen)
    assert seen() == before


def test_a_history_that_is_cut_off_can_be_walked_in_a_workspace(race: Race, tmp_path: Path) -> None:
    write_files(race.root, {"a.txt": "two\n"})
    plain_git(race.root, "commit", "--quiet", "-am", "two")
    shallow = tmp_path / "shallow"
    plain_git(tmp_path, "clone", "--quiet", "--depth=1", race.root.as_uri(), str(shallow))
    head = plain_git(shallow, "rev-parse", "HEAD")
    GitRepository(race.home).take(
        project="q", source=str(shallow), commit=head, ref="refs/ropewalk/tasks/t/base"
    )
    place = asyncio.run(race.clones.prepare(Order(id="q", project="q", base=head, branch="b")))
    assert plain_git(Path(place.path), "rev-list", "HEAD") == head

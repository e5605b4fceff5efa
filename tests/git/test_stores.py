"""The two stores of a project: what lies in which, and stores of the time when there was one."""

import tempfile
from pathlib import Path

import pytest

from ropewalk.core.errors import Outside
from ropewalk.git.checkout import GitCheckout
from ropewalk.git.packs import carry
from ropewalk.git.process import GitFailed
from ropewalk.git.repository import GitRepository
from ropewalk.git.stores import base_path, base_store, lend, store, store_path
from ropewalk.testing.repositories import commit_all, make_repository, plain_git, write_files

P = "p"


class Scene:
    """A person's repository with one commit that is a base, and the project's stores."""

    def __init__(self, top: Path) -> None:
        self.top, self.home, self.root = top, top / "rw", top / "repo"
        self.repository = GitRepository(self.home)
        self.first = make_repository(self.root, {"a.txt": "one\n", "b.txt": "b\n"})
        self.own, self.base = store_path(self.home, P), base_path(self.home, P)

    def take(self, commit: str, ref: str = "refs/ropewalk/tasks/t/base") -> str:
        return self.repository.take(project=P, source=str(self.root), commit=commit, ref=ref)

    def later(self, files: dict[str, str | bytes]) -> str:
        write_files(self.root, files)
        return commit_all(self.root)

    def target(self, commit: str) -> None:
        ref = f"refs/ropewalk/attempts/a/target-{commit}"
        self.repository.take_target(project=P, source=str(self.root), commit=commit, ref=ref)

    def borrower(self, commit: str = "") -> Path:
        """A git directory that borrows from the base store, with a commit carried into it."""
        inner = Path(tempfile.mkdtemp(dir=self.top)) / "inner"
        plain_git(self.top, "init", "--quiet", "--bare", str(inner))
        lend(self.own, self.base, inner)
        if commit:
            carry(self.own, commit=commit, base=self.base, into=inner / "objects")
        return inner


@pytest.fixture(name="scene")
def _scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def has(store: Path, object: str) -> bool:
    """Whether a git directory has an object, of its own or borrowed."""
    kind = plain_git(store, "cat-file", "-t", object, check=False)
    return kind in ("blob", "commit", "tree")


def own_objects(store: Path) -> int:
    """The objects in a git directory itself, without those it borrows."""
    out = plain_git(store, "count-objects", "-v")
    counts = dict(one.split(": ") for one in out.splitlines())
    return int(counts["count"]) + int(counts["in-pack"])


def test_a_base_is_in_the_base_store_and_held_in_both(scene: Scene) -> None:
    scene.take(scene.first)
    for one in (scene.own, scene.base):
        held = plain_git(one, "rev-parse", "refs/ropewalk/tasks/t/base")
        assert (held, has(one, scene.first)) == (scene.first, True)
    assert own_objects(scene.own) == 0
    assert plain_git(scene.own, "fsck", "--connectivity-only") == ""


def test_a_target_is_in_the_attempts_store_alone(scene: Scene) -> None:
    scene.take(scene.first)
    target = scene.later({"a.txt": "two\n"})
    scene.target(target)
    assert (has(scene.own, target), has(scene.base, target)) == (True, False)
    assert own_objects(scene.own) == 3
    scene.take(target, "refs/ropewalk/tasks/u/base")
    assert has(scene.base, target)


def test_the_stores_may_move_together(scene: Scene) -> None:
    scene.take(scene.first)
    scene.home.rename(scene.top / "moved")
    assert has(store(scene.top / "moved", P), scene.first)


def test_git_itself_refuses_to_prune_the_base_store(scene: Scene) -> None:
    scene.take(scene.first)
    scene.target(scene.later({"a.txt": "two\n"}))
    plain_git(scene.base, "update-ref", "-d", "refs/ropewalk/tasks/t/base")
    for words in (("gc", "--prune=now"), ("prune",), ("repack", "-a", "-d")):
        plain_git(scene.base, *words, check=False)
    assert plain_git(scene.own, "fsck", "--connectivity-only") == ""
    assert has(scene.own, scene.first)


def test_uncommitted_work_goes_into_the_base_store_from_any_disk(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=elsewhere if elsewhere.is_dir() else None) as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        write_files(scene.root, {"new.txt": "new\n"})
        frozen = GitCheckout(scene.home).freeze(str(scene.root), P)
    assert has(scene.base, frozen)
    scene.take(frozen)
    assert own_objects(scene.own) == 0
    assert scene.repository.names(project=P, commit=frozen) == ["a.txt", "b.txt", "new.txt"]


def test_what_a_version_needs_is_carried_and_nothing_else(scene: Scene) -> None:
    scene.take(scene.first)
    mine, other = scene.later({"a.txt": "mine\n"}), ""
    scene.target(mine)
    plain_git(scene.root, "checkout", "--quiet", "--detach", scene.first)
    other = scene.later({"a.txt": "other\n"})
    scene.target(other)
    inner = scene.borrower(mine)
    assert own_objects(inner) == 3
    assert has(inner, f"{mine}:a.txt")
    assert has(inner, f"{scene.first}:b.txt")
    assert not has(inner, other)
    plain_git(inner, "update-ref", "refs/heads/main", mine)
    assert plain_git(inner, "fsck") == ""


def test_the_configuration_of_what_is_carried_into_is_not_read(scene: Scene) -> None:
    scene.take(scene.first)
    mine = scene.later({"a.txt": "mine\n"})
    scene.target(mine)
    inner = scene.borrower()
    (inner / "config").write_text("[core\n")
    carry(scene.own, commit=mine, base=scene.base, into=inner / "objects")
    (inner / "config").unlink()
    assert has(inner, f"{mine}:a.txt")


def test_nothing_is_carried_for_a_base(scene: Scene) -> None:
    scene.take(scene.first)
    second = scene.later({"a.txt": "two\n"})
    scene.take(second, "refs/ropewalk/tasks/u/base")
    assert own_objects(scene.borrower(second)) == 0
    assert own_objects(scene.borrower(scene.first)) == 0


def test_the_pack_is_made_against_the_nearest_base(scene: Scene) -> None:
    scene.take(scene.first)
    second = scene.later({"many.txt": "x\n", "dir/more.txt": "y\n"})
    scene.take(second, "refs/ropewalk/tasks/u/base")
    third = scene.later({"a.txt": "three\n"})
    scene.target(third)
    assert own_objects(scene.borrower(third)) == 3


def test_what_is_missing_is_an_error(scene: Scene) -> None:
    scene.take(scene.first)
    lost = scene.later({"a.txt": "lost\n"})
    with pytest.raises(GitFailed) as failed:
        scene.borrower(lost)
    assert lost in failed.value.words
    assert isinstance(failed.value, Outside)


def test_a_history_that_is_cut_off_ends_at_the_same_commit_everywhere(scene: Scene) -> None:
    cut = scene.later({"a.txt": "two\n"})
    shallow = scene.top / "shallow"
    plain_git(scene.top, "clone", "--quiet", "--depth=1", scene.root.as_uri(), str(shallow))
    for number in range(2):
        ref = f"refs/ropewalk/tasks/{number}/base"
        scene.repository.take(project=P, source=str(shallow), commit=cut, ref=ref)
    inner = scene.borrower(cut)
    for one in (scene.own, scene.base, inner):
        assert plain_git(one, "rev-list", cut) == cut


def old_store(scene: Scene, frozen: str) -> None:
    """A store as it was when a project had one: everything in it, borrowing from nobody."""
    scene.own.mkdir(parents=True)
    plain_git(scene.own, "init", "--quiet", "--bare", "--template=")
    for ref, commit in (("tasks/t/base", scene.first), ("attempts/a/1", frozen)):
        plain_git(scene.own, "fetch", "--quiet", str(scene.root), f"{commit}:refs/ropewalk/{ref}")


def test_a_store_of_before_goes_on_and_its_bases_are_brought_over(scene: Scene) -> None:
    version = scene.later({"a.txt": "version\n"})
    old_store(scene, version)
    plain_git(scene.root, "update-ref", "-d", "HEAD")
    scene.root.rename(scene.top / "gone")
    assert scene.repository.files(project=P, commit=version, paths=["a.txt"]) == {
        "a.txt": b"version\n"
    }
    base = base_store(scene.home, P)
    assert (has(base, scene.first), has(base, version)) == (True, False)
    assert own_objects(scene.borrower(version)) == 3
    scene.root = scene.top / "gone"
    scene.take(scene.first, "refs/ropewalk/tasks/u/base")
    assert plain_git(scene.own, "fsck", "--connectivity-only") == ""


@pytest.mark.parametrize("kept", ["base", "own"])
def test_a_store_that_was_half_made_is_finished(scene: Scene, kept: str) -> None:
    """A death between the two: the base store alone, or (from before) the other without its link."""
    if kept == "base":
        base_store(scene.home, P)
    else:
        old_store(scene, scene.first)
        base_store(scene.home, P)
    scene.take(scene.first)
    assert (scene.own / "objects/info/alternates").read_text().strip() == "../../p.base.git/objects"
    assert has(scene.own, scene.first)

"""A merged change against the person's own checkout: nothing of it runs, nothing is written outside."""

from pathlib import Path

import pytest

from ropewalk.core.errors import Refused, RopewalkError
from tests.attacks.scene import Scene

HOOKS = ("post-index-change", "reference-transaction", "post-checkout", "post-merge", "commit-msg")


def merge(scene: Scene, old: str) -> str:
    """What the workspace holds, as a commit on main and in the checkout."""
    shot = scene.snapshot()
    made = scene.checkout.commit(
        root=str(scene.root), project="p", commit=shot.commit, parents=[old], message="m"
    )
    scene.checkout.move(root=str(scene.root), branch="main", old=old, new=made)
    return made


def husky(scene: Scene) -> None:
    """Hooks of the person lie in the tree, as husky and others arrange it."""
    scene.git("config", "core.hooksPath", ".husky", at=scene.root)


def linked(scene: Scene) -> None:
    (scene.root / ".git/hooks").rename(scene.root / ".git/no-hooks")
    (scene.root / ".git/hooks").symlink_to("../.husky")


def each_linked(scene: Scene) -> None:
    for name in HOOKS:
        (scene.root / ".git/hooks" / name).symlink_to(f"../../.husky/{name}")


@pytest.mark.parametrize("arranged", [husky, linked, each_linked])
def test_hooks_that_a_change_brings_do_not_run_while_it_is_merged(scene: Scene, arranged) -> None:
    arranged(scene)
    for name in HOOKS:
        scene.write(scene.tree / ".husky" / name, scene.last.read_text(), 0o755)
    merge(scene, scene.head)
    assert (scene.root / ".husky/post-index-change").exists()
    assert not scene.ran()
    scene.git("read-tree", "HEAD", at=scene.root)
    assert scene.ran(), "plain git runs them, so this was an attack"


def test_hooks_of_the_person_still_run(scene: Scene) -> None:
    scene.write(scene.root / ".git/hooks/reference-transaction", scene.last.read_text(), 0o755)
    scene.write(scene.tree / "work.txt", "x\n")
    merge(scene, scene.head)
    assert scene.ran()


def test_a_link_that_becomes_a_directory_is_not_written_through(scene: Scene) -> None:
    victim = scene.top / "victim"
    scene.write(victim / "b.txt", "")
    (scene.tree / "out").symlink_to(victim)
    first = merge(scene, scene.head)
    assert (scene.root / "out").is_symlink()
    (scene.tree / "out").unlink()
    scene.write(scene.tree / "out/b.txt", "written by the attempt\n")
    shot = scene.snapshot()
    made = scene.checkout.commit(
        root=str(scene.root), project="p", commit=shot.commit, parents=[first], message="m"
    )
    journal = scene.checkout._journal(str(scene.root))
    journal.parent.mkdir(exist_ok=True)
    journal.write_text(f"{first} {made}")
    scene.checkout.move(root=str(scene.root), branch="main", old=first, new=made)
    assert (victim / "b.txt").read_text() == ""
    assert (scene.root / "out/b.txt").read_text() == "written by the attempt\n"
    assert not (scene.root / "out").is_symlink()


def test_an_uncommitted_link_of_the_person_is_not_written_through(scene: Scene) -> None:
    victim = scene.top / "victim"
    victim.mkdir()
    scene.write(scene.tree / "new/file.txt", "x\n")
    (scene.root / "new").symlink_to(victim)
    with pytest.raises(Refused, match="in the way"):
        merge(scene, scene.head)
    assert list(victim.iterdir()) == []


@pytest.mark.parametrize(
    "path", [".git/config", ".GIT/config", "a/../../x", "../x", "/tmp/x", ".git", "git~1/x"]
)
def test_no_tree_names_files_outside_or_of_git(scene: Scene, path: str) -> None:
    """Trees that git add would not make are not made by us either."""
    before = scene.git("rev-parse", "HEAD", at=scene.root)
    with pytest.raises(RopewalkError):
        made, _ = scene.repository.overlay(
            project="p",
            commit=tree_with(scene, path),
            source=scene.head,
            paths=["a.txt"],
            ref="refs/x",
        )
        built = scene.repository.build(
            project="p", base=scene.head, commit=made, onto=scene.head, mode="squash",
            message="m", ref="refs/y",
        )  # fmt: skip
        commit = scene.checkout.commit(
            root=str(scene.root),
            project="p",
            commit=built.commit,
            parents=[scene.head],
            message="m",
        )
        scene.checkout.move(root=str(scene.root), branch="main", old=scene.head, new=commit)
    assert scene.git("rev-parse", "HEAD", at=scene.root) == before
    assert not (scene.top / "x").exists()
    assert not Path("/tmp/x").exists()


def tree_with(scene: Scene, path: str) -> str:
    """A commit whose tree has a name that no index takes, in the store."""
    own = scene.home / "projects/p.git"
    blob = scene.git("rev-parse", f"{scene.head}:a.txt", at=own)
    made = scene.top / "tree"
    made.write_bytes(b"100644 " + path.encode() + b"\0" + bytes.fromhex(blob))
    tree = scene.git("hash-object", "-w", "--literally", "-t", "tree", str(made), at=own)
    names = ("-c", "user.name=x", "-c", "user.email=x@x")
    return scene.git(*names, "commit-tree", tree, "-p", scene.head, "-m", "x", at=own)


def test_names_that_differ_only_in_case_come_through(scene: Scene) -> None:
    for name in ("File", "file", "DIR/x", "dir/x"):
        scene.write(scene.tree / name, f"{name}\n")
    merge(scene, scene.head)
    assert {(scene.root / one).read_text() for one in ("File", "file", "DIR/x", "dir/x")} == {
        "File\n", "file\n", "DIR/x\n", "dir/x\n"
    }  # fmt: skip


def test_submodules_of_a_change_are_neither_fetched_nor_run(scene: Scene) -> None:
    scene.write(
        scene.tree / ".gitmodules",
        f'[submodule "x"]\n\tpath = sub\n\turl = ext::{scene.last}\n\tfetchRecurseSubmodules = true\n',
    )
    scene.git("config", "submodule.recurse", "true", at=scene.root)
    scene.git("config", "protocol.ext.allow", "always", at=scene.root)
    scene.write(scene.tree / "sub/x", "x\n")
    merge(scene, scene.head)
    assert not scene.ran()

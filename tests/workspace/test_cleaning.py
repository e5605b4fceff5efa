"""What goes for good: only what is ours, what nothing stands on, and what a ref holds."""

import asyncio
import fcntl
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ropewalk.core.errors import Conflict, NotFound, Outside, Refused
from ropewalk.git.process import git
from ropewalk.git.stores import store
from ropewalk.hub.keeping import Known, judge
from ropewalk.ports import Order, Usage
from ropewalk.workspace.bases import Bases
from ropewalk.workspace.copies import Copies
from ropewalk.workspace.ladder import nobody_inside, survey
from ropewalk.workspace.places import Places
from ropewalk.workspace.workspaces import Workspaces
from tests.workspace.steps import Scene


def usages(scene: Scene, kind: str) -> list[Usage]:
    return [one for one in scene.call("usage") if one.kind == kind]


def clear(scene: Scene, one: Usage) -> Any:
    return scene.call("clear", kind=one.kind, id=one.id, stamp=one.stamp)


@pytest.fixture(name="clone")
def _clone(tmp_path: Path) -> Scene:
    return Scene("clone", tmp_path)


@pytest.fixture(name="overlay")
def _overlay(tmp_path: Path) -> Scene:
    if not {one.name: one.offered for one in survey(tmp_path / "probe")}["overlay"]:
        pytest.skip("this machine mounts no overlays")
    return Scene("overlay", tmp_path)


def test_what_changed_after_the_last_version_is_held_before_it_goes(clone: Scene) -> None:
    clone.prepare()
    clone.change()
    kept = clone.snapshot()
    later = clone.change()
    clone.trash()
    (one,) = usages(clone, "trash")
    assert one.bytes > 0
    assert one.attempt == "w"
    seen = clone.call("examine", kind="trash", id=one.id)
    assert not seen.held
    assert seen.ignored == 1
    assert seen.largest == "left.log"
    assert not clone.held(later)

    gone = clear(clone, one).contents
    assert gone.held
    assert clone.held(later)
    parent = git("rev-parse", f"{gone.ref}^", git_dir=clone.own).decode().strip()
    assert parent == kept.commit
    assert not usages(clone, "trash")
    with pytest.raises(NotFound):
        clear(clone, one)
    clone.tidy()


def test_what_is_taken_is_measured_after_a_snapshot_and_in_the_trash(clone: Scene) -> None:
    def taken() -> int:
        return clone.call("taken")

    clone.prepare()
    small = taken()
    (clone.live / "tree" / "large").write_bytes(b"x" * 3_000_000)
    assert taken() == small
    clone.snapshot()
    large = taken()
    assert large > small + 2_900_000
    (clone.live / "tree" / "more").write_bytes(b"x" * 3_000_000)
    clone.trash()
    assert taken() > large + 2_900_000
    (clone.trashed / "size").write_text("12")
    assert taken() > large, "half written"
    clear(clone, usages(clone, "trash")[0])
    assert taken() == 0


def test_no_ref_no_removal(clone: Scene) -> None:
    clone.prepare()
    clone.trash()
    (clone.trashed / "tree").rename(clone.trashed / "elsewhere")
    with pytest.raises(Outside):
        clear(clone, usages(clone, "trash")[0])
    assert (clone.trashed / "elsewhere" / "a.txt").read_text() == "one\n"


def test_only_what_was_shown(clone: Scene) -> None:
    clone.prepare()
    with pytest.raises(Refused):
        clone.call("clear", kind="workspace", id="w", stamp="")
    clone.trash()
    (one,) = usages(clone, "trash")
    assert clone.call("restore", id="w")
    clone.trash()
    with pytest.raises(Conflict):
        clear(clone, one)
    assert clone.trashed.is_dir()
    with pytest.raises(NotFound):
        clone.call("clear", kind="trash", id="stranger", stamp="")
    clone.tidy()


def test_a_base_goes_only_when_nothing_stands_on_it(overlay: Scene) -> None:
    overlay.prepare()
    (base,) = usages(overlay, "base")
    assert base.used_by == ("w",)
    with pytest.raises(Conflict):
        clear(overlay, base)
    overlay.trash()
    with pytest.raises(Conflict):
        clear(overlay, base)
    clear(overlay, usages(overlay, "trash")[0])
    clear(overlay, base)
    assert not usages(overlay, "base")
    overlay.tidy()


class Plain:
    """A copier that any file system can do."""

    name = "plain"
    exact = False

    def room(self, path: Path) -> None:
        path.mkdir(mode=0o755)

    def copy(self, source: Path, made: Path) -> None:
        shutil.copytree(source, made, symlinks=True)


def test_trees_of_an_engine_that_is_not_used_any_more_are_left_overs(
    clone: Scene, tmp_path: Path
) -> None:
    places = Places(clone.home)
    bases = Bases(places, nobody_inside)
    engines = {"plain": Copies(places, Plain()), "clone": clone.made._engines["clone"]}
    before = Workspaces(places, engines, "plain", bases)
    asyncio.run(before.prepare(Order(id="w", project="p", base=clone.base, branch="b")))
    tree = next((clone.host / "bases").glob("files-*"))
    os.utime(tree, (1, 1))
    asyncio.run(before.prepare(Order(id="v", project="p", base=clone.base, branch="b")))
    (used,) = [one for one in asyncio.run(before.usage()) if one.kind == "base"]
    assert (used.engine, used.spare, used.since > 1) == ("plain", False, True)

    (left,) = usages(clone, "base")
    assert (left.engine, left.spare) == ("plain", True)
    known = Known(attempts={}, tasks={}, commits=frozenset({("p", clone.base)}))
    assert judge([left], known)["base", left.id].frees
    assert not judge([used], known)["base", used.id].frees
    clear(clone, left)
    assert not usages(clone, "base")
    asyncio.run(before.prepare(Order(id="u", project="p", base=clone.base, branch="b")))
    assert (clone.host / "workspaces" / "u" / "tree" / "a.txt").read_text() == "one\n"
    clone.tidy()


def test_who_holds_a_lock_and_is_no_run_of_ours_is_named(clone: Scene) -> None:
    clone.prepare()
    assert clone.call("strangers") == []
    lock = os.open(clone.live / "lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (found,) = clone.call("strangers")
        assert found.id == "w"
        assert found.pid in (0, os.getpid())
        with pytest.raises(Outside):
            asyncio.run(clone.made.trash(id="w"))
    finally:
        os.close(lock)


def test_what_died_half_made_is_found_at_the_start(clone: Scene) -> None:
    clone.prepare()
    for name in ("workspaces/.new-a", "bases/.new-b", "trash/.gone-c", "trash/w~d"):
        (clone.host / name).mkdir()
    (clone.live / "miniature-e").mkdir()
    (clone.live / "miniature-e" / "copy").write_text("of a file")
    foreign = clone.host / "bases" / ".new-f"
    foreign.mkdir()
    (foreign / "mine").write_text("mine")
    clone.made.mend()
    assert (foreign / "mine").read_text() == "mine"
    (foreign / "mine").unlink()
    clone.made.mend()
    clone.tidy()
    assert store(clone.home, "p").is_dir()

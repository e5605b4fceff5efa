"""The hub dies while files are set back or a fork is made; all is done exactly once, and nothing is lost."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ropewalk.store.database import Database
from ropewalk.workspace.ladder import workspaces
from tests.hub.harness import Repo, end_daemon

POINTS = [
    *("append rewind.asked", "append rewind.kept", "append rewind.done", "append version.made"),
    *("after snapshot", "after replace", "after take_target", "after prepare"),
    *("append attempt.added", "append workspace.prepared"),
]
DEATHS_AT_MOST = 30


@pytest.mark.timeout(240)
@pytest.mark.parametrize("times", [1, 2])
def test_going_back_is_done_exactly_once(tmp_path: Path, times: int) -> None:
    """Each point once, then (as many as come twice) both for the way back and for taking it back."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    repo = Repo(tmp_path / "repo")
    points = [one for one in POINTS if times == 1 or "rewind" in one or "replace" in one]
    (home / "points").write_text("\n".join(points))
    try:
        deaths = live_through(home, repo, again=points if times == 2 else [])
        most = len(points) * times
        assert most // 2 < deaths <= most  # what shares a transaction shares a death
        store = Database(home / "hub" / "hub.db")
        try:
            check(store, home)
        finally:
            store.close()
    finally:
        end_daemon(home)


def live_through(home: Path, repo: Repo, again: list[str]) -> int:
    """Start the hub again after each death, until the person is content; how often it died."""
    for deaths in range(DEATHS_AT_MOST):
        done = subprocess.run(
            [sys.executable, "-m", "tests.hub.rewinder", str(home), str(repo.path)],
            capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        if done.returncode == 0:
            assert "Traceback" not in done.stderr, done.stderr
            assert (home / "points").read_text() == ""
            return deaths
        assert done.returncode == -9, done.stderr
        if not (home / "points").read_text():
            (home / "points").write_text("\n".join(again))
            again = []
    raise AssertionError(f"it dies for ever: {(home / 'points').read_text()}")


def reads(home: Path, id: str, path: str) -> bytes | None:
    """A file of a workspace."""
    return asyncio.run(workspaces(home).read(id=id, path=path, limit=1_000_000))


def check(store: Database, home: Path) -> None:
    tags = [one.event.tag for one in store.events(limit=100_000)]
    counts = {one: tags.count(one) for one in ("rewind.asked", "rewind.kept", "rewind.done")}
    assert counts == dict.fromkeys(counts, 2)
    assert tags.count("rewind.failed") == 0
    assert tags.count("attempt.added") == 2
    _, (one, fork) = store.tasks(limit=1)[0]
    made = [version.made for version in one.versions]
    assert made == ["turn", "turn", "edits", "rewind", "rewind"]
    trees = [version.tree for version in one.versions]
    assert (trees[3], trees[4]) == (trees[0], trees[2])
    assert reads(home, one.id, "b.txt") == b"first\nsecond\n"
    assert reads(home, one.id, "mine.txt") == b"unsaved\n"
    assert [version.made for version in fork.versions] == ["fork", "turn"]
    assert reads(home, fork.id, "b.txt") == b"first\nthird\n"
    assert reads(home, fork.id, "mine.txt") is None
    assert len(list((home / "host" / "workspaces").iterdir())) == 2

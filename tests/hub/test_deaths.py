"""The hub dies between append and effect, and between effect and its event; all is done exactly once all the same."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ropewalk.core.events import WorkspacePrepared
from ropewalk.hosts.local import LocalHost
from ropewalk.store.database import Database
from ropewalk.testing import scripted_agent
from tests.hub.harness import Repo, end_daemon, workspaces_share_bases

CONFIG = """
[agents.logged]
acp = ["sh", "-c", "echo start >> {place}/starts; exec {python} -I -S {agent} --acp"]
[checks.counting]
run = ["sh", "-c", "cat b.txt 2>/dev/null | wc -l >> {place}/checks"]
[setup]
run = [["sh", "-c", "echo once >> {place}/setups"], ["sh", "-c", "echo done >> {place}/setups"]]
"""

APPENDS = [
    *(
        "task.created",
        "attempt.admitted",
        "setup.started",
        "setup.ended",
        "workspace.prepared",
        "process.started",
        "session.opened",
    ),
    *("question.asked", "question.answered", "turn.ended", "version.made", "edits.judged"),
    *("evidence.wanted", "check.started", "check.ended", "message.queued", "turn.started"),
    *("merge.asked", "merge.built", "merge.committed", "merge.done", "process.ended"),
    *("workspace.trashed", "task.closed"),
]
EFFECTS = [
    *("take", "prepare", "start", "dial", "write initialize", "write session", "write prompt"),
    *("write answer", "snapshot", "check prepare", "check start", "check read", "check trash"),
    *(
        "begin",
        "setup start",
        "finish",
        "limits",
        "build",
        "commit",
        "move",
        "signal",
        "trash",
        "forget",
    ),
]
DEATHS_AT_MOST = 60


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "points",
    [[f"append {one}" for one in APPENDS], [f"after {one}" for one in EFFECTS]],
    ids=["after append", "after effect"],
)
def test_everything_is_done_exactly_once(points: list[str], tmp_path: Path) -> None:
    if not workspaces_share_bases(tmp_path / "probe"):
        points = [one for one in points if one != "after finish"]  # there is no base to finish
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    config = CONFIG.format(place=tmp_path, python=sys.executable, agent=scripted_agent.__file__)
    repo = Repo(tmp_path / "repo", config)
    before = repo.head()
    (home / "points").write_text("\n".join(points))
    try:
        deaths = live_through(home, repo)
        left = (home / "points").read_text().splitlines()
        assert left == []
        assert len(points) // 2 < deaths <= len(points)  # what shares a transaction shares a death
        assert repo.git("rev-list", "--count", f"{before}..main") == "1"
        assert repo.read("b.txt") == "first\nsecond\n"
        assert (tmp_path / "starts").read_text().split() == ["start"]
        assert sorted((tmp_path / "checks").read_text().split()) == ["0", "1", "2"]
        check_setups(home, (tmp_path / "setups").read_text().split())
        check_record(home)
        asyncio.run(check_host(home))
    finally:
        end_daemon(home)


def live_through(home: Path, repo: Repo) -> int:
    """Start the hub again after each death, until the person is content; how often it died."""
    for deaths in range(DEATHS_AT_MOST):
        done = subprocess.run(
            [sys.executable, "-m", "tests.hub.victim", str(home), str(repo.path)],
            capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        if done.returncode == 0:
            assert "Traceback" not in done.stderr, done.stderr
            return deaths
        assert done.returncode == -9, done.stderr
    raise AssertionError(f"it dies for ever: {(home / 'points').read_text()}")


def check_setups(home: Path, found: list[str]) -> None:
    """Once for all where workspaces share a base, else once in each: the attempt's, and three checks'."""
    store = Database(home / "hub" / "hub.db")
    try:
        events = [one.event for one in store.events(limit=100_000)]
        shared = all(x.engine == "overlay" for x in events if isinstance(x, WorkspacePrepared))
        assert sorted(found) == sorted(["once", "done"] * (1 if shared else 4))
    finally:
        store.close()


def check_record(home: Path) -> None:
    store = Database(home / "hub" / "hub.db")
    try:
        events = store.events(limit=100_000)
        tags = [one.event.tag for one in events]
        once = (
            "process.started",
            "question.answered",
            "message.queued",
            "merge.asked",
            "merge.done",
        )
        assert {one: tags.count(one) for one in once} == dict.fromkeys(once, 1)
        twice = ("turn.started", "turn.ended", "version.made", "edits.judged")
        assert {one: tags.count(one) for one in twice} == dict.fromkeys(twice, 2)
        assert [tags.count(one) for one in ("evidence.wanted", "check.ended")] == [3, 3]
        assert "start.failed" not in tags
        _, (attempt,) = store.tasks(limit=1)[0]
        assert (attempt.decision, attempt.workspace, attempt.process) == (
            "merged",
            "trashed",
            "none",
        )
    finally:
        store.close()


async def check_host(home: Path) -> None:
    host = LocalHost(home)
    assert [one for one in await host.list() if one.state == "alive"] == []
    live = [one.name for one in (home / "host" / "workspaces").iterdir()]
    assert live == []
    await host.close()

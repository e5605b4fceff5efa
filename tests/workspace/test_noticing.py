"""Git inside a workspace notices changes by the upper layer: it says what git that looks everywhere says."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from ropewalk.git.stores import base_store, bring_in, hold_base, store
from ropewalk.ports import Order
from ropewalk.runner import linux
from ropewalk.testing.repositories import make_repository, plain_git
from ropewalk.workspace.inside import run_inside
from ropewalk.workspace.ladder import survey, workspaces
from tests.workspace import noticed

FILES: dict[str, str | bytes] = {
    "a.txt": "a\n",
    ".gitignore": "*.log\nbuild/\n",
    "d/b.txt": "b\n",
    "d/e/c": "c\n",
    "f/g": "g\n",
}
SOURCE = str(Path(noticed.__file__).parents[2])
STEPS = 12


class Ground:
    """Workspaces of a repository of a few files."""

    def __init__(self, home: Path) -> None:
        make_repository(home / "repo", FILES)
        self.commit = plain_git(home / "repo", "rev-parse", "HEAD").strip()
        base = base_store(home, "p")
        bring_in(base, str(home / "repo"), self.commit)
        hold_base(store(home, "p"), base, self.commit, "refs/ropewalk/tasks/1")
        self.home = home
        self.workspaces = workspaces(home, wanted="overlay")

    def inside(self, id: str, *argv: str, **more: str) -> str:
        """What a command says in a workspace, which is made if need be. Outside: it fails."""
        setup = self.workspaces.prepare(Order(id=id, project="p", base=self.commit, branch="work"))
        asyncio.run(setup)
        plan = self.workspaces.plan(id)
        assert plan
        environment = {**os.environ, "PYTHONPATH": SOURCE, "GIT_CONFIG_GLOBAL": os.devnull, **more}
        return run_inside(plan, None, argv, environment=environment).decode()


@pytest.fixture(name="ground")
def _ground(tmp_path: Path) -> Ground:
    offered = {one.name: one.offered for one in survey(tmp_path)}
    if linux.hidden() or not offered["overlay"]:
        pytest.skip("this machine mounts no overlay")
    return Ground(tmp_path)


@pytest.mark.parametrize("seed", range(4))
def test_git_says_what_there_is(ground: Ground, seed: int) -> None:
    argv = (sys.executable, "-m", "tests.workspace.noticed", str(seed), str(STEPS), "0")
    ground.inside("1", *argv)


def test_nothing_is_looked_at_where_nothing_changed(ground: Ground) -> None:
    ground.inside("1", "true")
    seen = ground.inside("1", "git", "status", "--porcelain", GIT_TRACE2_PERF="/dev/stdout")
    assert "query/response-length:5" in seen
    assert "refresh/sum_lstat:0" in seen
    assert "opendir:0" in seen
    inner = ground.home / "host/workspaces/1/upper/.git"
    assert (inner / "HEAD").exists()
    assert not (inner / "index").exists()


def test_where_the_layer_cannot_be_seen_git_looks_itself(ground: Ground) -> None:
    hidden = "echo more >a.txt; echo /nowhere >.git/ropewalk/upper; git status --porcelain"
    assert ground.inside("1", "sh", "-c", hidden) == " M a.txt\n"
    linked = (
        "git worktree add -q ../linked HEAD && cd ../linked && rm a.txt && git status --porcelain"
    )
    assert ground.inside("2", "sh", "-c", f"{linked}; rm -r ../linked") == " D a.txt\n"


def test_what_a_set_up_writes_is_noticed(ground: Ground) -> None:
    asyncio.run(_set_up(ground))


async def _set_up(ground: Ground) -> None:
    made = ground.workspaces
    found = await made.begin(project="p", commit=ground.commit, setup="some")
    plan = made.plan(found.key)
    assert plan
    edits = ["sh", "-c", "echo more >>a.txt; echo new >made; rm d/e/c"]
    run_inside(plan, None, edits, environment=dict(os.environ))
    await made.finish(key=found.key)
    await made.prepare(Order(id="1", project="p", base=ground.commit, branch="work", setup="some"))
    plan = made.plan("1")
    assert plan
    said = run_inside(plan, None, ["git", "status", "--porcelain"], environment=dict(os.environ))
    assert said.decode() == " M a.txt\n D d/e/c\n?? made\n"

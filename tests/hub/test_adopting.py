"""Adopting worktrees and branches: a copy that is judged and can be gone on with; the original stays as it is."""

from pathlib import Path

import pytest

from ropewalk.core.errors import NotFound, Refused
from ropewalk.hub.adopting import NewAdoption
from ropewalk.hub.newtask import NewTask
from tests.hub.harness import ANN, ENVIRONMENT, Repo, Rig

CHECKED = '[checks.two]\nrun = ["grep", "-q", "two", "b.txt"]\n'


async def adopt(hub: Rig, named: str, brief: str = "", **more: object) -> str:
    """Its name."""
    task = NewTask(
        directory=str(hub.repo.path),
        brief=brief,
        agents=("scripted",),
        environment=ENVIRONMENT,
        trust=True,
        consent=True,
        actor=ANN,
        **more,  # type: ignore[arg-type]
    )
    made = await hub.hub.adopting.adopt(NewAdoption(named=named, task=task))
    return f"{hub.hub.ledger.world.tasks[made.task].number}.{made.number}"


def worktree(hub: Rig) -> Path:
    """A worktree with a commit, uncommitted work and an ignored file; the main branch went on since."""
    place = hub.place / "cart"
    hub.repo.git("worktree", "add", "-q", "-b", "cart", str(place))
    hub.repo.git("-C", str(place), "config", "user.name", "Ann")
    (place / ".gitignore").write_text("secret\n")
    hub.repo.git("-C", str(place), "add", "-A")
    hub.repo.git("-C", str(place), "commit", "-qm", "ignore")
    (place / "secret").write_text("x\n")
    (place / "b.txt").write_text("two\n")
    hub.repo.commit("on", **{"z.txt": "z\n"})
    return place


def state(place: Path, hub: Rig) -> tuple[str, ...]:
    words = (("status", "--porcelain", "--ignored"), ("rev-parse", "HEAD"), ("stash", "list"))
    refs = hub.repo.git("for-each-ref")
    return (refs, *(hub.repo.git("-C", str(place), *one) for one in words))


async def test_a_worktree_with_its_uncommitted_work(rig):
    async with rig(CHECKED) as hub:
        place, left = worktree(hub), hub.repo.head("HEAD~1")
        before = state(place, hub)
        assert await adopt(hub, "../cart") == "1.1"
        assert state(place, hub) == before
        await hub.checked()
        one = hub.one()
        (task,) = hub.hub.ledger.world.tasks.values()
        assert (task.title, task.base, one.state, one.workspace) == ("cart", left, "ended", "none")
        assert (one.version.paths, one.version.made) == ((".gitignore", "b.txt"), "adopted")
        assert "process.started" not in hub.tags()
        assert [x.standing for x in await hub.hub.results.of(task, one.version.tree)] == ["passed"]
        assert hub.group() == "ready"
        await hub.act("say", "1.1", text="append b.txt three")
        await hub.until(lambda: len(hub.one().versions) == 2)
        assert await hub.reads("b.txt") == "two\nthree\n"
        assert await hub.reads("secret") is None
        listed = (await hub.hub.turns.list(hub.one()))["turns"]
        assert [(x["number"], x["version"]) for x in listed] == [(0, 1), (1, 2)]
        await hub.act("merge", "1.1")
        await hub.until(lambda: hub.one().decision == "merged")
        assert hub.repo.read("b.txt") == "two\nthree\n"
        assert (hub.repo.path / "z.txt").exists()
        assert state(place, hub)[1:] == before[1:]


async def test_a_branch_with_a_prompt(rig):
    async with rig() as hub:
        worktree(hub)
        name = await adopt(hub, "cart", "write c.txt new")
        await hub.until(lambda: len(hub.one(name).versions) == 2)
        await hub.ended(name)
        assert hub.one(name).versions[0].paths == (".gitignore",)
        assert hub.one(name).version.paths == (".gitignore", "c.txt")
        assert hub.one(name).base == hub.repo.head("HEAD~1")


async def test_what_cannot_be_adopted(rig):
    async with rig() as hub:
        worktree(hub)
        Repo(hub.place / "other")
        hub.repo.git("checkout", "-q", "--orphan", "alone")
        hub.repo.git("commit", "-qm", "alone")
        hub.repo.git("checkout", "-q", "main")
        for named, kind, words, more in (
            ("nowhere", NotFound, "There is no worktree or branch nowhere", {}),
            ("..", Refused, "is no worktree of this repository", {}),
            ("../other", Refused, "is a repository of its own", {}),
            ("main", Refused, "has nothing that differs", {}),
            (".", Refused, "has nothing that differs", {}),
            ("alone", Refused, "no history in common", {}),
            ("cart", NotFound, "names no commit", {"base": "--all"}),
            ("cart", Refused, "has nothing that differs", {"base": "cart"}),
        ):
            with pytest.raises(kind, match=words):
                await adopt(hub, named, **more)
        assert not hub.hub.ledger.world.tasks
        assert await adopt(hub, "alone", base="cart") == "1.1"

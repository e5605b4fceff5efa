"""Turns, rewinds and forks, with real agents and files."""

import sys
from pathlib import Path

import pytest

from ropewalk.core.errors import Conflict, Consent, NotFound, Refused
from ropewalk.hub.forking import NewFork
from ropewalk.runner import linux
from tests.hub.harness import ANN, ENVIRONMENT, Rig
from tests.workspace.volumes import ROOT, image, on_volume, run, why_not

CHECKED = """
[agents.other]
command = ["sh", "-c", "cat > got.txt"]
prompt = "stdin"
[checks.two]
run = ["grep", "-q", "two", "b.txt"]
"""


async def two_turns(hub: Rig) -> None:
    """b.txt says one after the first turn and two after the second."""
    await hub.run("write b.txt one")
    await hub.ended()
    await hub.act("say", "1.1", text="write b.txt two\nwrite c.txt new")
    await hub.until(lambda: len(hub.one().versions) == 2)


def holds(hub: Rig, commit: str) -> bool:
    """Whether some ref of the project's store holds a commit."""
    project = hub.one().project
    store = hub.home / "projects" / f"{project}.git"
    listed = hub.repo.git("--git-dir", str(store), "for-each-ref", "--contains", commit)
    return "refs/ropewalk/attempts/" in listed


async def fork(hub: Rig, name: str = "1.1", **more: object) -> str:
    given = {"attempt": name, "environment": ENVIRONMENT, "actor": ANN, **more}
    made = await hub.hub.forking.fork(NewFork(**given))  # type: ignore[arg-type]
    return f"1.{made.number}"


async def test_turns_are_listed(rig):
    async with rig() as hub:
        await two_turns(hub)
        await hub.act("say", "1.1", text="\n say nothing  new\nreally")
        await hub.until(lambda: hub.one().turn == 3)
        await hub.ended()
        found = await hub.hub.turns.list(hub.one())
        rows = [(x["number"], x["files_are"], x["version"], x["prompt"]) for x in found["turns"]]
        assert rows == [
            (0, "base", 0, ""),
            (1, "version", 1, "write b.txt one"),
            (2, "version", 2, "write b.txt two"),
            (3, "nothing", 2, "say nothing new"),
        ]
        assert {one["by"] for one in found["turns"][1:]} == {ANN}
        assert [one["outcome"] for one in found["turns"]] == ["", "done", "done", "done"]
        assert (found["turns"][2]["files"], found["turns"][2]["added"]) == (2, 2)
        await hub.restart()
        again = await hub.hub.turns.list(hub.one())
        assert again["turns"] == found["turns"]


async def test_rewind_keeps_what_is_there_and_undo_brings_it_back(rig):
    async with rig(CHECKED) as hub:
        await two_turns(hub)
        await hub.checked()
        await hub.runs("printf 'unsaved\n' > mine.txt")
        await hub.runs("printf 'mine\n' > b.txt")
        said = (await hub.act("rewind", "1.1", to="1"))[0]["message"]
        assert "the files of turn 1 now, as 1.1@4" in said
        assert await hub.reads("b.txt") == "one\n"
        assert await hub.reads("mine.txt") is None
        assert await hub.reads("c.txt") is None
        first, _, kept, back = hub.one().versions
        assert (kept.made, back.made, back.tree, back.commit) == (
            "edits", "rewind", first.tree, first.commit,
        )  # fmt: skip
        assert holds(hub, kept.commit)
        await hub.checked()
        task = next(iter(hub.hub.ledger.world.tasks.values()))
        assert [one.standing for one in await hub.hub.results.of(task, back.tree)] == ["failed"]
        assert await hub.undo() == "rewind of 1.1 to turn 1"
        assert await hub.reads("b.txt") == "mine\n"
        assert await hub.reads("mine.txt") == "unsaved\n"
        assert await hub.reads("c.txt") == "new\n"
        assert hub.one().versions[-1].tree == kept.tree
        with pytest.raises(NotFound):
            await hub.undo()


async def test_ignored_files_go_back_where_they_are_kept(rig):
    async with rig(**{".gitignore": "*.log\n"}) as hub:
        await hub.run("run echo 1 > x.log")
        await hub.ended()
        kept = hub.one().engine in ("btrfs", "reflink")
        await hub.act("say", "1.1", text="run echo 2 > x.log; echo 2 > y.log\nwrite b.txt two")
        await hub.until(lambda: len(hub.one().versions) == 1)
        await hub.runs("echo 3 > x.log")
        said = (await hub.act("rewind", "1.1", to="1"))[0]["message"]
        assert ("Ignored files are as they were then" if kept else "Ignored files stay") in said
        assert await hub.reads("x.log") == ("1\n" if kept else "3\n")
        assert await hub.reads("y.log") == (None if kept else "2\n")
        assert await hub.reads("b.txt") is None
        await hub.undo()
        assert await hub.reads("x.log") == "3\n"
        assert await hub.reads("y.log") == "2\n"
        assert await hub.reads("b.txt") == "two\n"
        await hub.act("rewind", "1.1", to="2")
        assert await hub.reads("x.log") == ("2\n" if kept else "3\n")
        assert hub.one().rewinds[-1].ignored == ("all" if kept else "")
        if kept:
            assert await hub.undo() == "rewind of 1.1 to turn 2"
            assert await hub.reads("x.log") == "3\n"
            await hub.act("rewind", "1.1", to="0")
            assert await hub.reads("x.log") is None
            await hub.act("rewind", "1.1", to="1.1@1")
            assert await hub.reads("x.log") == "2\n"


@pytest.mark.parametrize(("engine", "system"), [("btrfs", "btrfs"), ("reflink", "xfs")])
def test_ignored_files_go_back_on_a_volume(engine: str, system: str, tmp_path: Path) -> None:
    if why := "what only Linux has is hidden" if linux.hidden() else why_not(system):
        pytest.skip(f"NOT RUN: the engine {engine} was not tested: {why}")
    at = tmp_path / "at"
    test = f"{__file__}::{test_ignored_files_go_back_where_they_are_kept.__name__}"
    options = (
        "-q",
        "-p",
        "no:cacheprovider",
        f"--basetemp={at / 't' / 'b'}",
        "--rootdir",
        str(ROOT),
    )
    command = [sys.executable, "-m", "pytest", *options, "-c", str(ROOT / "pyproject.toml"), test]
    command = ["env", f"ROPEWALK_ENGINE={engine}", f"HOME={tmp_path}", *command]
    assert "1 passed" in run(on_volume(image(system, tmp_path), at, command))


async def test_rewind_to_the_beginning_and_to_a_version(rig):
    async with rig() as hub:
        await two_turns(hub)
        await hub.act("rewind", "1.1", to="0")
        await hub.runs('test "$(ls)" = a.txt')
        assert (hub.one().versions[-1].files, hub.one().versions[-1].paths) == (0, ())
        await hub.act("rewind", "1.1", to="1.1@2")
        assert await hub.reads("b.txt") == "two\n"
        await hub.act("rewind", "1.1", to="@1")
        assert await hub.reads("b.txt") == "one\n"
        said = await hub.act("rewind", "1.1", to="1")
        assert said[0]["message"] == "1.1 has the files of turn 1 already."
        assert len(hub.one().versions) == 5


async def test_the_agent_hears_of_it_and_goes_on_from_there(rig):
    async with rig() as hub:
        await two_turns(hub)
        await hub.act("rewind", "1.1", to="1")
        await hub.act("say", "1.1", text="append b.txt more")
        await hub.until(lambda: len(hub.one().versions) == 4)
        assert await hub.reads("b.txt") == "one\nmore\n"
        newest = hub.one().versions[-1]
        assert (newest.turn, newest.made, newest.paths) == (3, "turn", ("b.txt",))
        await hub.act("merge", "1.1", mode="rebase", unchecked=True)
        await hub.until(lambda: hub.one().decision == "merged")
        assert hub.repo.read("b.txt") == "one\nmore\n"
        assert hub.repo.git("rev-list", "--count", "main") == "3", "two versions lead there"


async def test_what_the_agent_is_told(rig):
    async with rig(
        '[agents.plain]\ncommand = ["sh", "-c", "cat > got.txt"]\nprompt = "stdin"'
    ) as hub:
        await hub.run("first", "plain")
        await hub.ended()
        await hub.gone()
        for text in ("second", "third"):
            await hub.act("say", "1.1", text=text)

            async def came(said=text):
                return (await hub.reads("got.txt") or "").startswith(said)

            await hub.until(came)
            await hub.ended()
            await hub.gone()
            if text == "second":
                assert await hub.reads("got.txt") == "second"
                await hub.act("rewind", "1.1", to="1")
        lines = (await hub.reads("got.txt") or "").splitlines()
        assert lines[0] == "third"
        assert "set back to those of turn 1" in lines[-1]


async def test_ignored_files_stay_and_those_that_are_no_longer_ignored_are_held(rig):
    async with rig() as hub:
        await hub.run("write .gitignore build/\nrun mkdir build && echo heavy > build/out")
        await hub.ended()
        await hub.act("say", "1.1", text="write b.txt two")
        await hub.until(lambda: len(hub.one().versions) == 2)
        await hub.act("rewind", "1.1", to="1")
        assert await hub.reads("build/out") == "heavy\n"
        await hub.act("rewind", "1.1", to="0")
        assert await hub.reads("build") is None
        assert hub.one().versions[-1].files == 0
        (noted,) = [x.event.text for x in hub.events("1.1") if x.event.tag == "noted"]
        ref = noted.rpartition(" ")[2]
        store = hub.home / "projects" / f"{hub.one().project}.git"
        assert hub.repo.git("--git-dir", str(store), "show", f"{ref}:build/out") == "heavy"


@pytest.mark.parametrize("to", ["", "x", "-1", "1.1", "2@1", "@0", "1.1@0", "9" * 400, "1.9@1"])
async def test_what_is_no_turn(rig, to):
    async with rig() as hub:
        await hub.run("write b.txt one")
        await hub.ended()
        await hub.refused("rewind", "1.1", to=to)
        with pytest.raises(Refused):
            await fork(hub, at=to or "x")
        assert [one.number for one in hub.hub.ledger.world.attempts.values()] == [1]


async def test_not_while_it_works(rig):
    async with rig() as hub:
        await hub.run("say here\nhang")
        await hub.until(lambda: "here" in hub.said())
        results = await hub.hub.actions.act("rewind", ["1.1"], _ask("0"))
        assert (results[0]["error"], results[0]["message"]) == ("conflict", "1.1 is at work.")
        assert "ropewalk stop 1.1" in results[0]["hint"]
        with pytest.raises(Conflict, match="not over"):
            await fork(hub, at="1")


def _ask(to: str):
    from ropewalk.hub.ask import Ask

    return Ask(actor=ANN, to=to)


# --- forks ---------------------------------------------------------------------------------------


async def test_a_fork_goes_on_from_a_turn(rig):
    async with rig(CHECKED) as hub:
        await two_turns(hub)
        name = await fork(hub, at="1", brief="append b.txt more")
        await hub.until(lambda: len(hub.one(name).versions) == 2)
        made = hub.one(name)
        assert await hub.reads("b.txt", name) == "one\nmore\n"
        assert await hub.reads("c.txt", name) is None
        assert made.versions[0].tree == hub.one().versions[0].tree
        assert (made.base, made.session != hub.one().session) == (hub.one().base, True)
        await hub.checked(name)
        view = hub.hub.reading.attempt(made)
        assert view["fork"] == {"of": "1.1", "turn": 1, "version": 1}
        await hub.checked()
        task = next(iter(hub.hub.ledger.world.tasks.values()))
        rows = (await hub.hub.reading.compare(task))["rows"]
        assert [(x["alias"], bool(x["fork"])) for x in rows] == [("1.1", False), (name, True)]
        assert await hub.hub.reading.diff(name, "") != ""


async def test_a_fork_takes_along_what_was_changed_by_hand(rig):
    async with rig() as hub:
        await two_turns(hub)
        await hub.runs("printf 'by hand\n' > mine.txt")
        name = await fork(hub, brief="say hello")
        await hub.ended(name)
        made = hub.one(name)
        assert await hub.reads("mine.txt", name) == "by hand\n"
        assert await hub.reads("mine.txt") is not None
        assert [one.made for one in hub.one().versions] == ["turn", "turn", "edits"]
        assert made.fork is not None
        assert made.fork.number == 3


async def test_a_forks_files_come_back_from_the_trash(rig):
    async with rig() as hub:
        await two_turns(hub)
        name = await fork(hub, at="1", brief="say hello")
        await hub.ended(name)
        for empty in (False, True):
            await hub.act("drop", name)
            await hub.until(lambda: hub.one(name).workspace == "trashed")
            if empty:
                kept = hub.home / "host" / "trash" / hub.one(name).id
                kept.rename(hub.place / "emptied")
            await hub.undo()
            await hub.until(lambda: hub.one(name).workspace == "ready")
            assert await hub.reads("b.txt", name) == "one\n"
            assert await hub.reads("c.txt", name) is None


async def test_a_fork_of_a_dropped_attempt_reopens_the_task(rig):
    async with rig() as hub:
        await two_turns(hub)
        await hub.act("drop", "1.1")
        await hub.until(lambda: "task.closed" in hub.tags())
        assert (await hub.refused("rewind", "1.1", to="1")) == "1.1 is dropped."
        name = await fork(hub, at="2", brief="append b.txt more")
        await hub.until(lambda: len(hub.one(name).versions) == 2)
        assert await hub.reads("b.txt", name) == "two\nmore\n"
        assert hub.one().decision == "dropped"


async def test_a_fork_by_another_agent_is_agreed_to_first(rig):
    async with rig(CHECKED) as hub:
        await two_turns(hub)
        with pytest.raises(Consent, match="other would run with your own permissions"):
            await fork(hub, agent="other")
        with pytest.raises(NotFound):
            await fork(hub, agent="nobody", consent=True)
        with pytest.raises(Refused):
            await fork(hub, agent="other:2", consent=True)
        assert len(hub.hub.ledger.world.attempts) == 1
        name = await fork(hub, agent="other", at="1", consent=True)
        await hub.until(lambda: len(hub.one(name).versions) == 2)
        told = await hub.reads("got.txt", name) or ""
        assert told.startswith("write b.txt one\n")
        assert "goes on from another attempt (1.1)" in told.splitlines()[-1]
        assert "at the end of turn 1" in told.splitlines()[-1]


async def test_a_fork_before_anything_was_made_begins_at_the_base(rig):
    async with rig() as hub:
        await hub.run("say here\nhang")
        await hub.until(lambda: "here" in hub.said())
        name = await fork(hub, brief="write d.txt d")
        await hub.ended(name)
        assert [one.paths for one in hub.one(name).versions] == [("d.txt",)]
        found = await hub.hub.turns.list(hub.one(name))
        assert (found["turns"][0]["files_are"], found["turns"][0]["version"]) == ("fork", 0)

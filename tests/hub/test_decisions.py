"""Keep, drop and undo: what goes to the trash and comes back, and whose action it was."""

import pytest

from ropewalk.core.errors import NotFound


async def test_keep_drops_the_others_and_undo_brings_all_back(rig):
    async with rig() as hub:
        brief = "write b.txt one\n#2:\nwrite b.txt two\n#3:\nsay here\nhang"
        await hub.run(brief, "scripted:3")
        await hub.ended("1.1", "1.2")
        await hub.until(lambda: "here" in hub.said("1.3"))
        await hub.runs("printf mine > ignored.bin", "1.2")
        await hub.act("keep", "1.1")
        await hub.until(lambda: all(hub.one(f"1.{n}").workspace == "trashed" for n in (2, 3)))
        await hub.until(lambda: hub.one("1.1").held == 1)
        assert [hub.one(f"1.{n}").process for n in (2, 3)] == ["none", "none"]
        kept = hub.one("1.1")
        refs = hub.repo.git("for-each-ref", "--format=%(objectname)", "refs/ropewalk/")
        assert refs == kept.versions[0].commit
        assert await hub.undo() == "keep of 1.1"
        await hub.until(lambda: all(hub.one(f"1.{n}").workspace == "ready" for n in (1, 2, 3)))
        assert await hub.reads("ignored.bin", "1.2") == "mine"
        assert await hub.reads("b.txt", "1.2") == "two\n"
        assert [hub.one(f"1.{n}").decision for n in (1, 2, 3)] == ["none"] * 3
        with pytest.raises(NotFound):
            await hub.undo()


async def test_drop_of_one_that_is_being_prepared(rig):
    async with rig() as hub:
        await hub.run("write b.txt one\nhang", "scripted:2")
        await hub.until(lambda: hub.one("1.1").state == "preparing")
        await hub.act("drop", "1.1", reason="not this one")
        await hub.until(lambda: hub.one("1.1").state == "ended")
        await hub.gone("1.1")
        await hub.until(lambda: hub.one("1.1").workspace != "ready")
        assert hub.one("1.1").decision == "dropped"


async def test_undo_takes_back_the_callers_own_last_action(rig):
    async with rig() as hub:
        await hub.run("write b.txt one", "scripted:2")
        await hub.ended("1.1", "1.2")
        await hub.act("drop", "1.1")
        await hub.act("drop", "1.2", actor="person:bob")
        assert await hub.undo() == "drop of 1.1"
        with pytest.raises(NotFound):
            await hub.undo()
        assert await hub.undo("person:bob") == "drop of 1.2"


async def test_a_closed_task_opens_again(rig):
    async with rig() as hub:
        await hub.run("write b.txt one")
        await hub.ended()
        await hub.act("drop", "1.1")
        await hub.until(lambda: "task.closed" in hub.tags())
        await hub.undo()
        await hub.until(lambda: hub.one().workspace == "ready")
        await hub.restart()
        assert hub.one().decision == "none"
        assert await hub.reads("b.txt") == "one\n"


async def test_a_message_revives_what_was_dropped(rig):
    async with rig() as hub:
        await hub.run("write b.txt one")
        await hub.ended()
        await hub.act("drop", "1.1")
        await hub.until(lambda: hub.one().workspace == "trashed")
        await hub.act("say", "1.1", text="write b.txt two")
        await hub.until(lambda: len(hub.one().versions) == 2)
        assert hub.one().decision == "none"


async def test_drop_and_undo_at_once_leaves_no_agent_in_the_trash(rig):
    async with rig() as hub:
        await hub.run("write b.txt one")
        await hub.ended()
        await hub.act("stop", "1.1")
        await hub.gone()
        for _ in range(3):
            await hub.act("drop", "1.1")
            await hub.undo()
        await hub.act("resume", "1.1")
        await hub.until(lambda: hub.one().turn == 2)
        await hub.ended()
        assert hub.one().workspace == "ready"
        assert await hub.reads("b.txt") is not None


async def test_a_message_to_a_kept_one_leaves_it_kept(rig):
    async with rig() as hub:
        await hub.run("write b.txt one")
        await hub.ended()
        await hub.act("keep", "1.1")
        await hub.act("say", "1.1", text="write b.txt two")
        await hub.until(lambda: len(hub.one().versions) == 2)
        one = hub.one()
        assert (one.decision, one.kept, hub.group()) == ("kept", 1, "done")
        assert await hub.undo() == "keep of 1.1"


async def test_the_trash_was_emptied(rig):
    import shutil

    async with rig() as hub:
        await hub.run("write b.txt one")
        await hub.ended()
        await hub.act("drop", "1.1")
        await hub.until(lambda: hub.one().workspace == "trashed")
        shutil.rmtree(hub.home / "host" / "trash")
        await hub.undo()
        await hub.until(lambda: hub.one().workspace == "ready")
        assert await hub.reads("b.txt") == "one\n"

"""Merges: the target as it is now, checks again, compare-and-swap, conflicts, undo."""

import pytest

from ropewalk.core.errors import Conflict

CHECK = """
[checks.good]
run = ["sh", "-c", "! grep -rq BAD --include=*.txt ."]
"""


async def merged(hub, name="1.1"):
    await hub.until(lambda: hub.one(name).merge and hub.one(name).merge.step in ("done", "bounced"))
    return hub.one(name).merge


async def test_squash_drops_the_others_and_closes_the_task(rig):
    async with rig(CHECK) as hub:
        before = hub.repo.head()
        await hub.run("write b.txt one", "scripted:2")
        await hub.checked("1.1")
        await hub.ended("1.2")
        await hub.act("merge", "1.1")
        assert (await merged(hub)).step == "done"
        assert hub.repo.read("b.txt") == "one\n"
        assert hub.repo.git("rev-list", "--parents", "-1", "main").split()[1:] == [before]
        assert hub.repo.git("log", "-1", "--format=%an %ae") == "Ann ann@example.org"
        await hub.until(lambda: "task.closed" in hub.tags())
        assert hub.one("1.2").decision == "dropped"
        assert hub.one("1.1").process != "alive"


async def test_a_merge_commit_has_the_version_as_its_second_parent(rig):
    async with rig() as hub:
        before = hub.repo.head()
        await hub.run("write b.txt one")
        await hub.ended()
        version = hub.one().versions[0].commit
        await hub.act("merge", "1.1", mode="merge")
        await merged(hub)
        assert hub.repo.git("rev-list", "--parents", "-1", "main").split()[1:] == [before, version]


async def test_a_rebase_brings_one_commit_a_version(rig):
    async with rig() as hub:
        await hub.run("write b.txt one\nsay The first step")
        await hub.ended()
        await hub.act("say", "1.1", text="write c.txt two\nsay The second step")
        await hub.until(lambda: len(hub.one().versions) == 2)
        moved = hub.repo.commit("meanwhile", **{"d.txt": "other\n"})
        await hub.act("merge", "1.1", mode="rebase", message="Both steps\n")
        assert (await merged(hub)).step == "done"
        log = hub.repo.git("log", "--format=%s|%an", f"{moved}..main").splitlines()
        assert log == ["Both steps|Ann", "The first step|Ann"]
        assert hub.repo.git("diff", "--name-only", "main~2", "main~1") == "b.txt"
        assert hub.repo.git("diff", "--name-only", "main~1", "main") == "c.txt"


async def test_what_fails_on_the_target_as_it_is_now_bounces(rig):
    async with rig(CHECK) as hub:
        await hub.run("write b.txt one")
        await hub.checked()
        moved = hub.repo.commit("bad", **{"bad.txt": "BAD\n"})
        await hub.act("merge", "1.1")
        merge = await merged(hub)
        assert (merge.step, hub.repo.head()) == ("bounced", moved)
        assert "good fails" in merge.reason
        assert hub.group() == "needs you"
        await hub.act("merge", "1.1", unchecked=True)
        await hub.until(lambda: hub.one().decision == "merged")
        assert hub.repo.read("b.txt") == "one\n"


async def test_a_conflict_bounces_and_the_agent_resolves_it(rig):
    async with rig() as hub:
        await hub.run("write a.txt 1\\nmine\\n3")
        await hub.ended()
        moved = hub.repo.commit("theirs", **{"a.txt": "1\ntheirs\n3\n"})
        await hub.act("merge", "1.1")
        merge = await merged(hub)
        assert (merge.step, merge.conflicts, hub.repo.head()) == ("bounced", ("a.txt",), moved)
        await hub.act("stop", "1.1")
        await hub.gone()
        said = await hub.act("rebase", "1.1")
        assert "1.1 conflicts in a.txt" in said[0]["message"]
        await hub.until(lambda: hub.one().turn == 2 and hub.one().settled)
        assert hub.one().base == moved
        await hub.act("merge", "1.1")
        merge = await merged(hub)
        assert (merge.step, merge.conflicts, hub.repo.head()) == ("bounced", ("a.txt",), moved)
        assert "still has conflict markers in a.txt" in merge.reason
        await hub.act("say", "1.1", text="write a.txt 1\\nmine and theirs\\n3")
        await hub.until(lambda: hub.one().version.turn == 3)
        assert (hub.one().conflicts, hub.group()) == ((), "ready")
        await hub.act("merge", "1.1")
        await hub.until(lambda: hub.one().decision == "merged")
        assert hub.repo.read("a.txt") == "1\nmine and theirs\n3\n"


async def test_a_rebase_without_conflicts_is_a_new_version(rig):
    async with rig(CHECK) as hub:
        await hub.run("write b.txt one")
        await hub.checked()
        moved = hub.repo.commit("meanwhile", **{"d.txt": "other\n"})
        await hub.act("rebase", "1.1")
        one = hub.one()
        assert (one.base, one.version.number, one.version.base) == (moved, 2, moved)
        assert one.version.paths == ("b.txt",)
        assert await hub.reads("d.txt") == "other\n"
        await hub.checked()


async def test_the_branch_moves_between_build_and_move(rig):
    async with rig() as hub:
        checkout = hub.parts.checkout
        moves = []

        class Meddling:
            """Somebody commits just before the branch is moved."""

            def __getattr__(self, name):
                return getattr(checkout, name)

            def move(self, **given):
                if not moves:
                    moves.append(hub.repo.commit("meanwhile", **{"d.txt": "other\n"}))
                return checkout.move(**given)

        await hub.restart(checkout=Meddling())
        await hub.run("write b.txt one")
        await hub.ended()
        await hub.act("merge", "1.1")
        await hub.until(lambda: hub.one().decision == "merged")
        assert hub.repo.git("rev-parse", "main~1") == moves[0]
        assert (hub.repo.read("b.txt"), hub.repo.read("d.txt")) == ("one\n", "other\n")


async def test_uncommitted_work_in_the_way_is_not_lost(rig):
    async with rig() as hub:
        before = hub.repo.head()
        await hub.run("write a.txt agent")
        await hub.ended()
        (hub.repo.path / "a.txt").write_text("precious\n")
        await hub.act("merge", "1.1")
        merge = await merged(hub)
        assert (merge.step, hub.repo.head()) == ("bounced", before)
        assert hub.repo.read("a.txt") == "precious\n"
        assert "uncommitted work" in merge.reason


async def test_undo_moves_the_branch_back_only_while_it_is_ours(rig):
    async with rig() as hub:
        before = hub.repo.head()
        await hub.run("write b.txt one", "scripted:2")
        await hub.ended("1.1", "1.2")
        await hub.act("merge", "1.1")
        await merged(hub)
        await hub.until(lambda: "task.closed" in hub.tags())
        assert await hub.undo() == "merge of 1.1 into main"
        assert (hub.repo.head(), hub.one("1.2").decision) == (before, "none")
        assert not (hub.repo.path / "b.txt").exists()
        await hub.until(lambda: hub.one("1.1").workspace == "ready")
        await hub.act("merge", "1.1")
        await merged(hub)
        later = hub.repo.commit("later", **{"e.txt": "later\n"})
        with pytest.raises(Conflict, match="moved on"):
            await hub.undo()
        assert (hub.repo.head(), hub.one("1.1").decision) == (later, "merged")


async def test_nothing_is_decided_of_what_is_on_its_way(rig):
    async with rig(
        '[checks.slow]\nrun = ["sh", "-c", "while test ! -e go; do sleep 0.05; done"]\n'
    ) as hub:
        await hub.run("write b.txt one", "scripted:2")
        await hub.ended("1.1", "1.2")
        await hub.act("merge", "1.1")
        await hub.until(lambda: hub.one().merge.step == "built")
        assert "on its way" in await hub.refused("drop", "1.1")
        assert "on its way" in await hub.refused("keep", "1.2")
        assert "on its way" in await hub.refused("merge", "1.2")


async def test_the_target_is_gone(rig):
    async with rig() as hub:
        hub.repo.git("branch", "side")
        await hub.run("write b.txt one", on="side")
        await hub.ended()
        hub.repo.git("branch", "-D", "side")
        await hub.act("merge", "1.1")
        assert "names no commit" in (await merged(hub)).reason


async def test_merging_what_changes_nothing_more(rig):
    async with rig() as hub:
        await hub.run("write b.txt one")
        await hub.ended()
        hub.repo.commit("the same", **{"b.txt": "one\n"})
        await hub.act("merge", "1.1")
        assert "has everything" in (await merged(hub)).reason

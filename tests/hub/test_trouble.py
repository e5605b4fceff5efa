"""What goes wrong around the hub: full disks, a host that is away, bugs of ours, no room, no consent."""

import asyncio
import hashlib
import logging
from pathlib import Path

import pytest

from ropewalk.core.admission import Room
from ropewalk.core.errors import Consent, Outside, Refused
from tests.hub.away import Away


class FullDisk:
    """A store whose disk is full at some of its transactions."""

    def __init__(self, store, refuse):
        self.store, self.refuse, self.count, self.refused = store, refuse, 0, 0

    def __getattr__(self, name):
        return getattr(self.store, name)

    def append(self, commits):
        self.count += 1
        if self.refuse(self.count):
            self.refused += 1
            raise Outside("No space left on device.")
        self.store.append(commits)


async def test_a_full_disk_loses_nothing(rig):
    async with rig() as hub:
        full = FullDisk(hub.store, lambda count: count % 3 == 0)
        await hub.restart(store=full)
        await hub.run("ask go on\nemit 300\nwrite b.txt one")
        await hub.until(lambda: hub.one().questions)
        await hub.act("answer", "1.1", option="allow")
        await hub.ended()
        assert full.refused > 2
        numbers = [f"event {n:07}" for n in range(1, 301)]
        assert [x for x in hub.said().splitlines() if x.startswith("event")] == numbers
        assert hub.tags("1.1").count("turn.started") == 1
        assert len(hub.one().versions) == 1
        await hub.until(lambda: not hub.hub.ledger.trouble, "for the last transaction")


async def test_nothing_is_told_to_the_agent_before_it_is_durable(rig):
    async with rig() as hub:
        stuck = {"on": False}
        full = FullDisk(hub.store, lambda count: stuck["on"])
        await hub.restart(store=full)
        await hub.run("ask one\nask two\nwrite b.txt one")
        await hub.until(lambda: hub.one().questions)
        stuck["on"] = True
        answering = asyncio.create_task(hub.act("answer", "1.1", option="allow"))
        await hub.until(lambda: full.refused)
        path = Path(hub.home, "host", "runs", hub.one().run)
        spool = b"".join(one.read_bytes() for one in path.rglob("*") if one.is_file())
        assert b'"outcome"' not in spool
        stuck["on"] = False
        await answering
        await hub.until(lambda: hub.one().questions and hub.one().questions[0].title == "two")
        await hub.act("answer", "1.1", option="allow")
        await hub.ended()


async def test_a_host_that_is_away_for_a_while(rig):
    async with rig() as hub:
        away = Away(hub.host, "free_memory_mb", Outside("The host daemon is gone."), 2)
        starting = Away(away, "start", Outside("The host daemon is gone."), 2)
        await hub.restart(runs=starting)
        await hub.run("write b.txt one")
        await hub.ended()
        assert (away.left, starting.left, len(hub.one().versions)) == (0, 0, 1)


async def test_a_bug_in_one_effect_leaves_the_others_alone(rig, caplog):
    caplog.set_level(logging.ERROR)
    async with rig() as hub:
        await hub.restart(workspaces=Away(hub.host, "prepare", ZeroDivisionError("oh"), 1))
        await hub.run("write b.txt one", "scripted:2")
        await hub.ended("1.1", "1.2")
        outcomes = sorted(str(hub.one(f"1.{n}").outcome) for n in (1, 2))
        assert outcomes == ["done", "failed"]
        assert "ZeroDivisionError" in caplog.text


async def test_what_is_given_up_and_still_wanted_rests_before_it_is_tried_again(rig):
    async with rig() as hub:
        broken = Away(hub.host, "trash", Refused("Not now."), 10**6)
        await hub.restart(workspaces=broken)
        await hub.run("write b.txt one", "scripted:2")
        await hub.ended("1.1", "1.2")
        await hub.act("drop", "1.1")
        await hub.until(lambda: "noted" in hub.tags("1.1"))
        await hub.act("say", "1.2", text="write b.txt two")
        await hub.until(lambda: len(hub.one("1.2").versions) == 2)
        assert hub.tags("1.1").count("noted") == 1


async def test_a_follower_that_meets_a_bug_tries_again(rig, caplog):
    caplog.set_level(logging.ERROR)
    async with rig() as hub:
        await hub.restart(runs=Away(hub.host, "dial", ZeroDivisionError("oh"), 1))
        await hub.run("write b.txt one")
        await hub.ended()
        assert (len(hub.one().versions), hub.tags("1.1").count("noted")) == (1, 1)


async def test_more_than_there_is_room_for_waits_and_starts_by_itself(rig):
    async with rig() as hub:
        await hub.restart(limits=lambda: Room(attempts=2, free_mb=0))
        gate = hub.place / "gate"
        wait = f"run while [ ! -e {gate} ]; do sleep 0.02; done"
        await hub.run(f"write b.txt one\n{wait}", "scripted:5")
        seen = set()

        def all_over():
            world = hub.hub.ledger.world
            seen.add(sum(one.process == "alive" for one in world.attempts.values()))
            if 2 in seen:
                gate.touch()
            return all(hub.one(f"1.{n}").settled for n in range(1, 6))

        await hub.until(all_over)
        assert max(seen) == 2
        assert all(len(hub.one(f"1.{n}").versions) == 1 for n in range(1, 6))


async def test_commands_of_a_file_need_consent_once_and_again_when_it_changes(rig):
    config = '[agents.mine]\ncommand = ["true", "{prompt}"]\n'
    async with rig(config) as hub:
        with pytest.raises(Consent) as first:
            await hub.run("x", "mine", trust=False)
        assert first.value.subject == "file:ropewalk.toml"
        assert [x.strip() for x in first.value.text.splitlines()[1:]] == config.splitlines()
        await hub.run("x", "mine", trust=True)
        await hub.run("x", "mine", trust=False)
        hub.repo.commit("more", **{"ropewalk.toml": config + "# more\n"})
        with pytest.raises(Consent, match="changed since"):
            await hub.run("x", "mine", trust=False)


async def test_an_agent_without_a_sandbox_needs_consent_once(rig):
    config = '[agents.mine]\ncommand = ["true", "{prompt}"]\n'
    async with rig(config) as hub:
        with pytest.raises(Consent) as asked:
            await hub.run("x", "mine", consent=False)
        assert asked.value.subject == "agent:mine"
        assert not hub.hub.ledger.world.tasks
        await hub.run("x", "mine", consent=True)
        await hub.run("x", "mine", consent=False)
        await hub.run("say x", consent=False)  # scripted: nothing to agree to


async def test_closed_tasks_leave_memory_and_are_found_again(rig):
    async with rig('[checks.good]\nrun = ["true"]\n') as hub:
        hub.hub.references.kept = 1
        for n in (1, 2, 3):
            await hub.run(f"write b.txt {n}")
            await hub.checked(f"{n}.1")
            await hub.act("drop", f"{n}.1")
            await hub.until(lambda n=n: hub.tags().count("task.closed") == n)
        world = hub.hub.ledger.world
        await hub.until(lambda: len(world.tasks) == 1)
        assert (len(world.attempts), len(world.evidence)) == (1, 2)
        board = await hub.hub.reading.board("", everything=True)
        assert [one["number"] for one in board["tasks"]] == [3, 2, 1]
        assert len(world.tasks) == 1
        attempt, _ = await hub.hub.references.attempt("1.1")
        assert (attempt.decision, len(attempt.versions)) == ("dropped", 1)
        task = world.tasks[attempt.task]
        assert hub.hub.results.finished(task, attempt.versions[0].tree)


async def test_a_run_that_was_given_up_is_ended_by_the_next_hub(rig):
    class Mute:
        """Starts runs, but its answer gets lost."""

        def __init__(self, real):
            self._real = real

        def __getattr__(self, name):
            return getattr(self._real, name)

        async def start(self, spec):
            await self._real.start(spec)
            raise Refused("The answer was lost.")

    async with rig() as hub:
        await hub.restart(runs=Mute(hub.host))
        await hub.run("write b.txt one")
        await hub.ended()
        key = f"{hub.one().id}-1"
        assert [one.state for one in await hub.host.list() if one.id == key] == ["alive"]
        await hub.restart(runs=hub.host)

        async def gone():
            return key not in [one.id for one in await hub.host.list() if one.state == "alive"]

        await hub.until(gone)
        await hub.act("resume", "1.1")
        await hub.until(lambda: hub.one().versions)


async def test_secrets_reach_the_agent_and_nothing_else(rig):
    config = """
[agents.mine]
command = ["sh", "-c", "printf %s \\"$MY_KEY$OTHER\\" | sha256sum > got.txt; cat"]
prompt = "stdin"
"""
    secret = "s3cr3t-" + "x" * 20
    async with rig(config, person='[agents.mine]\npasses = ["MY_KEY"]') as hub:
        await hub.run("hello", "mine", secrets={"MY_KEY": secret, "OTHER": "not asked for"})
        await hub.ended()
        got = (await hub.reads("got.txt") or "").split()[0]
        assert got == hashlib.sha256(secret.encode()).hexdigest()
        assert secret not in repr(hub.events())
        runs = [one for one in (hub.home / "host").rglob("*") if one.is_file()]
        assert not [one for one in runs if secret.encode() in one.read_bytes()]
        await hub.act("drop", "1.1")
        await hub.until(lambda: "task.closed" in hub.tags())


async def test_a_run_that_is_there_needs_no_keys_a_second_time(rig):
    """The hub died after the start and before its record; the next one has no keys, but the run has."""

    class Silent:
        """Starts runs and never answers."""

        def __init__(self, real):
            self._real = real
            self.started = asyncio.Event()

        def __getattr__(self, name):
            return getattr(self._real, name)

        async def start(self, spec):
            await self._real.start(spec)
            self.started.set()
            await asyncio.Event().wait()

    config = """
[agents.mine]
command = ["sh", "-c", "printf %s \\"$MY_KEY\\" > got.txt; cat"]
prompt = "stdin"
"""
    async with rig(config, person='[agents.mine]\npasses = ["MY_KEY"]') as hub:
        silent = Silent(hub.host)
        await hub.restart(runs=silent)
        await hub.run("hello", "mine", secrets={"MY_KEY": "k"})
        await silent.started.wait()
        await hub.restart(runs=hub.host)
        await hub.ended()
        assert hub.one().outcome == "done"
        assert await hub.reads("got.txt") == "k"
        await hub.act("say", "1.1", text="again")  # a new start, and nobody has the key now
        await hub.until(lambda: hub.one().outcome == "failed")
        assert "no longer has MY_KEY" in hub.one().reason
        assert "ropewalk resume 1.1" in hub.one().hint

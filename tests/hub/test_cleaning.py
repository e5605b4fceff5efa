"""Cleaning: what is shown can go and nothing else; what no ref holds is held first."""

import os
import time
from collections.abc import Callable

import pytest

from ropewalk.core.admission import Room
from ropewalk.core.errors import Refused
from ropewalk.core.views import DiskItem
from ropewalk.git.process import git
from ropewalk.hub.cleaning import Asked
from tests.hub.harness import Rig

SETUP = "[setup]\nrun = []\n"


async def shown(hub: Rig) -> dict[tuple[str, str], DiskItem]:
    found = await hub.hub.cleaning.look()
    return {(one["kind"], one["name"]): one for one in found["items"] if one["kind"] != "base"}


def asked(*items: DiskItem) -> list[Asked]:
    return [Asked(one["kind"], one["id"], one["stamp"]) for one in items]


async def test_only_what_nobody_needs_goes_and_its_files_are_held(rig: Callable[..., Rig]) -> None:
    async with rig(SETUP, **{".gitignore": "*.log\n"}) as hub:
        await hub.run("write new.txt x\nrun echo noise > big.log", "scripted", "scripted")
        await hub.ended("1.1", "1.2")
        await hub.act("drop", "1.1")
        await hub.until(lambda: hub.one("1.1").workspace == "trashed")
        attempt = hub.one("1.1").id
        trashed = hub.home / "host" / "trash" / attempt
        stranger = hub.home / "host" / "trash" / "stranger"
        stranger.mkdir(exist_ok=True)
        files = trashed / "upper" if (trashed / "upper").is_dir() else trashed / "tree"
        (files / "later.txt").write_text("no version has this\n")

        items = await shown(hub)
        living, gone = items["workspace", "1.2"], items["trash", "1.1"]
        assert not living["frees"]
        assert living["unmerged"]
        assert gone["frees"]
        assert gone["dirty"]
        assert gone["ignored"] == 1
        assert gone["largest"] == "big.log"

        done = await hub.hub.cleaning.clear(asked(living, gone))
        assert [one["name"] for one in done["items"]] == ["1.1"]
        assert len(done["stays"]) == 1
        assert done["freed_bytes"] > 0
        assert not trashed.exists()
        assert stranger.is_dir()
        assert (hub.home / "host" / "workspaces" / hub.one("1.2").id).is_dir()
        ref = done["items"][0]["held_by"]
        assert attempt in ref
        held = hub.parts.repository.names(project=hub.one().project, commit=ref)
        assert "later.txt" in held
        assert "big.log" not in held
        assert (
            "big.log"
            in [one.event.text for one in hub.events("1.1") if one.event.tag == "noted"][-1]
        )  # type: ignore[union-attr]

        await hub.undo()
        await hub.until(lambda: hub.one("1.1").workspace == "ready")
        assert await hub.reads("new.txt", "1.1") == "x\n"


async def test_a_base_goes_after_what_stood_on_it(rig: Callable[..., Rig]) -> None:
    async with rig(SETUP) as hub:
        await hub.run("write new.txt x")
        await hub.ended()
        bases = [one for one in await hub.host.usage() if one.project == hub.one().project]
        bases = [one for one in bases if one.kind == "base"]
        if not bases:
            assert hub.one().path.endswith("tree"), "an engine without bases"
            return
        done = await hub.hub.cleaning.clear([Asked("base", one.id, "") for one in bases])
        assert done["items"] == []
        assert len(done["stays"]) == len(bases)
        assert {one.id for one in await hub.host.usage()} >= {one.id for one in bases}


async def test_what_was_dropped_long_ago_goes_and_nothing_else(rig: Callable[..., Rig]) -> None:
    hub = rig(SETUP)
    async with hub:
        await hub.run("write a.txt kept", "scripted", "scripted")
        await hub.run("write b.txt dropped", "scripted", "scripted")
        await hub.ended("1.1", "1.2", "2.1", "2.2")
        await hub.act("drop", "1.2", "2.1")
        world = hub.hub.ledger.world
        await hub.until(lambda: hub.one("2.1").workspace == "trashed")
        await hub.act("drop", "2.2")
        await hub.until(lambda: world.tasks[hub.one("2.1").task].closed)
        assert "versions" not in {one["kind"] for one in (await hub.hub.cleaning.look())["items"]}

        old = {one: hub.one(one).id for one in ("1.1", "1.2", "2.1", "2.2")}
        await hub.restart(before=lambda: time.time() + 60)
        trash = hub.home / "host" / "trash"
        await hub.until(lambda: not any((trash / old[one]).exists() for one in ("2.1", "2.2")))
        own = hub.home / "projects" / f"{hub.one().project}.git"
        items = [one for one in (await hub.hub.cleaning.look())["items"] if one["frees"]]
        (versions,) = [one for one in items if one["kind"] == "versions"]
        assert versions["name"] == "2 attempts", "not of the task that is open"
        assert versions["bytes"] > 0
        for one in (own / "objects").rglob("*"):
            if one.is_file():
                os.utime(one, (1, 1))
        (done,) = (await hub.hub.cleaning.clear(asked(versions)))["items"]
        assert done["bytes"] > 0
        refs = git("for-each-ref", "--format=%(refname)", git_dir=own).decode()
        assert {name for name, key in old.items() if key in refs} == {"1.1", "1.2"}
        git("fsck", "--connectivity-only", "--no-dangling", git_dir=own)

        assert "went for good" in await hub.refused("resume", "2.1")
        with pytest.raises(Refused, match="went for good"):
            await hub.hub.reading.diff("2.1", "")
        assert await hub.undo() == "drop of 1.2"
        await hub.until(lambda: hub.one("1.2").workspace == "ready")
        assert await hub.reads("a.txt", "1.2") == "kept\n"
        await hub.act("say", "1.1", text="write a.txt more")
        await hub.until(lambda: len(hub.one().versions) == 2)
        await hub.act("rewind", "1.1", to="1")
        await hub.until(lambda: hub.one().rewinds[-1].step == "done")
        assert await hub.reads("a.txt") == "kept\n"
        assert "kept" in await hub.hub.reading.diff("1.1", "")
        await hub.act("merge", "1.1")
        await hub.until(lambda: hub.one().decision == "merged")
        assert hub.repo.read("a.txt") == "kept\n"


async def test_the_spool_of_a_run_that_nobody_reads_goes(rig: Callable[..., Rig]) -> None:
    hub = rig(SETUP)
    async with hub:
        await hub.stop()
        await hub.start(keep_spools=True)
        await hub.run("ask go on\nsay done")
        await hub.until(lambda: hub.one().questions)
        await hub.run("write a.txt x")
        await hub.ended("2.1")
        await hub.act("stop", "2.1")
        await hub.gone("2.1")
        alive, over = hub.one("1.1").run, hub.one("2.1").run
        runs = hub.home / "host" / "runs"
        found = {
            one["id"]: one
            for one in (await hub.hub.cleaning.look())["items"]
            if one["kind"] == "spools"
        }
        assert alive in found["read"]["stamp"].split(",")
        assert over in found["ended"]["stamp"].split(",")
        assert found["ended"]["bytes"] > 0
        done = await hub.hub.cleaning.clear(asked(found["ended"], found["read"]))
        assert not (runs / over).exists()
        assert (runs / alive).is_dir()
        assert done["stays"]
        await hub.act("answer", "1.1", option="allow")
        await hub.ended("1.1")


async def test_no_workspace_is_made_on_a_full_disk(rig: Callable[..., Rig]) -> None:
    full = [Room(attempts=16, free_mb=0, disk_mb=-1)]
    hub = rig(SETUP)
    async with hub:
        await hub.stop()
        await hub.start(limits=lambda: full[0])
        await hub.run("write new.txt x")
        await hub.until(lambda: "noted" in hub.tags("1.1"))
        view = hub.hub.reading.attempt(hub.one())
        assert view["next"] == "ropewalk gc"
        assert "disk" in view["detail"]
        assert hub.one().workspace == "none"
        full[0] = Room(attempts=16, free_mb=0, disk_mb=1)
        hub.hub.scheduler.poke()
        await hub.ended()
        assert hub.one().versions


async def test_no_workspace_is_made_beyond_the_budget(rig: Callable[..., Rig]) -> None:
    async with rig(SETUP) as hub:
        before = -(-await hub.host.taken() // 2**20)
        await hub.run("run head -c 6000000 /dev/urandom > large.bin")
        await hub.ended()
        assert hub.one().versions
        await hub.restart(limits=lambda: Room(attempts=16, free_mb=0, budget_mb=before + 4))
        await hub.run("write new.txt x")
        await hub.until(lambda: "noted" in hub.tags("2.1"))
        view = hub.hub.reading.attempt(hub.one("2.1"))
        assert view["next"] == "ropewalk gc"
        assert f"MB of {before + 4} MB (disk_mb) are taken" in view["detail"]
        assert "ropewalk gc" in view["detail"]
        assert hub.one("2.1").workspace == "none"
        await hub.act("drop", "1.1")
        await hub.until(lambda: hub.one("1.1").workspace == "trashed")
        items = await shown(hub)
        await hub.hub.cleaning.clear(asked(items["trash", "1.1"]))
        hub.hub.scheduler.poke()
        await hub.ended("2.1")
        assert hub.one("2.1").versions

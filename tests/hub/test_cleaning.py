"""Cleaning: what is shown can go and nothing else; what no ref holds is held first."""

from collections.abc import Callable

from ropewalk.core.admission import Room
from ropewalk.core.views import DiskItem
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

"""Boxes, wired in: what agents, checks and set-up cannot reach, and how it is said."""

import asyncio
import os
import socket
import subprocess
from pathlib import Path

import pytest

from ropewalk.core.boxing import Machine
from ropewalk.core.errors import Consent, Refused
from ropewalk.core.machinerules import parse_machine
from ropewalk.core.screen import attempt_view
from ropewalk.hub.boxing import Sandbox
from ropewalk.sandbox.finding import find
from tests.hub.harness import ENVIRONMENT
from tests.machine import box_refused

needs_boxes = pytest.mark.skipif(bool(box_refused()), reason=f"no boxes here: {box_refused()}")


def shown(hub):
    world = hub.hub.ledger.world
    one = hub.one()
    return attempt_view(world, one, now=0.0, doing="", evidence=lambda *_: [])["sandbox"]


def at_home(home: Path, **more: str) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    return {**ENVIRONMENT, "HOME": str(home), **more}


@needs_boxes
async def test_an_agent_sees_its_workspace_and_no_home(boxed, tmp_path):
    home = tmp_path.parent / f"{tmp_path.name}-ann"
    environment = at_home(home)
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id").write_text("secret")
    async with boxed() as hub:
        script = (
            f"run cat {home}/.ssh/id > stolen.txt 2>&1\n"
            "run echo kept > ~/later.txt; cat ~/later.txt > mine.txt\n"
            "run ls -d /proc/[0-9]* | wc -l > count.txt\n"
        )
        await hub.run(script, environment=environment)
        await hub.ended()
        assert "secret" not in (await hub.reads("stolen.txt") or "")
        assert await hub.reads("mine.txt") == "kept\n"
        assert int(await hub.reads("count.txt") or 0) < 12
        assert not (home / "later.txt").exists()
        assert shown(hub) == "full, network open"
        started = next(x.event for x in hub.events("1.1") if x.event.tag == "process.started")
        assert started.sandbox == "full, network open"


@needs_boxes
async def test_git_works_inside_and_sees_no_other_attempt(boxed):
    async with boxed() as hub:
        await hub.run("write b.txt of the first")
        await hub.ended()
        other = hub.one().versions[0].commit
        script = (
            "run (git log --format=%s && git status --short && echo new > c.txt && git add -A) > said.txt 2>&1\n"
            f"run git cat-file -e {other} 2>/dev/null && echo seen >> said.txt || echo hidden >> said.txt\n"
            "run git commit -qm mine >> said.txt 2>&1; git log --format=%s >> said.txt"
        )
        await hub.run(script)
        await hub.ended("2.1")
        assert await hub.reads("said.txt", "2.1") == "one\n?? said.txt\nhidden\nmine\none\n"
        assert "c.txt" in hub.one("2.1").versions[0].paths


@needs_boxes
async def test_a_command_that_is_only_outside_is_named_with_the_line_that_shows_it(boxed):
    async with boxed() as hub:
        tool = hub.home / "tool"  # below the state directory, which is never found by itself
        tool.write_text("#!/bin/sh\n")
        tool.chmod(0o755)
        hub.repo.commit(
            "two", **{"ropewalk.toml": f'[agents.own]\ncommand = ["{tool}", "{{prompt}}"]\n'}
        )
        await hub.run("x", "own")
        await hub.ended()
        assert f"{tool}, which the sandbox does not show" in hub.one().reason
        assert f'[sandbox] seen = ["{tool}"]' in hub.one().reason


@needs_boxes
async def test_the_home_of_an_attempt_outlives_its_process(boxed, tmp_path):
    environment = at_home(tmp_path.parent / f"{tmp_path.name}-ann")
    async with boxed() as hub:
        await hub.run("run echo one > ~/notes", environment=environment)
        await hub.ended()
        await hub.act("stop", "1.1")
        await hub.gone()
        await hub.act("say", "1.1", text="run cat ~/notes > notes.txt")
        await hub.until(lambda: hub.one().turn == 2)
        await hub.ended()
        assert await hub.reads("notes.txt") == "one\n"


@needs_boxes
async def test_a_check_reaches_nobody(boxed):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        tries = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
        config = f'[checks.net]\nrun = ["python", "-c", "{tries}"]\n'
        async with boxed(config) as hub:
            await hub.run(f'run python -c "{tries}" && echo yes > reached.txt')
            await hub.checked()
            assert await hub.reads("reached.txt") == "yes\n"
            found = [x.standing for x in hub.hub.ledger.world.evidence.values()]
            assert set(found) == {"failed"}


@needs_boxes
async def test_what_a_person_does_in_the_workspace_and_what_the_agent_did(boxed):
    async with boxed() as hub:
        await hub.run("write mine.txt agent")
        await hub.ended()
        await hub.runs("cat mine.txt > theirs.txt; echo more >> mine.txt")
        await hub.act("say", "1.1", text="run cat theirs.txt mine.txt > all.txt")
        await hub.until(lambda: hub.one().turn == 2)
        await hub.ended()
        assert await hub.reads("all.txt") == "agent\nagent\nmore\n"
        assert os.stat(hub.place).st_uid == os.geteuid()  # noqa: PTH116


@needs_boxes
async def test_a_shell_is_in_the_sandbox_of_its_attempt(boxed, tmp_path):
    home = tmp_path.parent / f"{tmp_path.name}-ann"
    environment = at_home(home)
    (home / "secret").write_text("secret")
    async with boxed() as hub:
        await hub.run("run echo agent > ~/notes", environment=environment)
        await hub.ended()
        way = await hub.hub.places.visit(hub.one())
        command = [*way.argv, "sh", "-c", f"cat {home}/notes; cat {home}/secret; pwd"]
        pipe = os.open(way.pipe, os.O_WRONLY)
        os.write(pipe, b"x")
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=20, check=False
        )
        os.close(pipe)
        assert done.stdout == f"agent\n{hub.one().path}\n", done.stderr


async def test_a_machine_that_cannot_hold_what_is_demanded(rig):
    weak = Sandbox(find=find, holds=lambda: Machine(rung="none", why="no namespaces here"))
    async with rig('[sandbox]\nminimum = "full"\n') as hub:
        await hub.restart(sandbox=weak)
        with pytest.raises(Refused, match=r"full at least, and it has none \(no namespaces here\)"):
            await hub.run("write a.txt b")


async def test_a_machine_that_allows_other_agents_only(rig):
    rules = parse_machine('[agents]\nallowed = ["claude"]', "/etc/x")
    async with rig() as hub:
        await hub.restart(sandbox=Sandbox(rules=lambda: rules))
        with pytest.raises(Refused, match="does not allow the agent scripted: /etc/x line 2"):
            await hub.run("write a.txt b")


async def test_what_is_asked_says_what_it_is_locked_in(rig):
    config = '[agents.mine]\ncommand = ["true", "{prompt}"]\n[sandbox]\nminimum = "full"\n'
    strong = Sandbox(find=find, holds=lambda: Machine(rung="full"))
    async with rig(config) as hub:
        await hub.restart(sandbox=strong)
        with pytest.raises(Consent) as asked:
            await hub.run("x", "mine", consent=False)
        assert asked.value.message.startswith("mine would run in a sandbox (full, network open)")
        assert asked.value.subject == "boxed:mine"
        assert "Its network is open" in asked.value.text

"""The daemon itself: one per home, replaced by newer programs, gone when nobody needs it."""

import asyncio
import os
import signal
import subprocess
from pathlib import Path

import pytest

from ropewalk.core.errors import Bug, Conflict, Outside, Refused
from ropewalk.hosts.messages import dump_error, load_error, read_message, write_message
from ropewalk.hosts.place import HostFolder
from ropewalk.ports import Order
from tests.hosts.scene import Scene, processes_with, until


async def greet(scene, **more) -> dict:
    reader, writer = await asyncio.open_unix_connection(HostFolder(scene.home).socket())
    await write_message(writer, {"op": "hello", "version": 1, "n": 1, **more})
    answer = await read_message(reader)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_the_host_has_a_permanent_id(scene):
    first = await scene.host.about()
    os.kill(first["pid"], signal.SIGKILL)
    await until(lambda: HostFolder(scene.home).lock_is_free())
    other = scene.connect()
    second = await other.about()
    await other.close()
    assert first["host"] == second["host"]
    assert first["pid"] != second["pid"]


async def test_a_second_daemon_is_refused(scene):
    await scene.host.about()
    second = await asyncio.to_thread(
        subprocess.run,
        scene.command,
        capture_output=True,
        timeout=20,
        env={**os.environ, "PYTHONPATH": "src:."},
    )
    assert second.returncode != 0
    assert b"a host daemon runs" in second.stderr
    assert (await scene.host.about())["pid"] == (await greet(scene))["pid"]


async def test_two_hubs_start_one_daemon(scene):
    other = scene.connect()
    one, two = await asyncio.gather(scene.host.about(), other.about())
    assert one["pid"] == two["pid"]
    await until(lambda: processes_with(f"tests.hosts.daemon\0{scene.home}") == [one["pid"]])
    await other.close()


async def test_a_newer_program_replaces_the_daemon_and_runs_live_on(scene):
    run = await scene.sh("read x; echo got $x")
    before = await scene.daemon_pid()
    newer = scene.connect(version="99.0.0")
    await newer.free_memory_mb()
    # the test's daemon says its own version each time: it was replaced, and is spoken to as it is
    assert (await newer.about())["pid"] != before
    _, line = await newer.dial(run.id, 1)
    assert await line.write(id="a", at=0, data=b"it\n") == "ok"
    await line.close()
    await newer.close()
    assert (await scene.finish(run))[0] == b"got it\n"


async def test_an_unknown_protocol_is_refused_in_words(scene):
    await scene.host.about()
    answer = await greet(scene, version=7)
    assert answer["error"]["code"] == "refused"
    assert "version 1, not 7" in answer["error"]["message"]


async def test_an_idle_daemon_ends_but_not_while_a_run_lives(tmp_path):
    scene = Scene(tmp_path / "home", idle_s=0.2)
    try:
        run = await scene.sh("read x")
        pid = await scene.daemon_pid()
        await scene.host.close()
        await asyncio.sleep(1)  # longer than the daemon would wait without the run
        assert (await greet(scene))["pid"] == pid
        _, line = await scene.host.dial(run.id, 1)
        await line.close_input(id="e", at=0)
        await line.close()
        await scene.host.close()
        await until(lambda: HostFolder(scene.home).lock_is_free(), "for the daemon to end")
    finally:
        await scene.end()


async def test_long_paths(tmp_path):
    scene = Scene(tmp_path / ("long" * 30))
    try:
        run = await scene.sh("echo it works")
        assert (await scene.finish(run))[0] == b"it works\n"
        assert len(os.fsencode(HostFolder(scene.home).socket())) < 100
    finally:
        await scene.end()


async def test_workspaces_over_the_socket(scene):
    place = await scene.host.prepare(Order(id="w1", project="p", base="b", branch="main"))
    assert place.branch == "main"
    Path(place.path, "file").write_bytes(b"\x00\xff")
    assert await scene.host.read(id="w1", path="file", limit=10) == b"\x00\xff"
    assert await scene.host.read(id="w1", path="other", limit=10) is None
    shot = await scene.host.snapshot(
        id="w1", project="p", base="b", parent="c", ref="r", message="m"
    )
    assert shot.paths == ("file",)
    with pytest.raises(Conflict, match="the workspace moved") as caught:
        await scene.host.replace(id="w1", project="p", commit="c", ref="r")
    assert caught.value.hint == "look again"
    assert await scene.host.restore(id="w1") is False
    assert await scene.host.trash(id="w1") is True
    with pytest.raises((Bug, Outside)):
        await scene.host.trash(id="w1")


async def test_a_restarted_daemon_finds_its_runs_again(scene):
    ended, alive = await scene.sh("exit 5"), await scene.sh("read x")
    await scene.finish(ended)
    os.kill(await scene.daemon_pid(), signal.SIGKILL)
    known = {run.id: run for run in await scene.host.list()}
    assert known[ended.id].exit.code == 5
    assert known[alive.id].state == "alive"


async def test_garbage_on_the_socket_harms_nobody(scene):
    await scene.host.about()
    for data in (
        b"\n",
        b"{}\n",
        b"[1]\n",
        b"\xff\xfe\n",
        b'{"op": "relay"}\n',
        b'{"op": "start"}\n',
        b"x" * 100_000,
    ):
        reader, writer = await asyncio.open_unix_connection(HostFolder(scene.home).socket())
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()
        await writer.wait_closed()
    assert await scene.host.list() == []


@pytest.mark.parametrize("kind", [Refused, Outside, Conflict, Bug])
def test_errors_cross_the_socket(kind):
    back = load_error(dump_error(kind("it is so", hint="do this")))
    assert (type(back), back.message, back.hint) == (kind, "it is so", "do this")

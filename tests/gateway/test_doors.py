"""Doors: whose they are, and that they outlive the gateway."""

import asyncio
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys

import pytest

from ropewalk.core.errors import NotFound, Outside, Refused
from ropewalk.gateway.place import GatewayFolder
from ropewalk.gateway.starting import reach_gateway
from ropewalk.ports.gateway import Door, NetworkRules
from tests.gateway.gateways import Gateways
from tests.gateway.keeper import keeping
from tests.gateway.scene import client_hello, echo, get, head, hello, noted, say, status
from tests.hosts.scene import Scene as HostScene
from tests.hosts.scene import until


async def test_opening_again_answers_with_the_same_door(scene):
    await scene.site("shop.example", hello)
    listener = scene.listener()
    first = await scene.door("other.example", listener=listener)
    again = await scene.door("shop.example", listener=listener)
    assert first == again
    assert len(await scene.client.doors()) == 1
    assert status(await say(first, get("http://shop.example/"))) == 200


async def test_a_later_epoch_takes_the_place_of_an_earlier_one(scene):
    old = await scene.door("shop.example", epoch=1)
    new = await scene.door("shop.example", epoch=2)
    assert old != new
    with pytest.raises(Refused):
        await scene.door(epoch=1)
    with pytest.raises(NotFound):
        await scene.client.rules("7.1", 1, NetworkRules())
    await scene.client.close("7.1", 1)
    assert [one.epoch for one in await scene.client.doors()] == [2]


async def test_another_runner_of_the_same_epoch_has_another_door(scene):
    old = await scene.door("shop.example", runner="/run/one")
    new = await scene.door("shop.example", runner="/run/other")
    assert old != new
    assert [one.runner for one in await scene.client.doors()] == ["/run/other"]


async def test_closing_ends_what_goes_through(scene):
    await scene.site("shop.example", echo, 443)
    port = await scene.door("shop.example")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n"
        + client_hello("shop.example")
    )
    await head(reader)
    await reader.readexactly(10)
    await scene.client.close("7.1", 1)
    with contextlib.suppress(ConnectionResetError):
        while await reader.read(65536):
            pass
    writer.close()
    await scene.client.close("7.1", 1)
    assert await scene.client.doors() == []


async def test_doors_have_rules_of_their_own(scene):
    await scene.site("shop.example", hello)
    one = await scene.door("shop.example", attempt="7.1")
    other = await scene.door("else.example", attempt="7.2")
    assert status(await say(one, get("http://shop.example/"))) == 200
    assert status(await say(other, get("http://shop.example/"))) == 403
    (refused,) = await scene.entries("connection.refused")
    assert refused.attempt == "7.2"


async def test_what_is_no_listening_socket_is_refused(scene):
    door = Door(person="ann", task="7", attempt="7.1", epoch=1)
    with socket.socket() as plain, pytest.raises(Refused, match="listen"):
        await scene.client.open(door, listener=plain.fileno())
    with pytest.raises(Refused):
        await scene.client.open(door, listener=2)
    with pytest.raises(Refused):
        await scene.client.open(door)


async def test_malformed_rules_open_nothing(scene):
    with pytest.raises(Refused, match="network rule"):
        await scene.door("http://shop.example/")
    assert await scene.client.doors() == []


async def test_many_rules_fit(scene):
    names = [f"host-{number}.some-long-domain.example" for number in range(3000)]
    await scene.door(*names)
    (door,) = await scene.client.doors()
    assert len(door.rules.allowed) == 3000


async def test_the_socket_is_ours_alone(scene):
    mode = GatewayFolder(scene.home).socket().stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize(
    "line",
    [
        b"{}\n",
        b'{"op": "list", "n": 1}\n',
        b'{"op": "hello", "version": 99}\n',
        b'{"op": "open"}\n',
    ],
)
async def test_who_does_not_say_hello_properly_is_told_so(scene, line):
    reader, writer = await asyncio.open_unix_connection(GatewayFolder(scene.home).socket())
    writer.write(line)
    answer = json.loads(await reader.readline())
    writer.close()
    assert not answer["ok"]
    assert answer["error"]["message"]


@pytest.mark.parametrize("line", [b"garbage\n", b"[]\n", b"x" * 100_000, b'{"len": -1}\n'])
async def test_who_talks_garbage_is_dropped(scene, line):
    reader, writer = await asyncio.open_unix_connection(GatewayFolder(scene.home).socket())
    writer.write(line)
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    assert await scene.client.doors() == []


async def test_requests_that_lack_something_are_refused(scene):
    for request in (
        {"op": "rules"},
        {"op": "read", "after": "x"},
        {"op": "open", "door": {"person": 1}},
        {"op": "x"},
    ):
        with pytest.raises((Refused, Outside)):
            await scene.client.ask(request.pop("op"), **request)


async def test_a_stranger_below_one_home_is_refused(scene):
    second = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "ropewalk.wiring", "gateway", str(scene.home)],
        capture_output=True, timeout=20,
    )  # fmt: skip
    assert b"a gateway runs for" in second.stderr


async def test_a_killed_gateway_gets_its_doors_from_the_runners(scene, tmp_path):
    at = await scene.server(echo)
    host, gateways = HostScene(tmp_path / "host"), Gateways(tmp_path / "run")
    listener = scene.listener()
    try:
        runner = await keeping(host, listener)
        client = await gateways.start({"shop.example": at})
        rules = NetworkRules(preset="listed", allowed=("shop.example",))
        door = Door(person="ann", task="7", attempt="7.1", epoch=3, rules=rules, runner=runner)
        port = await client.open(door)
        reader, writer = await tunnel(port)
        gateways.kill()
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        waiting = asyncio.create_task(tunnel(port))  # waits for whoever comes
        await client.leave()
        client = await gateways.start({"shop.example": at})
        assert await client.doors() == [door]
        reader, writer = await waiting
        writer.close()
        await noted(client, "connection.opened", 2)
        entries = await client.read(0, wait_s=5)
        assert [one.seq for one in entries] == list(range(1, len(entries) + 1))
        await client.leave()
    finally:
        gateways.kill()
        await host.end()


async def tunnel(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    first = client_hello("shop.example")
    writer.write(b"CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n" + first)
    assert status(await head(reader)) == 200
    assert await reader.readexactly(len(first)) == first
    return reader, writer


async def test_a_door_whose_runner_is_gone_is_noted_as_lost(scene, tmp_path):
    place = GatewayFolder(scene.home)
    await scene.door("shop.example")
    await scene.again()
    assert await scene.client.doors() == []
    (lost,) = await scene.entries("door.lost")
    assert lost.attempt == "7.1"
    assert json.loads(place.doors.read_text()) == []


async def test_who_retires_lets_streams_end_and_accepts_nobody(scene):
    await scene.site("shop.example", echo, 443)
    port = await scene.door("shop.example")
    idle_reader, idle_writer = await asyncio.open_connection("127.0.0.1", port)
    reader, writer = await tunnel(port)
    await scene.client.retire(30)
    late_reader, late_writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionResetError):
        assert await idle_reader.read() == b""
    writer.write(b"still here")
    assert await reader.readexactly(10) == b"still here"
    assert not scene.running.done()
    writer.close()
    await scene.running
    listener = scene.listeners[0]
    await scene.client.leave()
    await scene.begin()
    assert await scene.door("shop.example", listener=listener) == port
    late_writer.write(get("/", "x"))
    assert status(await late_reader.read()) == 200
    for one in (idle_writer, late_writer):
        one.close()


async def test_who_retires_waits_only_so_long(scene):
    await scene.site("shop.example", echo, 443)
    _, writer = await tunnel(await scene.door("shop.example"))
    await scene.client.retire(0.1)
    await scene.running
    writer.close()


async def test_of_several_who_start_a_gateway_all_reach_the_same(tmp_path):
    home = tmp_path / "own"
    clients = await asyncio.gather(*(reach_gateway(home) for _ in range(3)))
    pid = int(GatewayFolder(home).lock.read_text())
    try:
        assert os.getsid(pid) == pid
        assert pid != os.getpid()
    finally:
        await clients[0].stop()
        for one in clients:
            await one.leave()
    await until(lambda: not alive(pid))


def alive(pid: int) -> bool:
    """Whether it runs; our own child is waited for."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False

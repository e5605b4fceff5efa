"""The way out: what is let through, what is refused, and what is noted of both."""

import asyncio

import pytest

from ropewalk.ports.gateway import NetworkRules
from tests.gateway.scene import PUBLIC, body, client_hello, echo, get, head, hello, say, status

POST = b"POST http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n"


def connect(where: str) -> bytes:
    return f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode()


async def test_a_request_in_absolute_form_is_passed_on(scene):
    await scene.site("shop.example", hello)
    port = await scene.door("shop.example")
    answer = await say(
        port, get("http://shop.example/a?b=c", "", "Proxy-Authorization: x", "X-Mine: 1")
    )
    assert status(answer) == 200
    asked = body(answer).lower()
    assert asked.startswith(b"get /a?b=c http/1.1\r\nhost: shop.example\r\n")
    assert b"x-mine: 1" in asked
    assert b"proxy-authorization" not in asked
    (closed,) = await scene.entries("connection.closed")
    assert closed.body["status"] == 200
    assert closed.body["down"] > 90
    (opened,) = await scene.entries("connection.opened")
    assert (opened.attempt, opened.epoch, opened.person) == ("7.1", 1, "ann")
    assert (opened.body["host"], opened.body["port"], opened.body["address"]) == (
        "shop.example",
        80,
        PUBLIC,
    )


async def test_a_body_is_passed_on_as_it_came(scene):
    async def server(reader, writer):
        await head(reader)
        got = await reader.readexactly(300_000)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n%06d" % len(got))
        await writer.drain()

    await scene.site("shop.example", server)
    port = await scene.door("shop.example")
    request = b"POST http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n"
    answer = await say(port, request + b"Content-Length: 300000\r\n\r\n" + bytes(300_000))
    assert body(answer) == b"300000"


async def test_several_requests_on_one_connection_are_judged_each(scene):
    await scene.site("shop.example", hello)
    port = await scene.door("shop.example")
    first = b"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n"
    answer = await say(port, first + get("http://other.example/"))
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"HTTP/1.1 403") == 1


async def test_a_tunnel_moves_bytes_both_ways(scene):
    await scene.site("shop.example", echo, 443)
    port = await scene.door("shop.example")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(connect("SHOP.example.:443"))
    assert status(await head(reader)) == 200
    greeting = client_hello("shop.example")
    writer.write(greeting + b"x" * 100_000)
    writer.write_eof()
    assert len(await reader.read()) == len(greeting) + 100_000
    writer.close()
    (closed,) = await scene.entries("connection.closed")
    assert closed.body["up"] == closed.body["down"] == len(greeting) + 100_000


async def test_a_tunnel_to_another_name_than_asked_for_is_cut(scene):
    got = []

    async def server(reader, writer):
        got.append(await reader.read(10))

    await scene.site("shop.example", server, 443)
    port = await scene.door("shop.example")
    for first in (client_hello("evil.example"), b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(connect("shop.example:443") + first)
        assert status(await head(reader)) == 200
        assert await reader.read() == b""
        writer.close()
    assert got in ([], [b""], [b"", b""])
    refused = await scene.entries("connection.refused", 2)
    assert "evil.example" in refused[0].body["why"]


async def test_a_port_that_is_named_takes_anything(scene):
    async def ssh(reader, writer):
        writer.write(b"SSH-2.0-x\r\n")
        await reader.read(10)

    await scene.site("git.example", ssh, 22)
    port = await scene.door("git.example:22")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(connect("git.example:22"))
    await head(reader)
    assert await reader.readline() == b"SSH-2.0-x\r\n"
    writer.close()


async def test_a_refusal_is_readable_and_asked_once(scene):
    port = await scene.door("shop.example")
    other = await scene.door("shop.example", attempt="7.2")
    for at in (port, port, other):
        answer = await say(at, connect("evil.example:443"))
        assert status(answer) == 403
        assert b"The person was asked whether evil.example:443 may be reached" in body(answer)
    await say(port, connect("evil.example:22"))
    await say(port, connect("third.example:443"))
    asked = await scene.entries("question", 3)
    assert [one.body["server"] for one in asked] == [
        "evil.example",
        "evil.example:22",
        "third.example",
    ]
    assert {one.task for one in asked} == {"7"}
    assert scene.internet.asked == []
    await scene.again()
    await say(await scene.door(), connect("evil.example:443"))
    assert len(await scene.entries("question", 3)) == 3


async def test_a_yes_holds_for_the_next_try(scene):
    await scene.site("shop.example", hello)
    port = await scene.door("other.example")
    assert status(await say(port, get("http://shop.example/"))) == 403
    await scene.client.rules("7.1", 1, NetworkRules(preset="listed", allowed=("shop.example",)))
    assert status(await say(port, get("http://shop.example/"))) == 200


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.5", "169.254.169.254", "::1", "fd00::1", "100.64.1.1"]
)
async def test_a_name_that_leads_inside_is_refused_after_resolution(scene, address):
    scene.internet.rebind("shop.example", [PUBLIC, address])
    port = await scene.door(rules=NetworkRules(preset="open"))
    answer = await say(port, get("http://shop.example/"))
    assert status(answer) == 403
    assert f"its address {address} is not public".encode() in body(answer)
    assert scene.internet.dialled == []


async def test_the_connection_goes_to_the_address_that_was_checked(scene):
    await scene.site("shop.example", hello)
    scene.internet.rebind("shop.example", [PUBLIC], ["127.0.0.1"])
    port = await scene.door("shop.example")
    assert status(await say(port, get("http://shop.example/"))) == 200
    assert scene.internet.dialled == [(PUBLIC, 80)]
    assert scene.internet.asked == ["shop.example"]
    assert status(await say(port, get("http://shop.example/"))) == 403


async def test_the_machines_own_public_address_is_refused(scene):
    await scene.site("shop.example", hello)
    scene.internet.owned.add(PUBLIC)
    port = await scene.door("shop.example")
    assert status(await say(port, get("http://shop.example/"))) == 403


@pytest.mark.parametrize(
    "where",
    [
        "127.0.0.1:80",
        "2130706433:443",
        "0x7f.1:443",
        "0177.1:80",
        "[::ffff:127.0.0.1]:443",
        "[::1]:443",
    ],
)
async def test_addresses_inside_are_refused_in_every_spelling(scene, where):
    port = await scene.door(rules=NetworkRules(preset="open"))
    assert status(await say(port, connect(where))) == 403
    assert scene.internet.dialled == []


async def test_a_private_server_that_the_person_names_is_reached(scene):
    at = await scene.server(echo)
    port = await scene.door(rules=NetworkRules(preset="none", private=(f"db.lan:{at}",)))
    scene.internet.rebind("db.lan", ["127.0.0.1"])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(connect(f"db.lan:{at}"))
    assert status(await head(reader)) == 200
    writer.write(b"select 1")
    assert await reader.readexactly(8) == b"select 1"
    writer.close()
    assert status(await say(port, connect(f"db.lan:{at + 1}"))) == 403


async def test_who_cannot_be_reached_is_said_so(scene):
    port = await scene.door("gone.example", "dead.example")
    scene.internet.rebind("dead.example", [PUBLIC])
    assert b"it has no address" in await say(port, connect("gone.example:443"))
    assert status(await say(port, connect("dead.example:443"))) == 502
    assert [one.body["host"] for one in await scene.entries("connection.failed", 2)] == [
        "gone.example",
        "dead.example",
    ]


@pytest.mark.parametrize(
    "request_",
    [
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET ",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        POST + b"Content-Length: 5, 6\r\n\r\nhello!",
        POST + b"Content-Length: +5\r\n\r\nhello",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST http://shop.example/ HTTP/1.0\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"GET http://shop.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\nHost: evil.example\r\n\r\n",
        b"GET http://shop.example/ HTTP/1.1\r\n\r\n",
        b"GET http://evil@shop.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n",
        b"GET http://shop.example\\@evil.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n",
        b"GET https://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n",
        b"GET file:///etc/passwd HTTP/1.1\r\nHost: shop.example\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: shop.example\r\n\r\n",
        b"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\nX: a\0b\r\n\r\n",
        b"CONNECT shop.example HTTP/1.1\r\nHost: shop.example\r\n\r\n",
        b"CONNECT shop.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
        b"CONNECT http://shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n",
        b"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\nX: " + b"a" * 300_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)  # fmt: skip
async def test_what_can_be_read_in_two_ways_is_refused(scene, request_):
    asked = []

    async def server(reader, writer):
        asked.append(await reader.read())

    await scene.site("shop.example", server)
    await scene.site("evil.example", server)
    port = await scene.door("shop.example", "evil.example")
    answer = await say(port, request_, half=True)
    assert 400 <= status(answer) < 600
    assert not any(b"GET " in one for one in asked)


async def test_only_one_reading_of_a_chunked_request_goes_on(scene):
    asked = asyncio.get_running_loop().create_future()

    async def server(reader, writer):
        data = await head(reader)
        data += await reader.readuntil(b"0\r\n\r\n")
        asked.set_result(data)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    await scene.site("shop.example", server)
    port = await scene.door("shop.example")
    request = (
        b"POST http://shop.example/ HTTP/1.1\r\nhost: shop.example\r\nTransfer-Encoding: CHUNKED\r\n"
        b"Connection: close, x-secret\r\nX-Secret: 1\r\nTrailer: x\r\n\r\n5;ext=1\r\nhello\r\n0\r\nX: smuggled\r\n\r\n"
    )
    await say(port, request)
    data = (await asked).lower()
    assert data.endswith(b"5\r\nhello\r\n0\r\n\r\n")
    assert b"x-secret" not in data
    assert b"smuggled" not in data


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
    ],
)
async def test_a_server_that_answers_garbage_is_a_bad_gateway(scene, answer):
    async def server(reader, writer):
        await head(reader)
        writer.write(answer)

    await scene.site("shop.example", server)
    port = await scene.door("shop.example")
    assert status(await say(port, get("http://shop.example/"))) == 502


async def test_an_answer_that_is_cut_does_not_look_whole(scene):
    async def server(reader, writer):
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        await writer.drain()

    await scene.site("shop.example", server)
    port = await scene.door("shop.example")
    answer = await say(port, get("http://shop.example/"))
    assert not answer.endswith(b"0\r\n\r\n")
    (closed,) = await scene.entries("connection.closed")
    assert closed.body["how"] == "broken"


async def test_the_gateway_says_what_it_is(scene):
    port = await scene.door()
    assert b"Ropewalk's gateway" in await say(port, get("/", "localhost"))
    assert status(await say(port, get("/x", "localhost"))) == 404

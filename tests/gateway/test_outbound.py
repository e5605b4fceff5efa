"""The way out of the person's own network: their company's proxy, and whom they trust."""

import asyncio
import ssl
from pathlib import Path

import pytest

from ropewalk.gateway.network import RealNetwork
from ropewalk.gateway.outbound import Proxy, Ways
from ropewalk.ports.gateway import NetworkRules
from tests.gateway.provider import START, STOP, STREAM, Server, anthropic, message
from tests.gateway.scene import (
    PUBLIC,
    TOKEN,
    Scene,
    body,
    client_hello,
    echo,
    get,
    head,
    hello,
    say,
    status,
)

PEM = Path(__file__).with_name("tls") / "server.pem"
"""A certificate for models.example, signed by itself, and its key: for these tests alone."""


class Company:
    """A proxy: leads tunnels to one port of this machine, and answers requests itself."""

    def __init__(self, at: int = 0, answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> None:
        self.at, self.answer = at, answer
        self.asked: list[bytes] = []

    async def __call__(self, reader, writer):
        asked = await head(reader)
        self.asked.append(asked)
        if not asked.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy")
            return
        writer.write(self.answer)
        if b" 200 " not in self.answer:
            return
        there, to = await asyncio.open_connection("127.0.0.1", self.at)
        try:
            await asyncio.gather(echo_into(reader, to), echo_into(there, writer))
        finally:
            to.close()


async def echo_into(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


async def behind(scene: Scene, company: Company, **more: str) -> None:
    """The scene's gateway, started anew behind a proxy."""
    port = await scene.server(company)
    scene.environ = {"HTTPS_PROXY": f"http://user:p%40ss@127.0.0.1:{port}", **more}
    scene.environ["http_proxy"] = scene.environ["HTTPS_PROXY"]
    await scene.again()


async def test_a_tunnel_goes_through_the_companys_proxy(scene):
    company = Company(await scene.server(echo))
    await behind(scene, company)
    port = await scene.door("shop.example")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    first = client_hello("shop.example")
    writer.write(b"CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n" + first)
    assert status(await head(reader)) == 200
    assert await reader.readexactly(len(first)) == first
    writer.close()
    (asked,) = company.asked
    assert asked.startswith(b"CONNECT shop.example:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpwQHNz\r\n" in asked


async def test_a_plain_request_goes_there_in_absolute_form(scene):
    company = Company()
    await behind(scene, company)
    port = await scene.door("shop.example")
    assert body(await say(port, get("http://shop.example/a"))) == b"proxy"
    assert company.asked[0].startswith(b"GET http://shop.example/a HTTP/1.1\r\n")
    assert b"basic dXNlcjpwQHNz" in company.asked[0].replace(b"Basic", b"basic")


async def test_rules_and_addresses_hold_behind_it_too(scene):
    company = Company()
    await behind(scene, company)
    scene.internet.rebind("inner.example", ["10.0.0.1"])
    port = await scene.door("inner.example")
    assert status(await say(port, get("http://inner.example/"))) == 403
    assert status(await say(port, get("http://other.example/"))) == 403
    assert company.asked == []


async def test_some_servers_are_reached_without_it(scene):
    company = Company()
    await behind(scene, company, NO_PROXY="other.example, .example")
    await scene.site("shop.example", hello)
    port = await scene.door("shop.example")
    assert status(await say(port, get("http://shop.example/"))) == 200
    assert company.asked == []
    assert scene.internet.dialled == [(PUBLIC, 80)]


async def test_a_proxy_that_refuses_is_named(scene):
    await behind(scene, Company(answer=b"HTTP/1.1 407 Login\r\n\r\n"))
    port = await scene.door("shop.example")
    answer = await say(port, b"CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n")
    assert status(answer) == 502
    assert b"407 Login" in answer
    assert b"p@ss" not in answer


async def provider_with_tls(scene: Scene) -> Server:
    server = Server(pieces=[START, STOP], headers=STREAM)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    scene.internet.add("models.example", PUBLIC, 443, await scene.server(server, context))
    await scene.client.provide(anthropic(1, base_url="https://models.example"))
    return server


async def test_a_server_that_nobody_trusts_gets_no_key(scene):
    server = await provider_with_tls(scene)
    port = await scene.door(rules=NetworkRules(providers=("anthropic",)))
    answer = await say(port, message(TOKEN))
    assert status(answer) == 502
    assert b"certificate is not trusted" in answer
    assert server.asked == []


@pytest.mark.parametrize("proxied", [False, True])
async def test_the_persons_own_certificates_are_trusted(scene, proxied):
    scene.environ = {"SSL_CERT_FILE": str(PEM)}
    await scene.again()
    server = await provider_with_tls(scene)
    if proxied:
        company = Company(scene.internet.servers[(PUBLIC, 443)])
        await behind(scene, company, SSL_CERT_FILE=str(PEM))
        await scene.client.provide(anthropic(1, base_url="https://models.example"))
    port = await scene.door(rules=NetworkRules(providers=("anthropic",)))
    request = message(TOKEN).replace(b"Host:", b"Connection: close\r\nHost:", 1)
    assert status(await say(port, request)) == 200
    assert len(server.asked) == 1


async def test_a_file_that_is_no_certificate_stops_nothing(scene):
    scene.environ = {"SSL_CERT_FILE": "/nonexistent"}
    await scene.again()
    assert await scene.client.doors() == []


@pytest.mark.parametrize(
    ("value", "proxy"),
    [
        ("", None), ("proxy.lan:3128", Proxy("proxy.lan", 3128, False)),
        ("https://proxy.lan", Proxy("proxy.lan", 443, True)), ("socks5://proxy.lan:1080", None), ("http://", None),
    ],
)  # fmt: skip
def test_values_of_the_variables(value, proxy):
    assert Proxy.read(value) == proxy


@pytest.mark.parametrize(
    ("rules", "host", "direct"),
    [
        ("*", "a.example", True), ("a.example", "a.example", True), ("a.example", "b.a.example", True),
        (".a.example", "b.a.example", True), ("*.a.example", "b.a.example", True), ("a.example", "ba.example", False),
        ("10.0.0.0/8", "10.1.2.3", True), ("10.0.0.0/8", "11.1.2.3", False), ("", "a.example", False),
    ],
)  # fmt: skip
def test_who_is_reached_directly(rules, host, direct):
    ways = Ways.read({"HTTPS_PROXY": "http://proxy.lan", "no_proxy": rules})
    assert (ways.to(host, tls=True) is None) is direct


async def test_the_real_network_knows_this_machine(scene):
    network = RealNetwork()
    assert network.own("127.0.0.1")
    assert not network.own("192.0.2.1")
    assert set(await network.addresses("localhost")) & {"127.0.0.1", "::1"}
    reader, writer = await network.connect("127.0.0.1", await scene.server(hello))
    writer.write(get("/", "x"))
    assert status(await head(reader)) == 200
    writer.close()
    with pytest.raises(OSError):  # noqa: PT011
        await network.addresses("no-such-name.invalid")

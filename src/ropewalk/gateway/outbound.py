"""The way out: to an address that was checked, or through the proxy of the person's company."""

import base64
import contextlib
import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import h11

from ropewalk.gateway.addresses import public
from ropewalk.gateway.names import literal, shown
from ropewalk.gateway.network import Network, Stream

PROXY_PORTS = {"http": 80, "https": 443}


class Forbidden(Exception):
    """The address of a server is none that may be reached; the message says why."""


class Unreachable(Exception):
    """The server cannot be reached; the message says why."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy of the person's company. `header` is the value of Proxy-Authorization, or empty."""

    host: str
    port: int
    tls: bool
    header: str = ""

    @classmethod
    def read(cls, url: str) -> "Proxy | None":
        """Of the value of HTTPS_PROXY; None: it names none."""
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme not in PROXY_PORTS or not parts.hostname:
            return None
        header = ""
        if parts.username:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            header = "Basic " + base64.b64encode(login.encode()).decode()
        port = parts.port or PROXY_PORTS[parts.scheme]
        return cls(parts.hostname, port, parts.scheme == "https", header)


@dataclass(frozen=True, slots=True)
class Ways:
    """How this machine reaches the world: from the environment of whoever started the gateway."""

    http: Proxy | None = None
    https: Proxy | None = None
    direct: tuple[str, ...] = ()

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Ways":
        """HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in either case."""

        def value(name: str) -> str:
            return environ.get(name.lower()) or environ.get(name) or ""

        both = value("ALL_PROXY")
        direct = (one.strip().lower() for one in value("NO_PROXY").split(","))
        return cls(
            Proxy.read(value("HTTP_PROXY") or both),
            Proxy.read(value("HTTPS_PROXY") or both),
            tuple(one for one in direct if one),
        )

    def to(self, host: str, *, tls: bool) -> Proxy | None:
        """The proxy for a server; None: straight."""
        proxy = self.https if tls else self.http
        return None if proxy is None or any(_means(one, host) for one in self.direct) else proxy


def _means(rule: str, host: str) -> bool:
    """As curl(1) reads an entry of NO_PROXY: a name and all below it, an address or a network."""
    address = literal(host)
    if rule == "*":
        return True
    if address:
        with contextlib.suppress(ValueError):
            return address in ipaddress.ip_network(rule, strict=False)
        return False
    name = rule.removeprefix("*").removeprefix(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


@dataclass(frozen=True, slots=True)
class Reached:
    """A connection, the address at its other end, and the proxy that takes it on, if it knows of it."""

    stream: Stream
    address: str
    proxy: Proxy | None = None


class Outbound:
    """Reaches servers."""

    def __init__(self, network: Network, ways: Ways, tls: ssl.SSLContext) -> None:
        """`tls` knows whom to trust."""
        self._network = network
        self._ways = ways
        self._tls = tls

    async def reach(
        self, host: str, port: int, *, private: bool, secure: bool = False, plain: bool = False
    ) -> Reached:
        """A connection to a server. Forbidden, Unreachable.

        `private`: its address need not be public. `secure`: TLS is spoken on it. `plain`: whoever asks speaks
        HTTP on it and can speak to a proxy; else a proxy is asked for a tunnel.
        """
        proxy = self._ways.to(host, tls=not plain)
        tls = self._tls if secure else None
        try:
            addresses = await self._addresses(host, private=private, proxied=proxy is not None)
            if proxy and not _inside(addresses):
                return await self._through(proxy, host, port, tls, plain=plain)
            return await self._straight(host, addresses, port, tls)
        except (OSError, EOFError, h11.ProtocolError, UnicodeError) as error:
            raise Unreachable(_words(error)) from error

    async def _addresses(self, host: str, *, private: bool, proxied: bool) -> list[str]:
        """Where the server is; every address was looked at. With a proxy, one may see no address at all."""
        if literal(host):
            found = [host]
        else:
            try:
                found = list(await self._network.addresses(host))
            except OSError:
                if proxied:
                    return []
                raise
        if not found:
            raise OSError("it has no address")
        if not private:
            for one in found:
                self._refuse_private(one)
        return found

    def _refuse_private(self, address: str) -> None:
        parsed = ipaddress.ip_address(address)
        if not public(parsed):
            raise Forbidden(f"its address {address} is not public")
        if self._network.own(address):
            raise Forbidden(f"its address {address} is this machine's own")

    async def _straight(
        self, host: str, addresses: list[str], port: int, tls: ssl.SSLContext | None
    ) -> Reached:
        last: OSError = OSError("it has no address")
        for one in addresses:
            try:
                return Reached(await self._network.connect(one, port, tls, host), one)
            except OSError as error:
                last = error
        raise last

    async def _through(
        self, proxy: Proxy, host: str, port: int, tls: ssl.SSLContext | None, *, plain: bool
    ) -> Reached:
        """The proxy's own address is the person's word, like every upstream that they configure."""
        found = [proxy.host] if literal(proxy.host) else await self._network.addresses(proxy.host)
        over = self._tls if proxy.tls else None
        reached = await self._straight(proxy.host, list(found), proxy.port, over)
        if plain:
            return Reached(reached.stream, reached.address, proxy)
        reader, writer = reached.stream
        try:
            await _tunnel(reached.stream, proxy, shown(host, port))
            if tls:
                await writer.start_tls(tls, server_hostname=host)
        except BaseException:
            writer.transport.abort()
            raise
        return Reached((reader, writer), reached.address)


def _inside(addresses: list[str]) -> bool:
    """Whether a server is one that no company's proxy leads to."""
    return any(not public(ipaddress.ip_address(one)) for one in addresses)


async def _tunnel(stream: Stream, proxy: Proxy, target: str) -> None:
    """Ask a proxy for a tunnel. OSError: it does not give one."""
    reader, writer = stream
    login = f"Proxy-Authorization: {proxy.header}\r\n" if proxy.header else ""
    writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{login}\r\n".encode("ascii"))
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    if not status or not status[0].startswith(b"2"):
        line = head.split(b"\r\n")[0][:80].decode("ascii", "replace")
        raise OSError(f"the proxy {shown(proxy.host, proxy.port)} answered {line!r}")


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__

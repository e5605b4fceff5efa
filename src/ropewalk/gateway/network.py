"""The network outside: names to addresses, connections to addresses."""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

CONNECT_S = 10.0
RESOLVE_S = 10.0
AT_ONCE = 32
LIMIT = 64 * 1024
"""How many bytes are read ahead of a slow reader (twice that, see asyncio)."""

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Network(Protocol):
    """What the gateway sees of the world. OSError: it cannot be had."""

    async def addresses(self, host: str) -> Sequence[str]:
        """The addresses of a name, in the order in which to try them."""
        ...

    async def connect(
        self, address: str, port: int, tls: ssl.SSLContext | None = None, name: str = ""
    ) -> Stream:
        """A connection to this very address; with `tls` a server that proves to be `name`."""
        ...

    def own(self, address: str) -> bool:
        """Whether the address is one of this machine."""
        ...


class RealNetwork:
    """The system's resolver and sockets."""

    def __init__(self) -> None:
        """Names are looked up in threads of its own, so that slow ones hold up nothing else."""
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="names")

    async def addresses(self, host: str) -> Sequence[str]:
        """See `Network`. TimeoutError is an OSError, too."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(RESOLVE_S):
            found = await loop.run_in_executor(self._threads, _look_up, host)
        return list(dict.fromkeys(found))

    async def connect(
        self, address: str, port: int, tls: ssl.SSLContext | None = None, name: str = ""
    ) -> Stream:
        """See `Network`."""
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(
                address, port, limit=LIMIT, ssl=tls, server_hostname=name if tls else None
            )
        with contextlib.suppress(OSError, AttributeError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return reader, writer

    def own(self, address: str) -> bool:
        """A packet to oneself would come from the address that it goes to; none is sent."""
        family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((address, 9))
            except OSError:
                return False
            return probe.getsockname()[0] == address


def _look_up(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(one[4][0]).partition("%")[0] for one in found]

"""A network outside for tests of the gateway: names with addresses, and servers at them."""

import asyncio
import ipaddress
import ssl
from collections.abc import Sequence

from ropewalk.gateway.network import LIMIT, Stream


class Internet:
    """Names lead to addresses, and (address, port) to a port of this machine. Implements `Network`."""

    def __init__(self) -> None:
        """Empty."""
        self.names: dict[str, list[list[str]]] = {}
        self.servers: dict[tuple[str, int], int] = {}
        self.owned: set[str] = set()
        self.asked: list[str] = []
        """The names that were looked up."""
        self.dialled: list[tuple[str, int]] = []
        """Where connections were made to."""

    def add(self, name: str, address: str, port: int, at: int) -> None:
        """A server with a name: `at` is the port of this machine where it really is."""
        self.names[name] = [[address]]
        self.servers[(address, port)] = at

    def rebind(self, name: str, *answers: Sequence[str]) -> None:
        """A name with other addresses each time it is looked up; the last answer stays."""
        self.names[name] = [list(one) for one in answers]

    async def addresses(self, host: str) -> Sequence[str]:
        """What the name leads to this time."""
        self.asked.append(host)
        answers = self.names.get(host)
        if not answers:
            raise OSError("it has no address")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def connect(
        self, address: str, port: int, tls: ssl.SSLContext | None = None, name: str = ""
    ) -> Stream:
        """To a server that was added; loopback addresses lead to this machine."""
        self.dialled.append((address, port))
        at = self.servers.get((address, port))
        if at is None and ipaddress.ip_address(address).is_loopback:
            at = port
        if at is None:
            raise OSError("nobody listens there")
        return await asyncio.open_connection(
            "127.0.0.1", at, limit=LIMIT, ssl=tls, server_hostname=name if tls else None
        )

    def own(self, address: str) -> bool:
        """As the test says."""
        return address in self.owned

"""Servers: what a person started to look at an attempt's work, as it is remembered."""

from dataclasses import dataclass, replace
from typing import Literal

from ropewalk.core.payload import Payload

Step = Literal["asked", "started", "answers", "stopping", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`[run]` of a workspace, by the name of its `run`. `port` is the first of the workspace's block.

    `answers` means that something took a connection at the port. `reason` says why it was ended or could
    not be started, `output` is its end's. `at` is when it was asked for, in seconds since the epoch.
    """

    run: str
    port: int
    by: str
    at: float
    step: Step = "asked"
    reason: str = ""
    unwanted: bool = False
    output: Payload | None = None

    @property
    def live(self) -> bool:
        """It runs, or is about to."""
        return self.step != "ended"


def stepped(server: Server | None, run: str, step: Step) -> Server | None:
    """The server after a step of its way; one that stops only ends, and another one is not meant."""
    if server is None or server.run != run or not server.live:
        return server
    if server.step == "stopping" and step != "ended":
        return server
    return replace(server, step=step)


def stopping(server: Server | None, reason: str = "") -> Server | None:
    """The server, about to be ended if it lives."""
    if server is None or not server.live or server.step == "stopping":
        return server
    return replace(server, step="stopping", reason=reason, unwanted=True)


def address(server: Server, alias: str) -> str:
    """Where a browser finds it: names below .localhost lead to this machine (RFC 6761)."""
    return f"http://{alias.replace('.', '-')}.localhost:{server.port}"

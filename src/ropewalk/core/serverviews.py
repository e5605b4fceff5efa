"""Servers as faces show them."""

from typing import Literal

from ropewalk.core.servers import Server, Step, address
from ropewalk.core.views import ServerView

STATES: dict[Step, Literal["starting", "running", "stopping", "ended"]] = {
    "asked": "starting",
    "started": "starting",
    "answers": "running",
    "stopping": "stopping",
    "ended": "ended",
}


def server_view(server: Server | None, name: str) -> ServerView | None:
    """An attempt's server, the last one too."""
    if server is None:
        return None
    return ServerView(
        state=STATES[server.step],
        address=address(server, name),
        port=server.port,
        since=server.at,
        reason=server.reason,
        asked_to_stop=server.unwanted,
    )

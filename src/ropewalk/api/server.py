"""Serving on a unix socket, to this user only: mode 0600, and the peer's uid checked at each connection."""

import asyncio
import os
import socket
import struct
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol


def peer_uid(connection: socket.socket) -> int | None:
    """The uid of the process at the other end; None where this system cannot tell."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    size = struct.calcsize("3i")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return struct.unpack("3i", credentials)[1]


class OwnUserProtocol(H11Protocol):
    """HTTP for processes of this user; everybody else is cut off before a byte is read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Look at who is there."""
        connection = transport.get_extra_info("socket")
        if peer_uid(connection) not in (None, os.getuid(), 0):
            transport.close()
            return
        super().connection_made(transport)  # type: ignore[arg-type]


def listen(path: Path) -> socket.socket:
    """A unix socket at `path`, mode 0600 from its first moment; a stale one is replaced."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(old)
    listener.listen(512)
    return listener


async def serve(application: Starlette, listener: socket.socket) -> None:
    """Serve until cancelled."""
    config = uvicorn.Config(
        application,
        http=OwnUserProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    await server.on_tick(0)
    try:
        await asyncio.Event().wait()  # uvicorn's own main loop would wake ten times a second
    finally:
        await server.shutdown(sockets=[listener])

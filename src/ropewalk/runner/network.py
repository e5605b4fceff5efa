"""The network of a box: its own loopback, and on it the sockets that lead out, which others accept on."""

from __future__ import annotations

import errno
import fcntl
import socket
import struct

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1
BACKLOG = 512


def raise_loopback() -> None:
    """In a new network namespace: let 127.0.0.1 and ::1 be reached."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as one:
        name = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(one, _GET_FLAGS, name))[1]
        fcntl.ioctl(one, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1. OSError: the port is taken, or below 1024."""
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", port))
        one.listen(BACKLOG)
    except OSError as error:
        one.close()
        code = error.errno or errno.EIO
        raise OSError(code, f"port {port} cannot be listened on in the sandbox") from error
    return one

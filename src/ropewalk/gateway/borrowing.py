"""Fetches the listening socket of a sandbox from the runner that keeps it (see runner/service.py, `get-fd`)."""

import json
import socket

from ropewalk.core.errors import Outside

NAME = "gateway"
"""Under which a runner keeps it."""
LIMIT_S = 5.0


def borrow(path: str) -> int:
    """A copy of a runner's listening socket. Outside: it has none for us. Blocks."""
    got: list[int] = []
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(LIMIT_S)
            connection.connect(path)
            _ask(connection, {"op": "hello", "version": 1}, got)
            _ask(connection, {"op": "get-fd", "name": NAME}, got)
    except (OSError, ValueError, KeyError) as error:
        _close(got)
        raise Outside(f"the runner at {path} cannot be asked for its listener: {error}") from error
    if len(got) != 1:
        _close(got)
        raise Outside(f"the runner at {path} keeps no listener for the gateway")
    return got[0]


def _ask(connection: socket.socket, request: dict[str, object], got: list[int]) -> None:
    connection.sendall(json.dumps({**request, "n": 0}).encode() + b"\n")
    data = b""
    while not data.endswith(b"\n"):
        piece, more, _, _ = socket.recv_fds(connection, 4096, 4)
        got += more
        if not piece:
            raise OSError("it hung up")
        data += piece
    answer = json.loads(data)
    if not answer["ok"]:
        raise OSError(str(answer.get("message", "refused")))


def _close(descriptors: list[int]) -> None:
    for fd in descriptors:
        socket.close(fd)

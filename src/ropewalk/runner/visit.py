"""A person in a workspace: one run holds the mount while a program of theirs is in it.

`hold PIPE` is that run's command: it ends when the last writer of a named pipe is gone. `visit SOCKET DIRECTORY
COMMAND…` is started on the person's terminal: it asks the runner at that socket for the mount, enters it, and
becomes the command there. Exit status 125: the workspace cannot be entered, 126: the command not started.
"""

from __future__ import annotations

import json
import os
import select
import socket

from ropewalk.runner import mounts
from ropewalk.runner.programs import found_first

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

LIMIT_S = 10.0
ARRIVAL_S = 60.0


def hold(pipe: str) -> None:
    """Wait for a visitor, who writes a byte, and for their end."""
    fd = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    came = select.select([fd], [], [], ARRIVAL_S)[0]
    os.unlink(pipe)
    os.set_blocking(fd, True)
    while came and os.read(fd, 4096):
        pass


def visit(path: str, cwd: str, argv: list[str]) -> NoReturn:
    """Become a command in the workspace that a runner keeps mounted."""
    try:
        held = borrow(path)
        mounts.join(held)
        os.chdir(cwd)
    except (OSError, ValueError) as error:
        os.write(2, f"The workspace cannot be entered: {error}\n".encode())
        os._exit(125)
    try:
        os.execvpe(argv[0], argv, found_first(os.environ))  # noqa: S606
    except OSError as error:
        os.write(2, f"{argv[0]} cannot be started ({error.strerror}).\n".encode())
        os._exit(126)


def borrow(path: str) -> dict[str, int]:
    """Copies of the descriptors that a runner keeps of its workspace, by name. OSError: it has none for us."""
    got: list[int] = []
    try:
        return _borrowed(path, got)
    except BaseException:
        for fd in got:  # or they would keep the workspace in use for as long as we live
            os.close(fd)
        raise


def _borrowed(path: str, got: list[int]) -> dict[str, int]:
    """As `borrow`; every descriptor that came is in `got`, whatever happens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(LIMIT_S)
        connection.connect(path)
        _request(connection, {"op": "hello", "version": 1}, got)
        held: dict[str, int] = {}
        for name in mounts.NAMES:
            before = len(got)
            if _request(connection, {"op": "get-fd", "name": name}, got)["ok"] and got[before:]:
                held[name] = got[before]
        if not {mounts.LOCK, mounts.MOUNTS} <= set(held):
            raise OSError("the run in this workspace does not hand out its mount")
        return held


def _request(connection: socket.socket, request: dict[str, Any], got: list[int]) -> dict[str, Any]:
    connection.sendall(json.dumps({**request, "n": 0}).encode() + b"\n")
    data = b""
    while not data.endswith(b"\n"):
        piece, more, _, _ = socket.recv_fds(connection, 4096, 4)
        got += more
        if not piece:
            raise OSError("the runner hung up")
        data += piece
    return json.loads(data)


def main(arguments: list[str]) -> None:
    """`hold PIPE` or `visit SOCKET DIRECTORY COMMAND…`."""
    if arguments[0] == "hold":
        hold(arguments[1])
    else:
        visit(arguments[1], arguments[2], arguments[3:])

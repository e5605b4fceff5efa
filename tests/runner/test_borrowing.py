"""A runner that leaves while its descriptors are borrowed leaves none of them with the borrower."""

import json
import os
import socket
import threading
from pathlib import Path

import pytest

from ropewalk.runner.visit import borrow


def hand_out(listener: socket.socket, many: int) -> None:
    """Answer `hello` and so many requests for a descriptor, and hang up."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as requests, Path(os.devnull).open() as one:
        for number, line in enumerate(requests):
            fds = [one.fileno()] if json.loads(line)["op"] == "get-fd" else []
            if number > many:
                return
            socket.send_fds(connection, [b'{"ok": true}\n'], fds)


@pytest.mark.parametrize("many", [0, 1, 2])
def test_a_runner_that_hangs_up(tmp_path: Path, many: int) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        runner = threading.Thread(target=hand_out, args=(listener, many))
        runner.start()
        before = open_files()
        with pytest.raises(OSError, match="hung up"):
            borrow(str(tmp_path / "s"))
        runner.join()
        assert open_files() <= before


def open_files() -> int:
    """How many descriptors lead to the null device, of those that we could have got."""
    found = 0
    for fd in range(3, 256):
        try:
            found += os.path.samestat(os.fstat(fd), Path(os.devnull).stat())
        except OSError:
            continue
    return found

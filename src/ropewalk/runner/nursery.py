"""A process with everything loaded, which becomes a runner in the time of a fork.

Its standard input is a socket. A message is a JSON list of names with descriptors: where the order is read (see
start.py), where the answer goes, and one for each name, of a mount to join. It knows nothing of any run, so there is
no secret in it, and it ends when the other side of the socket is closed.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket

from ropewalk.runner import locking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 4096
FDS = 8


def main(become: Callable[[dict[str, int]], None]) -> None:
    """Fork for each message; the child's standard streams are the order and the answer."""
    control = socket.socket(fileno=os.dup(0))
    locking.warm()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    while True:
        message, fds, _, _ = socket.recv_fds(control, MOST, FDS)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for number, fd in enumerate(fds[:2]):
                os.dup2(fd, number)
                os.close(fd)
            become(dict(zip(json.loads(message), fds[2:], strict=True)))
            os._exit(0)
        for fd in fds:
            os.close(fd)

"""A person in a workspace: one run holds the mount, and the box, while a program of theirs is in it.

That run ends when the last writer of a named pipe is gone. `visit SOCKET DIRECTORY COMMAND…` is started on the
person's terminal: it asks the runner at that socket for the mount, enters it, and becomes the command there.
`join SOCKET DIRECTORY BOX COMMAND…` does so with a box (a JSON object, see `locking.Order.about`): it enters all of
the run's namespaces and gives up what the run gave up, but for the person's terminal.
Exit status 125: the workspace cannot be entered, 126: the command not started.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket

from ropewalk.runner import box, linux, mounts, privileges
from ropewalk.runner.child import execute
from ropewalk.runner.programs import found_first

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, NoReturn

LIMIT_S = 10.0
ARRIVAL_S = 60.0
SPACES = tuple(f"box-{one}" for one in box.SPACES)
HARMLESS = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "NO_COLOR", "LANG", "TZ", "EDITOR", "VISUAL",
    "PAGER", "VIRTUAL_ENV", "PORT", "COLUMNS", "LINES",
)  # fmt: skip
"""Variables of the person's that say nothing secret; the agent in the box can read them."""


def hold(fd: int) -> None:
    """Wait for a visitor, who writes a byte to a named pipe, and for their end."""
    came = select.select([fd], [], [], ARRIVAL_S)[0]
    os.set_blocking(fd, True)
    while came and os.read(fd, 4096):
        pass


def open_hold(pipe: str) -> int:
    """The reading end for `hold`. OSError: there is no such pipe."""
    return os.open(pipe, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def join(path: str, cwd: str, about: dict[str, Any], argv: list[str]) -> NoReturn:
    """Have a command in the box of a run, and end as it ends."""
    child = 0
    try:
        held = borrow(path, SPACES, needed=SPACES[1:])
        for name in SPACES:  # the user namespace first: it allows the others
            if name in held:
                linux.join(held[name], 0)
        linux.hide_memory()
        child = os.fork()
        if child == 0:
            linux.die_with_parent(signal.SIGKILL)
            terminal = [fd for fd in range(3) if os.isatty(fd)]
            box.lock(about["free"], terminal, nested=about["nested"])
            linux.die_with_parent(signal.SIGKILL)
            os.chdir(cwd)
    except (OSError, ValueError) as error:
        _fail(f"The sandbox cannot be entered: {error}", 125)
    if child:
        _follow(child)
    try:
        execute(argv, found_first(environment_of(os.environ)))
    except OSError as error:
        _fail(f"{argv[0]} cannot be started in the sandbox ({error.strerror}).", 126)


def environment_of(person: Mapping[str, str]) -> dict[str, str]:
    """What of the person's environment may be seen by others in the box; `ROPEWALK_SHOWN` names more of it."""
    names = {*HARMLESS, *person.get("ROPEWALK_SHOWN", "").split(",")}
    return {
        name: value
        for name, value in person.items()
        if name in names or name.startswith(("LC_", "ROPEWALK_"))
    }


def _follow(child: int) -> NoReturn:
    """Stop, go on and end as the command does, which is in the same foreground."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        status = os.waitpid(child, os.WUNTRACED)[1]
        if os.WIFSTOPPED(status):
            os.kill(os.getpid(), signal.SIGSTOP)
            os.kill(child, signal.SIGCONT)
        else:
            os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def _fail(words: str, code: int) -> NoReturn:
    os.write(2, words.encode() + b"\n")
    os._exit(code)


def visit(path: str, cwd: str, argv: list[str]) -> NoReturn:
    """Become a command in the workspace that a runner keeps mounted."""
    try:
        held = borrow(path)
        mounts.join(held)
        if os.geteuid() == 0 and mounts.mapped(cwd):
            privileges.become_owner()
        os.chdir(cwd)
    except (OSError, ValueError) as error:
        _fail(f"The workspace cannot be entered: {error}", 125)
    try:
        os.execvpe(argv[0], argv, found_first(os.environ))  # noqa: S606
    except OSError as error:
        _fail(f"{argv[0]} cannot be started ({error.strerror}).", 126)


def borrow(
    path: str,
    names: Sequence[str] = mounts.NAMES,
    needed: Sequence[str] = (mounts.LOCK, mounts.MOUNTS),
) -> dict[str, int]:
    """Copies of descriptors that a runner keeps, by name: of its workspace, or others.

    OSError: it has none for us.
    """
    got: list[int] = []
    try:
        return _borrowed(path, names, needed, got)
    except BaseException:
        for fd in got:  # or they would keep the workspace in use for as long as we live
            os.close(fd)
        raise


def _borrowed(
    path: str, names: Sequence[str], needed: Sequence[str], got: list[int]
) -> dict[str, int]:
    """As `borrow`; every descriptor that came is in `got`, whatever happens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(LIMIT_S)
        connection.connect(path)
        _request(connection, {"op": "hello", "version": 1}, got)
        held: dict[str, int] = {}
        for name in names:
            before = len(got)
            if _request(connection, {"op": "get-fd", "name": name}, got)["ok"] and got[before:]:
                held[name] = got[before]
        if not set(needed) <= set(held):
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
    """`visit SOCKET DIRECTORY COMMAND…` or `join SOCKET DIRECTORY BOX COMMAND…`."""
    if arguments[0] == "join":
        join(arguments[1], arguments[2], json.loads(arguments[3]), arguments[4:])
    visit(arguments[1], arguments[2], arguments[3:])

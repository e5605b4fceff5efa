"""The agent's own process, from the fork in the init to its exec."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import termios

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn


class Streams:
    """The agent's ends of its standard streams and ours. A terminal has one pair for all three."""

    def __init__(self, *, stdin: bool, pty: bool) -> None:
        """Open pipes, or a terminal."""
        self.pty = pty
        if pty:
            master, slave = os.openpty()
            self.theirs = (slave, slave, slave)
            self.stdin, self.stdout = os.dup(master), master
            self.stderr = self.unread = -1
            return
        self.stdout, out = os.pipe()
        self.stderr, err = os.pipe()
        self.unread, self.stdin = os.pipe() if stdin else (-1, -1)
        self.theirs = (self.unread if stdin else os.open(os.devnull, os.O_RDONLY), out, err)

    def ours(self) -> set[int]:
        """The descriptors that the runner keeps, for non-blocking use."""
        return {fd for fd in (self.stdin, self.stdout, self.stderr) if fd >= 0}

    def started(self) -> None:
        """In the runner: let go of the agent's ends. Of its standard input we keep both: see Input."""
        for fd in {fd for fd in self.theirs if fd != self.unread}:
            os.close(fd)
        for fd in self.ours():
            os.set_blocking(fd, False)


def become(argv: list[str], cwd: str, environment: dict[str, str], streams: Streams) -> NoReturn:
    """Turn this forked process into the agent. OSError: what does not exist or may not be run."""
    os.setsid()
    for number, fd in enumerate(streams.theirs):
        os.dup2(fd, number)
    if streams.pty:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    reset_signals()
    os.umask(0o022)
    os.chdir(cwd)
    execute(argv, environment)


def execute(argv: list[str], environment: Mapping[str, str]) -> NoReturn:
    """As os.execvpe, which imports a module: too late in a box, where our library cannot be seen."""
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    refused: OSError = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), argv[0])
    for folder in [""] if "/" in argv[0] else folders:
        try:
            os.execve(os.path.join(folder, argv[0]), argv, environment)  # noqa: S606
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            refused = error
    raise refused


def reset_signals() -> None:
    """Every signal as a process finds it at its start."""
    for number in range(1, signal.NSIG):
        if signal.getsignal(number) is not signal.SIG_DFL:
            with contextlib.suppress(OSError, ValueError):
                signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])

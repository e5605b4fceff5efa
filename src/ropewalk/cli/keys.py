"""Single keys of a terminal."""

import termios
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cbreak(fd: int) -> Iterator[None]:
    """Keys come at once and are not echoed; Ctrl-C still interrupts. Put back at the end."""
    before = termios.tcgetattr(fd)
    mode = termios.tcgetattr(fd)
    mode[3] &= ~(termios.ICANON | termios.ECHO)
    mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
    termios.tcsetattr(fd, termios.TCSADRAIN, mode)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)

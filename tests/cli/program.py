"""The program as a person starts it."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.machine import HANDED_ON

ROOT = Path(__file__).parents[2]
LIMIT_S = 60.0


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {
        **HANDED_ON,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        "TERM": "xterm",
    }
    return {**kept, "HOME": str(home), "ROPEWALK_HOME": str(home), "LANG": "C.UTF-8", **more}


def ropewalk(
    home: Path, *words: str, text: str = "", **more: str
) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "ropewalk", *words]
    return subprocess.run(
        argv,
        input=text,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        env=environment(home, **more),
        cwd=ROOT,
    )


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, home: Path, words: Sequence[str], columns: int = 80, **more: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = environment(home, **more)
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell in the background ignores it
            os.chdir(ROOT)
            os.execve(sys.executable, [sys.executable, "-m", "ropewalk", *words], env)  # noqa: S606
        import fcntl
        import struct
        import termios

        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.seen = ""

    def until(self, text: str) -> str:
        end = time.monotonic() + LIMIT_S
        while text not in self.seen:
            assert time.monotonic() < end, f"no {text!r} in {self.seen!r}"
            assert self._read(), f"ended without {text!r}: {self.seen!r}"
        return self.seen

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def interrupt(self) -> None:
        os.kill(self.pid, signal.SIGINT)

    def end(self) -> int:
        while self._read():
            pass
        os.close(self.fd)
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def _read(self) -> bool:
        if not select.select([self.fd], [], [], LIMIT_S)[0]:
            os.kill(self.pid, signal.SIGKILL)
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += data.decode("utf-8", "replace")
        return bool(data)

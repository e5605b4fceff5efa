"""The program on a terminal, with keys typed beforehand."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.instance import Instance


def on_terminal(
    rw: Instance, at: Path, *words: str, keys: bytes = b"", keyboard: bool = True
) -> str:
    """What a terminal is told; without a keyboard only output goes there."""
    ours, theirs = pty.openpty()
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", "ropewalk", *words],
            cwd=at,
            env=rw.environment(TERM="xterm", PAGER="cat", COLUMNS="100"),
            stdin=theirs if keyboard else subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        os.write(ours, keys)
        return _heard(ours, child)
    finally:
        os.close(ours)


def _heard(ours: int, child: "subprocess.Popen[bytes]") -> str:
    said, end = b"", time.monotonic() + 30
    while time.monotonic() < end:
        if not select.select([ours], [], [], 0.1)[0]:
            continue
        try:
            said += os.read(ours, 65536)
        except OSError:
            break
    assert child.wait(10) in (0, 1, 2, 3)
    return said.decode("utf-8", "replace")

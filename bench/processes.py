"""Processes as /proc shows them (Linux)."""

import os
import re
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def marked(mark: str) -> list[int]:
    """The living processes that were started with `mark` somewhere in their environment or arguments."""
    wanted, own = mark.encode(), os.getpid()
    pids = [int(name) for name in os.listdir(PROC) if name.isdigit()]  # noqa: PTH208 (hundreds)
    return [pid for pid in sorted(pids) if pid != own and wanted in _words(pid)]


def _words(pid: int) -> bytes:
    """Empty for one that is gone or a zombie."""
    with suppress(OSError):
        return b"\0".join((PROC / str(pid) / one).read_bytes() for one in ("environ", "cmdline"))
    return b""


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def children(pid: int) -> list[int]:
    """The children of a process's main thread."""
    try:
        return [int(x) for x in (PROC / f"{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def pss_mb(pid: int) -> float:
    """Proportional set size: its own pages, and its share of shared ones."""
    return _kb((PROC / str(pid) / "smaps_rollup").read_text(), "Pss") / 1024


def rss_mb(pid: int) -> float:
    """Resident set size."""
    return _kb((PROC / str(pid) / "status").read_text(), "VmRSS") / 1024


def last_pid() -> int:
    """The newest process or thread number of this pid namespace."""
    return int((PROC / "sys/kernel/ns_last_pid").read_text())


def _kb(text: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    if not found:
        raise ValueError(f"/proc tells no {name}")
    return int(found[1])

"""Memory: what new processes could have, and giving back what a long-lived one no longer needs."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Parameters of glibc's mallopt(3)."""


def free_memory_mb(source: Path = Path("/proc/meminfo")) -> int:
    """What is available now, in MiB; where there is no /proc, half of what the machine has."""
    if os.environ.get("ROPEWALK_POSIX_ONLY") != "1" and source.exists():
        for line in source.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) // 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // (2 * 1024 * 1024)


def give_back() -> None:
    """Let this process return large blocks to the system as soon as they are free.

    By itself glibc keeps what a burst of output once needed, in one heap for each thread, between blocks
    that live on. To be called before threads start; without effect where the C library has no such switch.
    """
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, 16 * 1024)
        mallopt(_TRIM_THRESHOLD, 64 * 1024)

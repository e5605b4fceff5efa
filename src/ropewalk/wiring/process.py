"""What a long-lived process of ours does first."""

import fcntl
import resource
import time
from contextlib import suppress

from ropewalk.hosts.memory import give_back

OPEN_FILES = 8192
"""How many files and connections hub and host daemon may have open; agents inherit it."""


def begin() -> None:
    """Room for many files, and memory that goes back when it is not needed."""
    _many_files()
    give_back()


def taken(lock: int) -> bool:
    """Take the lock; somebody may only be looking whether it is free, so more than one try."""
    for pause in (0.02, 0.05, 0.1, 0.0):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause)
        else:
            return True
    return False


def _many_files() -> None:
    """Room for thousands of open files, as far as it is granted: each follower and each run is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

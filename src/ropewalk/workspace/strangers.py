"""Locks of workspaces that no run of ours holds: somebody else has the files mounted, or a runner was lost."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ropewalk.workspace.engine import Entering
from ropewalk.workspace.places import Places, marked
from ropewalk.workspace.trash import lock_is_free

LOCKS = Path("/proc/locks")


def strangers(places: Places, entering: Entering) -> Iterator[tuple[str, int]]:
    """The workspaces and bases that are locked though no run of ours has them mounted; the process (0: unknown)."""
    for parent in (places.live, places.bases, places.trash):
        for folder, _ in marked(parent):
            lock = folder / "lock"
            if lock_is_free(lock):
                continue
            with entering(folder.name) as held:  # so that nobody of ours is just entering
                if held is None and not lock_is_free(lock):
                    yield folder.name, _holder(lock)


def _holder(lock: Path) -> int:
    """Who holds a lock (see proc_locks(5)); 0 where that is not told."""
    with suppress(OSError, ValueError, IndexError):
        about = lock.stat()
        place = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
        for line in LOCKS.read_text(encoding="ascii").splitlines():
            words = line.split()
            if words[1] == "FLOCK" and words[5] == place:
                return int(words[4])
    return 0

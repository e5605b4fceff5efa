"""What the processes of a run take together, looked at while it runs, where no cgroup bounds it."""

from __future__ import annotations

import os
import time

from ropewalk.runner import linux

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EVERY_S = 1.0
"""Seconds between two looks; there are none without bounds."""
SHARE = 20
"""How many times as long as a walk of the directory lasts there is none, unless it may be too large."""
MB = 1 << 20


class Watch:
    """Says when a bound is passed."""

    def __init__(self, root: int, bounds: dict[str, Any], *, folder: str, scratch: int) -> None:
        """`bounds` as in core/box.py; `root` is the process above all of the run.

        `folder` is where its changes are (empty: not looked at), `scratch` a descriptor of its files in memory, or -1.
        """
        self._root = root
        self._memory = bounds.get("memory_mb", 0) * MB
        self._processes = bounds.get("processes", 0)
        self._disk = bounds.get("disk_mb", 0) * MB if folder else 0
        self._folder = folder
        self._scratch = scratch
        self._used = 0
        self._free = 0
        self._rests = 0.0

    @property
    def needed(self) -> bool:
        """Whether there is a bound to look after."""
        return bool(self._memory or self._processes or self._disk)

    def passed(self) -> str:
        """`memory`, `processes` or `disk`, where more is taken than may be; else empty."""
        tree = [self._root, *linux.descendants(self._root)]
        if self._processes and len(tree) > self._processes + 1:
            return "processes"
        if self._memory and sum(map(_memory, tree)) + self._in_files() > self._memory:
            return "memory"
        return "disk" if self._disk and self._too_large() else ""

    def _in_files(self) -> int:
        """What its files in memory take."""
        if self._scratch < 0:
            return 0
        about = os.fstatvfs(self._scratch)
        return (about.f_blocks - about.f_bfree) * about.f_frsize

    def _too_large(self) -> bool:
        """The directory is walked when so much less is free on its disk that it may be too large, and now and then.

        Others may free what this run takes. A walk that takes long is the rarer.
        """
        about, now = os.statvfs(self._folder), time.monotonic()
        free = about.f_bavail * about.f_frsize
        if now < self._rests and self._used + max(self._free - free, 0) <= self._disk:
            return False
        self._used, self._free = taken_disk(self._folder), free
        self._rests = now + SHARE * (time.monotonic() - now)
        return self._used > self._disk


def _memory(pid: int) -> int:
    """Bytes of one process that are its own; shared memory is in the files of the box."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            lines = file.read().split(b"\n")
    except OSError:
        return 0
    found = [one.split() for one in lines if one.startswith((b"RssAnon:", b"VmSwap:"))]
    return sum(int(one[1]) * 1024 for one in found)


def taken_disk(folder: str) -> int:
    """Bytes on disk below a directory, through no link."""
    total, waiting = 0, [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for one in entries:
                    total += one.stat(follow_symlinks=False).st_blocks * 512
                    if one.is_dir(follow_symlinks=False):
                        waiting.append(one.path)
        except OSError:
            continue
    return total

"""What goes on while nothing happens, in this pid namespace."""

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass

from bench.processes import PROC, last_pid


@dataclass(frozen=True, slots=True)
class Idle:
    """Processes and threads that were started, and the share of one core that all processes used."""

    forks: int
    cpu_percent: float


async def idle(seconds: float) -> Idle:
    """Look for so long, after things had a while to settle."""
    await asyncio.sleep(min(seconds, 12))
    before, newest = _used(), last_pid()
    await asyncio.sleep(seconds)
    forks, after = last_pid() - newest, _used()
    ticks = sum(used - before.get(pid, 0) for pid, used in after.items())
    return Idle(forks, 100 * ticks / os.sysconf("SC_CLK_TCK") / seconds)


def _used() -> dict[str, int]:
    """The clock ticks that each process but this one has used."""
    found: dict[str, int] = {}
    for name in os.listdir(PROC):  # noqa: PTH208 (hundreds)
        if name.isdigit() and int(name) != os.getpid():
            with suppress(OSError):
                words = (PROC / name / "stat").read_text().rpartition(")")[2].split()
                found[name] = int(words[11]) + int(words[12])
    return found

"""How long commands take."""

import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Times:
    """Wall-clock times of one command, and the processor's mean time for it, in milliseconds."""

    each: tuple[float, ...]
    cpu: float

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.each)

    @property
    def words(self) -> str:
        """The spread, for a table."""
        spread = f"{min(self.each):.0f}-{max(self.each):.0f} ms"
        return f"{len(self.each)} times, {spread}, {self.cpu:.0f} ms of it computing"


def times(
    argv: Sequence[str], *, count: int, environment: Mapping[str, str], directory: Path
) -> Times:
    """Run a command so often, one after the other. CalledProcessError: it failed."""
    each: list[float] = []
    before = _computed()
    for _ in range(count):
        began = time.perf_counter()
        subprocess.run(
            argv,
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=LIMIT_S,
            check=True,
        )
        each.append((time.perf_counter() - began) * 1000)
    return Times(tuple(each), (_computed() - before) / count * 1000)


def _computed() -> float:
    """Seconds of processor time of all our children that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

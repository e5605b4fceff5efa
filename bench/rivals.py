"""What others do to give somebody a copy of a repository: none of them runs anything in it afterwards."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.table import Row

LIMIT_S = 1800.0


@dataclass(frozen=True, slots=True)
class Rivals:
    """Milliseconds of one copy, the median of `times`; `cp -a` once, and with the dependencies."""

    worktree_add_ms: float
    clone_shared_ms: float
    cp_a_ms: float
    times: int

    def figures(self) -> dict[str, float | int]:
        """By the names under which they are known."""
        return {
            "worktree_add_ms": self.worktree_add_ms,
            "clone_shared_ms": self.clone_shared_ms,
            "cp_a_ms": self.cp_a_ms,
        }

    def rows(self) -> list[Row]:
        """For a person."""
        how = f"median of {self.times}, without dependencies"
        return [
            ("rival: git worktree add", f"{self.worktree_add_ms:.0f} ms", how),
            ("rival: git clone --shared", f"{self.clone_shared_ms:.0f} ms", how),
            ("rival: cp -a", f"{self.cp_a_ms:.0f} ms", "once, with dependencies"),
        ]


def rivals(repository: Path, dependencies: Path, times: int) -> Rivals:
    """Measure them."""
    place = repository.parent / "rival"

    def copied() -> None:
        for one in (repository, dependencies):
            _run("cp", "-a", str(one), str(place / one.name))

    def worktree() -> None:
        _run("git", "-C", str(repository), "worktree", "add", "-qf", "--detach", str(place / "at"))

    def clone() -> None:
        _run("git", "clone", "-q", "--shared", str(repository), str(place / "at"))

    found = [[_timed(place, each) for _ in range(times)] for each in (worktree, clone)]
    _run("git", "-C", str(repository), "worktree", "prune")
    return Rivals(median(found[0]), median(found[1]), _timed(place, copied), times)


def _timed(place: Path, action: Callable[[], None]) -> float:
    place.mkdir()
    began = time.perf_counter()
    action()
    took = (time.perf_counter() - began) * 1000
    _run("rm", "-rf", str(place))
    return took


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, timeout=LIMIT_S, capture_output=True)

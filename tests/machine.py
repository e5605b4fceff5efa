"""What tests know of the machine that they run on."""

import os
from functools import cache

from ropewalk.hosts.launch import probe, rungs
from ropewalk.wiring.sandbox import Holding

NAMES = ("ROPEWALK_POSIX_ONLY", "ROPEWALK_CONTAINMENT")
HANDED_ON = {name: os.environ[name] for name in NAMES if name in os.environ}
"""What hides parts of the machine; every program that a test starts must have it, too."""


@cache
def holding() -> Holding:
    """What this machine holds, looked at once."""
    return Holding()


def boxes_are_full() -> bool:
    """Whether runs are locked in, in the best way."""
    return holding()().rung == "full"


def doctor_fails() -> bool:
    """Whether `doctor` finds a problem here: what left its process group can survive its run."""
    return probe() == "process-group"


def runs_are_alone() -> bool:
    """Whether a run sees, and can signal, its own processes only."""
    return probe() == "pid-namespace"


def box_refused() -> str:
    """Why this machine builds no box of the first rung; empty: it does."""
    return rungs()["full"]

"""What tests know of the machine that they run on."""

import os

from ropewalk.hosts.launch import probe, rungs

NAMES = ("ROPEWALK_POSIX_ONLY", "ROPEWALK_CONTAINMENT")
HANDED_ON = {name: os.environ[name] for name in NAMES if name in os.environ}
"""What hides parts of the machine; every program that a test starts must have it, too."""


def doctor_fails() -> bool:
    """Whether `doctor` finds a problem here: what left its process group can survive its run."""
    return probe() == "process-group"


def runs_are_alone() -> bool:
    """Whether a run sees, and can signal, its own processes only."""
    return probe() == "pid-namespace"


def box_refused() -> str:
    """Why this machine builds no box of the first rung; empty: it does."""
    return rungs()["full"]

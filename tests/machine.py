"""What tests know of the machine that they run on."""

import os

from ropewalk.hosts.launch import probe

NAMES = ("ROPEWALK_POSIX_ONLY", "ROPEWALK_CONTAINMENT")
HANDED_ON = {name: os.environ[name] for name in NAMES if name in os.environ}
"""What hides parts of the machine; every program that a test starts must have it, too."""


def doctor_fails() -> bool:
    """Whether `doctor` finds a problem here: no kernel ends the whole tree of a run."""
    return probe() == "process-group"

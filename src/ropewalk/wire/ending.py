"""How the end of a process ends the turn that was open."""

from ropewalk.core.events import Outcome
from ropewalk.core.records import Exit

_CAUSES: dict[str, tuple[Outcome, str]] = {
    "deadline": ("timed-out", "its time was over"),
    "memory": ("failed", "it took more memory than its sandbox may"),
    "processes": ("failed", "it started more processes than its sandbox may have"),
    "disk": ("failed", "it wrote more to its workspace than it may"),
    "stopped": ("stopped", "it was stopped"),
    "output": ("failed", "it wrote more than its output limit"),
    "lost": ("interrupted", "its process was lost"),
}


def words(exit: Exit) -> str:
    """How a process ended, for a person; of one that could not be started, why."""
    if exit.error:
        return exit.error
    if exit.signal is not None:
        return f"killed by signal {exit.signal}"
    return f"exit status {exit.code}" if exit.code is not None else "exit status unknown"


def by_command(exit: Exit) -> tuple[Outcome, str]:
    """For an agent whose turn is its process: status 0 is success."""
    if exit.cause != "exit":
        return _CAUSES[exit.cause]
    if exit.code == 0 and exit.signal is None:
        return "done", ""
    return "failed", words(exit)


def by_session(exit: Exit, *, cancelled: bool) -> tuple[Outcome, str]:
    """For an agent that should have answered before it went: its exit is never success."""
    if exit.cause != "exit":
        return _CAUSES[exit.cause]
    if cancelled:
        return "stopped", "it ended when it was asked to stop"
    return "failed", f"the agent ended before its turn did ({words(exit)})"

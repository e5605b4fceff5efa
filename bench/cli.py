"""How fast the command answers: a cold start, and a board of 300 attempts.

The 300 attempts are three tasks of 100 scripted agents: 4 run (as many as the limits let in), 100 were
stopped before they began, the rest waits in the queue.
"""

import argparse
import sys

from bench.instance import Instance
from bench.table import report
from bench.timing import Times, times
from bench.waiting import until

AT_ONCE = 4


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the same; it is quick already")
    parser.parse_args()
    with Instance(at_once=AT_ONCE) as instance:
        fill(instance)
        python = timed(instance, sys.executable, "-c", "pass")
        git = timed(instance, "git", "--version")
        cold = timed(instance, sys.executable, "-m", "ropewalk", "--version")
        listed = timed(instance, sys.executable, "-m", "ropewalk", "ls")
        states = [one["turn_state"] for one in instance.attempts()]
    held = ", ".join(f"{states.count(one)} {one}" for one in sorted(set(states)))
    rows = [
        ("ropewalk --version", f"{cold.median:.0f} ms", cold.words),
        (f"ropewalk ls, {len(states)} attempts", f"{listed.median:.0f} ms", listed.words),
        ("  the attempts", "", held),
        ("rival: python -c pass", f"{python.median:.0f} ms", python.words),
        ("rival: git --version", f"{git.median:.0f} ms", git.words),
    ]
    figures = {"cold_ms": cold.median, "ls300_ms": listed.median}
    report("bench.cli (medians)", rows, figures)


def fill(instance: Instance) -> None:
    """Three tasks of 100 attempts, settled."""
    tasks = [instance.task("say hello\nhang", 100) for _ in range(3)]
    instance.act("stop", [str(tasks[1]["number"])])
    until(lambda: settled(instance), 40, "the attempts settle")


def settled(instance: Instance) -> bool:
    """Whether as many as may run are at work, and the stopped ones ended."""
    states = [one["turn_state"] for one in instance.attempts()]
    return states.count("working") == AT_ONCE and states.count("ended") == 100


def timed(instance: Instance, *argv: str) -> Times:
    """The times of 20 calls in the repository."""
    return times(argv, count=20, environment=instance.environment, directory=instance.repository)


if __name__ == "__main__":
    main()

"""100 agents at once, 2,000 numbered lines a second in all: is one lost or doubled, and what does it cost?

An event here is one numbered line that a scripted agent writes; losses are found by reading the numbers
back through the API. Everything runs in a pid namespace of its own, so that the newest pid tells whether
anything was started while nothing happened.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from bench.insert_rate import insert_rate
from bench.instance import Instance
from bench.numbered import Count, count, emitted, texts
from bench.processes import children, last_pid, pss_mb, rss_mb
from bench.runners import runners
from bench.subscriber import Subscriber
from bench.table import report
from bench.waiting import until
from ropewalk.core.views import EventView

AGENTS = 100
RATE = 2000
MEGABYTE = 1_048_576


@dataclass(frozen=True, slots=True)
class Held:
    """What was seen while the rate was held."""

    count: Count
    events_per_s: float
    delays: Subscriber


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 s instead of 60")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if not args.inside:
        sys.exit(alone())
    measure(seconds=20 if args.quick else 60, idle_s=10 if args.quick else 30)


def alone() -> int:
    """Run this very program in a pid namespace of its own."""
    argv = [sys.executable, "-m", "bench.events", *sys.argv[1:], "--inside"]
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    namespace = ["unshare", *user, "--pid", "--fork", "--kill-child", "--mount-proc"]
    return subprocess.run([*namespace, *argv], check=False, timeout=600).returncode


def measure(seconds: int, idle_s: int) -> None:
    """All phases on one instance."""
    with Instance() as instance:
        began = time.monotonic()
        ready(instance, lines=RATE // AGENTS * seconds)
        start_s = time.monotonic() - began
        held = hold(instance, seconds)
        sizes = [pss_mb(one) for one in runners(instance)]
        inits = [pss_mb(child) for one in runners(instance) for child in children(one)]
        hub_mb, host_mb = rss_mb(instance.hub), rss_mb(instance.host)
        forks = idle(idle_s)
    rival = insert_rate(400)
    figures = {
        "events_per_s": held.events_per_s,
        "lost": held.count.lost,
        "doubled": held.count.doubled,
        "emit_to_subscriber_p99_ms": held.delays.percentile(0.99),
        "runner_pss_mb": statistics.mean(sizes),
        "hub_rss_mb": hub_mb,
        "idle_forks": forks,
    }
    middle = held.delays.percentile(0.5)
    rows = [
        (
            f"{AGENTS} agents at work",
            f"{start_s:.1f} s",
            "from the first task, 1 MB written by each",
        ),
        ("events", f"{held.events_per_s:.0f}/s", f"held for {seconds} s, {held.count.found} lines"),
        ("lost, doubled", f"{held.count.lost}, {held.count.doubled}", "read back through the API"),
        ("emit to subscriber", f"{middle:.0f} ms", "median"),
        ("", f"{held.delays.percentile(0.99):.0f} ms", "p99"),
        ("runner", f"{statistics.mean(sizes):.1f} MB", f"PSS, mean of {len(sizes)}"),
        ("  its init", f"{statistics.mean(inits or [0]):.1f} MB", f"PSS, mean of {len(inits)}"),
        ("hub", f"{hub_mb:.0f} MB", f"RSS with {AGENTS} running; host daemon {host_mb:.0f} MB"),
        ("processes started idle", f"{forks}", f"in {idle_s} s"),
        ("rival: bare SQLite", f"{rival:.0f}/s", "rows of 400 bytes, 100 a transaction, WAL, FULL"),
    ]
    report("bench.events", rows, figures)


def ready(instance: Instance, lines: int) -> None:
    """All agents wait for the word, each with a megabyte behind it."""
    brief = f"flood {MEGABYTE}\nask go\nemit {lines} {RATE / AGENTS} timed\nhang"
    instance.task(brief, AGENTS)
    until(lambda: asking(instance) == AGENTS, 120, "all agents ask")


def asking(instance: Instance) -> int:
    """How many attempts have an open question."""
    return sum(bool(one["questions"]) for one in instance.attempts())


def hold(instance: Instance, seconds: int) -> Held:
    """Let all agents write, and see what arrives."""
    after = instance.newest()
    subscriber = Subscriber(str(instance.home), after)
    instance.act("answer", ["1"], option="yes")
    lines = RATE // AGENTS * seconds
    until(lambda: len(subscriber.delays) >= AGENTS * lines, 2 * seconds + 20, "all lines are seen")
    events = instance.events(after=after)
    expected = {one["id"]: lines for one in instance.attempts()}
    return Held(count(texts(events), expected), rate(events), subscriber)


def rate(events: list[EventView]) -> float:
    """Lines recorded a second, from when the last agent began to write to when the first one was through."""
    written = [emitted(text) for text in texts(events).values()]
    first, last = max(one[0] for one in written), min(one[-1] for one in written)
    if last <= first:
        return 0.0  # they were never all at it
    recorded = [one for one in events if first <= one["recorded"] < last]
    return sum(len(emitted(text)) for text in texts(recorded).values()) / (last - first)


def idle(seconds: int) -> int:
    """How many processes or threads were started while nothing happened."""
    before = last_pid()
    time.sleep(seconds)
    return last_pid() - before


if __name__ == "__main__":
    main()

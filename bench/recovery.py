"""kill -9 of hub and host daemon at random moments while agents write: what is lost, and how soon is it back?

First kills at seeded random moments, without waiting for anything; then the hub alone a few times, to see
how long it takes from starting it anew until every agent's words are recorded again.
"""

import argparse
import random
import time
from dataclasses import dataclass

from bench.following import heard_again
from bench.instance import Instance
from bench.numbered import Count, count, texts
from bench.table import report
from bench.waiting import until

RATE = 5
LONGEST_PAUSE_S = 2.0
SEED = 7
LEAVING_S = 15.0
"""How long runners of ended runs may still serve their last readers (they do so for 5 s at most)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long is killed at random (seconds), how often the way back is timed, what each agent writes."""

    agents: int
    random_s: float
    timed: int
    lines: int


FULL = Plan(agents=100, random_s=40, timed=10, lines=500)
QUICK = Plan(agents=50, random_s=5, timed=3, lines=80)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="fewer kills, and 50 agents instead of 100"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="of the random moments")
    args = parser.parse_args()
    plan = QUICK if args.quick else FULL
    with Instance() as instance:
        lines = begin(instance, plan)
        kills = kill_at_random(instance, random.Random(args.seed), plan.random_s)
        back = [timed(instance) for _ in range(plan.timed)]
        found = all_lines(instance, lines)
        orphans = stopped(instance)
    figures = {
        "kills": sum(kills.values()) + len(back),
        "lost": found.lost,
        "doubled": found.doubled,
        "orphans": orphans,
        "reattach_s": max(back),
    }
    rows = [
        ("kill -9 of the hub", str(kills["hub"] + len(back)), f"seed {args.seed}"),
        ("kill -9 of the host daemon", str(kills["host"]), "agents go on"),
        ("lines", str(found.found), f"of {plan.agents} agents, {RATE * plan.agents}/s"),
        ("lost, doubled", f"{found.lost}, {found.doubled}", "read back through the API"),
        ("orphans", str(orphans), "processes left after all were stopped"),
        ("all followed again", f"{max(back):.2f} s", f"worst of {len(back)}, {plan.agents} agents"),
        ("", f"{min(back):.2f} s", "best"),
    ]
    report("bench.recovery", rows, figures)


def begin(instance: Instance, plan: Plan) -> dict[str, int]:
    """All agents write; how many lines each will have written."""
    instance.task(f"ask go\nemit {plan.lines} {RATE}\nhang", plan.agents)
    until(lambda: asking(instance) == plan.agents, 120, "all agents ask")
    instance.act("answer", ["1"], option="yes")
    return {one["id"]: plan.lines for one in instance.attempts()}


def asking(instance: Instance) -> int:
    """How many attempts have an open question."""
    return sum(bool(one["questions"]) for one in instance.attempts())


def kill_at_random(instance: Instance, chance: random.Random, seconds: float) -> dict[str, int]:
    """Kill hub and host in random order after random pauses; a killed hub is started at once. How often each."""
    kills = {"hub": 0, "host": 0}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name in chance.sample(["hub", "host"], 2):
            time.sleep(chance.uniform(0.0, LONGEST_PAUSE_S))
            if name == "host":
                kills["host"] += instance.kill_host()
                continue
            instance.kill_hub()
            kills["hub"] += 1
            instance.start()
    return kills


def timed(instance: Instance) -> float:
    """Seconds from starting a hub after a kill until all agents are followed."""
    everyone = {one["id"] for one in instance.attempts()}
    heard_again(instance, everyone, instance.newest(), 60)
    last = instance.newest()
    instance.kill_hub()
    began = time.time()
    instance.start()
    return heard_again(instance, everyone, last, 60) - began


def all_lines(instance: Instance, expected: dict[str, int]) -> Count:
    """The numbers as the store has them, once every agent has written its last."""
    end = time.monotonic() + 120
    while True:
        found = count(texts(instance.events()), expected)
        if not found.lost or time.monotonic() > end:
            return found
        time.sleep(1.0)


def stopped(instance: Instance) -> int:
    """How many processes are left besides hub and host after all attempts were stopped."""
    instance.act("stop", ["1"])
    until(lambda: all(one["process"] != "alive" for one in instance.attempts()), 60, "all stop")
    end = time.monotonic() + LEAVING_S
    while left := set(instance.processes()) - {instance.hub, instance.host}:
        if time.monotonic() > end:
            break
        time.sleep(0.2)
    return len(left)


if __name__ == "__main__":
    main()

"""A storm: agents at work, a person who talks with them, and kill -9 of everything, at seeded moments."""

import json
import random
import time
from collections import Counter
from contextlib import suppress

from bench.instance import Instance, kill
from bench.processes import children
from bench.runners import runners

from ropewalk.core.errors import RopewalkError

BRIEF = "emit 30 30\nask go on\nsay yes, on\nend\nwrite notes begun\nemit 30 30"
MORE = (
    "emit 20 40",
    "ask once more\nsay more\nend\nemit 10 50",
    "append notes again\nsay appended",
)
LONGEST_PAUSE_S = 0.4


class Storm:
    """One instance, some attempts, one seed."""

    def __init__(self, instance: Instance, seed: int) -> None:
        self.instance = instance
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.deeds = {
            "kill hub": self.kill_hub,
            "kill hub after a word": self.kill_hub_after_a_word,
            "kill host": self.kill_host,
            "kill runner": self.kill_runner,
            "kill agent": self.kill_agent,
            "say": self.say,
            "answer": self.answer,
            "resume": self.resume,
        }
        self.weights = (2, 4, 2, 1, 1, 4, 6, 4)

    def rage(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(self.chance.uniform(0, LONGEST_PAUSE_S))
            name = self.chance.choices(list(self.deeds), self.weights)[0]
            self.done[name] += bool(self.deeds[name]())

    # --- deaths

    def kill_hub(self) -> bool:
        self.instance.kill_hub()
        self.instance.start()
        return True

    def kill_hub_after_a_word(self) -> bool:
        """What was decided is recorded, and cannot be written while no host leads to the agent."""
        self.kill_host()
        return (self.answer() or self.say()) and self.kill_hub()

    def kill_host(self) -> bool:
        return self.instance.kill_host()

    def kill_runner(self) -> bool:
        found = runners(self.instance)
        return bool(found) and kill(self.chance.choice(found))

    def kill_agent(self) -> bool:
        found = [
            agent
            for run in runners(self.instance)
            for init in children(run)
            for agent in children(init)
        ]
        return bool(found) and kill(self.chance.choice(found))

    # --- the person

    def say(self) -> bool:
        return self.act("say", self.chance.choice(self.attempts()), text=self.chance.choice(MORE))

    def answer(self) -> bool:
        asking = [one for one in self.attempts() if one["questions"]]
        return bool(asking) and self.act("answer", self.chance.choice(asking), option="yes")

    def resume(self) -> bool:
        gone = [one for one in self.attempts() if _at_rest(one) and one["process"] != "alive"]
        return bool(gone) and self.act("resume", self.chance.choice(gone))

    def act(self, verb: str, attempt: dict, **more: str) -> bool:
        """False: it was not to be at this moment (refused, or nobody was there to ask)."""
        body = {
            "ids": [attempt["id"]],
            "directory": str(self.instance.repository),
            "actor": "storm",
        }
        with suppress(RopewalkError):
            acted = self.instance.client.post(f"/v1/act/{verb}", {**body, **more})
            return not any(one["error"] for one in acted["results"])
        return False

    def attempts(self) -> list[dict]:
        return self.instance.attempts()

    # --- the calm after it

    def calm(self, seconds: float) -> None:
        """Answer what is asked until every attempt is at rest, then stop them all."""
        end = time.monotonic() + seconds
        while not all(_at_rest(one) for one in self.attempts()):
            assert time.monotonic() < end, json.dumps([_shown(one) for one in self.attempts()])
            if not self.answer():
                time.sleep(0.1)
        for one in self.attempts():
            if one["process"] == "alive":
                assert self.act("stop", one)
        while any(one["process"] == "alive" for one in self.attempts()):
            assert time.monotonic() < end, json.dumps([_shown(one) for one in self.attempts()])
            time.sleep(0.1)

    def orphans(self, seconds: float) -> list[int]:
        """Processes that are neither hub nor host, once those that are leaving had time to."""
        end = time.monotonic() + seconds
        while left := set(self.instance.processes()) - {self.instance.hub, self.instance.host}:
            if time.monotonic() > end:
                return sorted(left)
            time.sleep(0.1)
        return []


def _at_rest(attempt: dict) -> bool:
    return attempt["turn_state"] == "ended" and not (
        attempt["inbox"] and attempt["process"] == "alive"
    )


def _shown(attempt: dict) -> dict:
    return {
        key: attempt[key] for key in ("alias", "turn_state", "process", "inbox", "reason", "epoch")
    }

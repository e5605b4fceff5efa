"""Whatever dies, at whatever moment: the fold of the spools equals the fold of the store.

Short here; `make soak` sets ROPEWALK_SOAK_SECONDS, and ROPEWALK_SOAK_SEED takes up another storm.
"""

import os
from collections import Counter, defaultdict

import pytest
from bench.instance import Instance

from ropewalk.core.codec import load_event
from ropewalk.core.events import Event, MessageQueued, ProcessEnded, QuestionAnswered, TurnStarted
from tests.soak.replay import replay, told
from tests.soak.storm import BRIEF, Storm

SECONDS = float(os.environ.get("ROPEWALK_SOAK_SECONDS", "10"))
SEED = int(os.environ.get("ROPEWALK_SOAK_SEED", "1"))
ATTEMPTS = 5


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 240)
def test_the_fold_of_the_spools_is_the_fold_of_the_store() -> None:
    with Instance(keep_spools=True) as instance:
        storm = Storm(instance, SEED)
        instance.task(BRIEF, ATTEMPTS)
        storm.rage(SECONDS)
        storm.calm(120)
        print(dict(storm.done))
        assert storm.orphans(10) == []
        stored = Stored(instance)
        runs = sorted(one.name for one in (instance.home / "host" / "runs").iterdir())
        assert sorted(stored.started) == runs
        for run in runs:
            check_run(instance, stored, run)
        check_messages(stored)


class Stored:
    """What the store has, by run."""

    def __init__(self, instance: Instance) -> None:
        self.told: dict[str, list[Event]] = defaultdict(list)
        self.turns: dict[str, list[int]] = defaultdict(list)
        self.answers: dict[str, dict[str, str]] = defaultdict(dict)
        self.queued: list[str] = []
        self.delivered: list[str] = []
        self.started: list[str] = []
        for one in instance.events():
            event = load_event(one["tag"], one["version"], one["body"])
            run = f"{one['attempt']}-{one['epoch']}"
            if one["tag"] == "process.started":
                self.started.append(run)
            if one["source"]:
                self.told[one["source"]].append(event)
            elif isinstance(event, TurnStarted):
                self.turns[run].append(event.turn)
                self.delivered.append(event.message)
            elif isinstance(event, QuestionAnswered):
                self.answers[run][event.question] = event.option
            elif isinstance(event, MessageQueued):
                self.queued.append(event.message)


def check_run(instance: Instance, stored: Stored, run: str) -> None:
    said = [one for one in stored.told[run] if not isinstance(one, ProcessEnded)]
    runs = instance.home / "host" / "runs"
    found = replay(runs, run, stored.turns[run], stored.answers[run])
    assert told(said) == told(found.events), run
    assert len(stored.told[run]) == len(said) + 1, f"{run} ended once"
    assert [one for one, times in Counter(found.inputs).items() if times > 1] == []
    if (
        found.exit and found.exit.cause == "stopped"
    ):  # it lived to the end, and got all that was decided
        heard = {one for one in found.inputs if one.startswith(("answer:", "prompt:"))}
        answers = {f"answer:{one}" for one in stored.answers[run]}
        assert heard == answers | {f"prompt:{one}" for one in stored.turns[run]}, run


def check_messages(stored: Stored) -> None:
    """Every message became the beginning of at most one turn; only the dead never got theirs."""
    delivered = Counter(one for one in stored.delivered if one)
    assert set(delivered) <= set(stored.queued)
    assert [one for one, times in delivered.items() if times > 1] == []

"""Decisions: what each command leads to, and every way in which it is refused."""

import pytest

from ropewalk.core import commands as c
from ropewalk.core import events as e
from ropewalk.core.lifecycle import DECISIONS, decide, option_keys
from ropewalk.core.payload import Payload
from ropewalk.core.records import Option
from ropewalk.core.state import Question
from tests.core.playbook import (
    ANN,
    BUILT,
    COMMITTED,
    GONE,
    MERGE,
    MERGED,
    RUNNING,
    WAITING,
    Play,
    asks,
    ends,
    exits,
    version,
)

ALL_MERGED = (*GONE, MERGE, BUILT, COMMITTED, MERGED)
FOR_GOOD = (*GONE, e.Dropped(action="d"), e.VersionsGone())
MERGING = {
    "action": "merge-t-2",
    "number": 0,
    "target": "main",
    "mode": "squash",
    "message": Payload.of("m"),
}
SAY = {"message": "m1", "text": "more"}

REFUSALS = [
    (c.Say, {"message": "m", "text": " \n"}, GONE, "refused: The message is empty."),
    (c.Say, SAY, ALL_MERGED, "refused: 1.1 is merged already."),
    (c.Answer, {"question": "", "option": "y"}, RUNNING, "conflict: 1.1 asks nothing now."),
    (c.Answer, {"question": "q9", "option": "y"}, (*RUNNING, asks()), "conflict: That question is no longer open."),
    (c.Answer, {"question": "", "option": "maybe"}, (*RUNNING, asks()), "refused: “maybe” is none of the answers."),
    (c.Stop, {}, GONE, "conflict: 1.1 does not run."),
    (c.Resume, {}, RUNNING, "conflict: 1.1 is not stopped."),
    (c.Resume, {}, WAITING, "conflict: 1.1 is there and waits."),
    (c.Resume, {}, ALL_MERGED, "refused: 1.1 is merged already."),
    (c.Resume, {}, FOR_GOOD, "refused: 1.1 was dropped, and its versions went for good."),
    (c.UndoDecision, {"action": "d"}, FOR_GOOD, "refused: 1.1 was dropped, and its versions went for good."),
    (c.Keep, {"action": "k"}, RUNNING, "refused: 1.1 has no change yet."),
    (c.Keep, {"action": "k", "number": 4}, GONE, "not-found: 1.1 has no version 4."),
    (c.Keep, {"action": "k"}, (*GONE, e.Kept(action="k0", number=1)), "conflict: 1.1 is kept already."),
    (c.Keep, {"action": "k"}, ALL_MERGED, "conflict: 1.1 is merged already."),
    (c.Keep, {"action": "k"}, (*GONE, MERGE), "conflict: 1.1 is on its way into main."),
    (c.Drop, {"action": "d"}, (*GONE, e.Dropped(action="d0")), "conflict: 1.1 is dropped already."),
    (c.Drop, {"action": "d"}, ALL_MERGED, "refused: 1.1 is merged already."),
    (c.Drop, {"action": "d"}, (*GONE, MERGE, BUILT), "conflict: 1.1 is on its way into main."),
    (c.AskMerge, MERGING, RUNNING, "refused: 1.1 has no change yet."),
    (c.AskMerge, MERGING, ALL_MERGED, "refused: 1.1 is merged already."),
    (c.AskMerge, MERGING, (*GONE, MERGE), "conflict: 1.1 is on its way into main."),
    (c.AskMerge, MERGING, (*GONE, e.Dropped(action="d0")), "conflict: 1.1 is dropped."),
    (c.AskMerge, MERGING, (*WAITING, e.TurnStarted(turn=2)), "conflict: 1.1 is still at work."),
    (c.AskMerge, MERGING, (*WAITING, e.TurnStarted(turn=2), ends(turn=2)),
     "conflict: 1.1's last turn is not kept as a version yet."),
    (c.UndoDecision, {"action": "k"}, GONE, "conflict: There is nothing left of that action to take back."),
]  # fmt: skip


@pytest.mark.parametrize(("command", "fields", "events", "said"), REFUSALS)
def test_refusals(command, fields, events, said) -> None:
    assert Play().when(*events).refusal(command, **fields) == said


def test_every_command_is_allowed_somewhere_and_refused_somewhere() -> None:
    assert {one[0] for one in REFUSALS} == set(DECISIONS)


def test_say_while_it_works_waits_in_the_inbox() -> None:
    play = Play().when(*RUNNING).told(c.Say, **SAY)
    assert ([one.id for one in play.one().inbox], play.one().state) == (["m1"], "working")


@pytest.mark.parametrize("said", ["y", "Allow", "allow", "a", "A"])
def test_an_answer_by_id_label_or_key(said: str) -> None:
    play = Play().when(*RUNNING, asks("q1"), asks("q2"))
    play.told(c.Answer, question="", option=said)
    assert [one.id for one in play.one().questions] == ["q2"]


def test_keys_of_options_are_free_letters() -> None:
    options = tuple(
        Option(id=str(n), label=x) for n, x in enumerate(("Allow", "Always", "ALL", "…"))
    )
    question = Question(id="q", kind="question", title="", options=options, asked=0.0)
    assert option_keys(question) == {"0": "a", "1": "l", "2": "3", "3": "4"}


def test_an_answer_counts_how_long_it_waited() -> None:
    play = Play().when(*RUNNING, asks())
    command = c.Answer(attempt="a1", actor=ANN, question="", option="y")
    event = decide(play.world, command, play.now + 30)[0].event
    assert isinstance(event, e.QuestionAnswered)
    assert event.waited_s == 30.0


def test_keep_drops_the_siblings_that_are_not_decided() -> None:
    play = Play(4).when(*GONE).when(*RUNNING, of="a2").when(e.Dropped(action="old"), of="a3")
    play.told(c.Keep, action="keep-t-1")
    assert [one.decision for one in play.world.attempts.values()] == [
        "kept",
        "dropped",
        "dropped",
        "dropped",
    ]
    assert (play.one("a2").stop, play.one("a4").state) == ("decision", "ended")
    play.told(c.UndoDecision, action="keep-t-1")
    assert [one.decision for one in play.world.attempts.values()] == [
        "none",
        "none",
        "dropped",
        "none",
    ]
    assert play.one().decided_by == ""


def test_keep_may_leave_the_others() -> None:
    play = Play(2).when(*GONE).told(c.Keep, action="k", others="keep")
    assert play.one("a2").decision == "none"


def test_keep_of_a_sibling_is_refused_while_one_is_merged() -> None:
    play = Play(2).when(*GONE, MERGE).when(*GONE, of="a2")
    assert play.refusal(c.Keep, "a2", action="k") == "conflict: 1.1 is on its way into main."
    assert play.refusal(c.AskMerge, "a2", **MERGING) == "conflict: 1.1 is on its way into main."
    play.told(c.Keep, "a2", action="k", others="keep")


def test_keep_names_a_version_and_another_may_follow() -> None:
    play = (
        Play().when(*GONE, e.VersionMade(change=version(2, 2))).told(c.Keep, action="k", number=1)
    )
    assert play.one().kept == 1
    play.told(c.Keep, action="k2", number=2)
    assert (play.one().kept, play.one().action, play.one().decided_by) == (2, "k2", ANN)


def test_how_long_a_result_was_in_review() -> None:
    play = Play().when(*GONE)
    command = c.Drop(attempt="a1", actor=ANN, action="d", reason="no")
    event = decide(play.world, command, play.one().ended_at + 90)[0].event
    assert event == e.Dropped(action="d", reason="no", reviewed_s=90.0)


def test_merge_takes_the_kept_version_unless_another_is_named() -> None:
    play = (
        Play().when(*GONE, e.VersionMade(change=version(2, 2))).told(c.Keep, action="k", number=1)
    )
    play.told(c.AskMerge, **MERGING)
    merge = play.one().merge
    assert merge is not None
    assert (merge.number, merge.by, merge.target) == (1, ANN, "main")


def test_stop_of_one_that_waits_and_resume() -> None:
    play = Play().when(*WAITING).told(c.Stop)
    assert play.wants() == ["StopRun", "JudgeEdits"]
    play.when(exits()).told(c.Resume)
    assert play.one().state == "queued"
    play.when(e.AttemptAdmitted())
    assert (play.one().stop, play.one().epoch) == ("", 2)

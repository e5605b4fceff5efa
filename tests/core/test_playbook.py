"""Playbooks: given these events, when this happens, then that is wanted and shown. Every event has its script."""

import inspect
from dataclasses import replace

import pytest

from ropewalk.core import events as e
from ropewalk.core.payload import Payload
from ropewalk.core.steps import TURNS
from tests.core import playbook, test_decisions
from tests.core.playbook import (
    BOUNCED,
    BUILT,
    COMMITTED,
    GONE,
    MERGE,
    MERGED,
    PREPARED,
    RUNNING,
    STARTED,
    TURN,
    WAITING,
    Play,
    asks,
    ends,
    exits,
    version,
)

SAID = e.MessageQueued(message="m1", text=Payload.of("more"))
PERSON = e.StopAsked(cause="person", reason="enough")
DROPPED = e.Dropped(action="drop-t-1")
KEPT = e.Kept(action="keep-t-1", number=1)
JUDGED = e.EditsJudged(number=1)
NEXT = e.VersionMade(change=version(2, 2))

SERVE = e.ServerAsked(run="s", port=41000)
EDITS = e.EditsBrought(action="edits-1", base="b0", commit="b1")
BACK = e.RewindAsked(action="rewind-t-1", number=0, turn=0, commit="b0", base="b0")
THERE = e.FilesKept(action="rewind-t-1", number=1)
SET = e.VersionMade(change=replace(version(2), commit="b0", made="rewind"))

SCRIPTS = [
    # (what happened, what is wanted then, group and status on the screen)
    ("added", (), [], ("working", "queued")),
    ("admitted", (e.AttemptAdmitted(),), ["Prepare"], ("working", "preparing")),
    ("prepared", (e.AttemptAdmitted(), PREPARED), ["Start"], ("working", "preparing")),
    ("started", (e.AttemptAdmitted(), PREPARED, STARTED), [], ("working", "preparing")),
    ("prompted", RUNNING, [], ("working", "working")),
    ("cannot start", (e.AttemptAdmitted(), e.StartFailed(reason="no", hint="h")), [], ("needs you", "failed")),
    ("asks", (*RUNNING, asks()), [], ("needs you", "asks")),
    ("answered", (*RUNNING, asks(), e.QuestionAnswered(question="q1", option="y")), [], ("working", "working")),
    ("question gone", (*RUNNING, asks(), e.QuestionClosed(question="q1")), [], ("working", "working")),
    ("turn over", (*RUNNING, ends()), ["Snapshot"], ("ready", "ready")),
    ("turn over while it asks", (*RUNNING, asks(), ends("stopped")), ["Snapshot"], ("needs you", "stopped")),
    ("version", WAITING, ["JudgeEdits"], ("ready", "ready")),
    ("judged", (*WAITING, JUDGED), [], ("ready", "ready")),
    ("nothing left", (*RUNNING, ends(), e.TurnLeftNothing(turn=1)), [], ("ready", "ready")),
    ("not kept", (*RUNNING, ends(), e.SnapshotFailed(turn=1, reason="full")), [], ("ready", "ready")),
    ("failed", (*RUNNING, ends("failed"), e.TurnLeftNothing(turn=1)), [], ("needs you", "failed")),
    ("lost", (*RUNNING, ends("interrupted"), exits("lost")), ["Snapshot"], ("needs you", "interrupted")),
    ("said while it works", (*RUNNING, SAID), [], ("working", "working")),
    ("said, then over", (*RUNNING, SAID, ends()), ["Snapshot"], ("ready", "ready")),
    ("said, then kept", (*RUNNING, SAID, ends(), e.TurnLeftNothing(turn=1)), ["Deliver"], ("ready", "ready")),
    ("said to one that waits", (*WAITING, JUDGED, SAID), ["Deliver"], ("ready", "ready")),
    ("said to one that is gone", (*GONE, JUDGED, SAID), [], ("working", "queued")),
    ("said, gone before it got it", (*WAITING, JUDGED, SAID, exits()), [], ("working", "queued")),
    ("stop while queued", (PERSON,), [], ("needs you", "stopped")),
    ("stop while prepared", (e.AttemptAdmitted(), PERSON), [], ("working", "preparing")),
    ("stop while it works", (*RUNNING, PERSON), ["StopRun"], ("working", "working")),
    ("stop, said before", (*RUNNING, SAID, PERSON, ends("stopped"), e.TurnLeftNothing(turn=1), exits()),
     [], ("needs you", "stopped")),
    ("stop, said after", (*RUNNING, PERSON, SAID, ends("stopped"), e.TurnLeftNothing(turn=1), exits()),
     [], ("working", "queued")),
    ("room", (*WAITING, JUDGED, e.StopAsked(cause="room")), ["StopRun"], ("ready", "ready")),
    ("resumed", (*GONE, JUDGED, e.ResumeAsked()), [], ("working", "queued")),
    ("resumed with keys", (*GONE, JUDGED, e.KeysGiven(names=("A_KEY",)), e.ResumeAsked()), [], ("working", "queued")),
    ("resumed and admitted", (*GONE, JUDGED, e.ResumeAsked(), e.AttemptAdmitted()), ["Start"],
     ("working", "preparing")),
    ("kept", (*GONE, JUDGED, KEPT), ["Hold"], ("done", "kept")),
    ("held", (*GONE, JUDGED, KEPT, e.Held(number=1, ref="r")), [], ("done", "kept")),
    ("kept, then said", (*GONE, JUDGED, KEPT, e.Held(number=1, ref="r"), SAID), [], ("working", "queued")),
    ("dropped", (*GONE, JUDGED, DROPPED), ["Trash"], ("done", "dropped")),
    ("dropped at work", (*RUNNING, DROPPED), ["StopRun"], ("done", "dropped")),
    ("dropped, then over", (*RUNNING, DROPPED, ends("stopped"), exits()), ["Snapshot"], ("done", "dropped")),
    ("dropped while prepared", (e.AttemptAdmitted(), PREPARED, DROPPED), [], ("done", "dropped")),
    ("dropped while queued", (DROPPED,), [], ("done", "dropped")),
    ("trashed", (*GONE, JUDGED, DROPPED, e.WorkspaceTrashed()), [], ("done", "dropped")),
    ("gone for good", (*GONE, JUDGED, DROPPED, e.WorkspaceTrashed(), e.VersionsGone()), [], ("done", "dropped")),
    ("undone", (*GONE, JUDGED, DROPPED, e.WorkspaceTrashed(), e.DecisionUndone(action="drop-t-1")),
     ["Restore"], ("ready", "ready")),
    ("restored", (*GONE, JUDGED, DROPPED, e.WorkspaceTrashed(), e.DecisionUndone(action="x"), e.WorkspaceRestored()),
     [], ("ready", "ready")),
    ("resumed from the trash", (*GONE, JUDGED, DROPPED, e.WorkspaceTrashed(), e.ResumeAsked(), e.AttemptAdmitted()),
     ["Restore"], ("working", "preparing")),
    ("merge asked", (*GONE, JUDGED, MERGE), ["BuildMerge"], ("working", "merging")),
    ("merge built", (*GONE, JUDGED, MERGE, BUILT), [], ("working", "merging")),
    ("merge committed", (*GONE, JUDGED, MERGE, BUILT, COMMITTED), ["MoveBranch"], ("working", "merging")),
    ("merged", (*GONE, JUDGED, MERGE, BUILT, COMMITTED, MERGED), ["Trash"], ("done", "merged")),
    ("merged, still there", (*WAITING, JUDGED, MERGE, BUILT, COMMITTED, MERGED), ["StopRun"], ("done", "merged")),
    ("merge undone", (*GONE, JUDGED, MERGE, BUILT, COMMITTED, MERGED,
                      e.MergeUndone(action="merge-t-1", target="main", back_to="o")), [], ("ready", "ready")),
    ("bounced", (*GONE, JUDGED, MERGE, BOUNCED), [], ("needs you", "bounced")),
    ("bounced, then a new version", (*GONE, JUDGED, MERGE, BOUNCED, NEXT, e.EditsJudged(number=2)),
     [], ("ready", "ready")),
    ("rebased with conflicts", (*GONE, JUDGED, e.Rebased(base="b1", conflicts=("x.py",))), [], ("needs you", "ready")),
    ("conflicts resolved", (*GONE, JUDGED, e.Rebased(base="b1", conflicts=("x.py",)), NEXT,
                            e.EditsJudged(number=2)), [], ("ready", "ready")),
    ("rewind asked", (*GONE, JUDGED, BACK), ["KeepFiles"], ("ready", "ready")),
    ("rewind asked, then said", (*WAITING, JUDGED, BACK, SAID), ["KeepFiles"], ("ready", "ready")),
    ("rewind asked, then resumed", (*GONE, JUDGED, BACK, e.ResumeAsked(), e.AttemptAdmitted()), ["KeepFiles"],
     ("working", "preparing")),
    ("rewind asked, then dropped", (*GONE, JUDGED, BACK, DROPPED), ["KeepFiles"], ("done", "dropped")),
    ("files kept", (*GONE, JUDGED, BACK, THERE), ["SetBack"], ("ready", "ready")),
    ("rewound", (*GONE, JUDGED, BACK, THERE, SET, e.Rewound(action="rewind-t-1", number=2)), ["JudgeEdits"],
     ("ready", "ready")),
    ("rewound, said before", (*WAITING, JUDGED, BACK, SAID, THERE, e.Rewound(action="rewind-t-1", number=0)),
     ["Deliver"], ("ready", "ready")),
    ("rewind failed", (*GONE, JUDGED, BACK, THERE, e.RewindFailed(action="rewind-t-1", reason="full")), [],
     ("ready", "ready")),
    ("server asked", (*GONE, JUDGED, SERVE), ["Serve"], ("ready", "ready")),
    ("server answers", (*GONE, JUDGED, SERVE, e.ServerStarted(run="s"), e.ServerAnswered(run="s")), ["Serve"],
     ("ready", "ready")),
    ("server unwanted", (*GONE, JUDGED, SERVE, e.ServerStopAsked(run="s")), ["Serve"], ("ready", "ready")),
    ("another server unwanted", (*GONE, JUDGED, SERVE, e.ServerEnded(run="t", reason="")), ["Serve"],
     ("ready", "ready")),
    ("server ended", (*GONE, JUDGED, SERVE, e.ServerEnded(run="s", reason="stopped")), [], ("ready", "ready")),
    ("dropped while it serves", (*GONE, JUDGED, SERVE, DROPPED), ["Serve"], ("done", "dropped")),
    ("dropped, server ended", (*GONE, JUDGED, SERVE, DROPPED, e.ServerEnded(run="s", reason="")), ["Trash"],
     ("done", "dropped")),
    ("edits brought", (*GONE, JUDGED, EDITS), ["TakeEdits"], ("ready", "ready")),
    ("edits brought at work", (*RUNNING, EDITS), [], ("working", "working")),
    ("edits brought at work, then over", (*RUNNING, EDITS, ends()), ["Snapshot"], ("ready", "ready")),
    ("edits brought, then said", (*WAITING, JUDGED, EDITS, SAID), ["TakeEdits"], ("ready", "ready")),
    ("edits brought, then dropped", (*GONE, JUDGED, EDITS, DROPPED), ["TakeEdits"], ("done", "dropped")),
    ("edits taken", (*GONE, JUDGED, EDITS, e.EditsTaken(action="edits-1", number=0)), [], ("ready", "ready")),
    ("edits conflict", (*GONE, JUDGED, EDITS, e.EditsConflicted(action="edits-1", onto="o", commit="m", paths=("x",))),
     [], ("ready", "ready")),
    ("edits left", (*GONE, JUDGED, EDITS, e.EditsLeft(action="edits-1", reason="full")), [], ("ready", "ready")),
    ("session", (*RUNNING, e.SessionOpened(session="s", can_load=True)), [], ("working", "working")),
    ("usage", (*RUNNING, e.UsageChanged(input_tokens=5, cost_usd=0.5)), [], ("working", "working")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("events", "wants", "shows"), [x[1:] for x in SCRIPTS], ids=[x[0] for x in SCRIPTS]
)
def test_given_these_events_then_that_is_wanted_and_shown(events, wants, shows) -> None:
    play = Play().when(*events)
    assert (play.wants(), play.shows()) == (wants, shows)


def test_every_event_that_alters_an_attempt_has_a_script() -> None:
    told = inspect.getsource(test_decisions) + inspect.getsource(playbook)
    scripted = {type(event) for _, events, _, _ in SCRIPTS for event in events}
    assert {
        one for one in TURNS if one not in scripted and f"e.{one.__name__}" not in told
    } == set()


def test_mere_words_leave_an_attempt_as_it_is() -> None:
    words = {one for one in e.KINDS.values() if one not in TURNS}
    play = Play().when(*RUNNING)
    before = play.one()
    for event in (
        e.TextAdded(channel="message", text=Payload.of("x")),
        e.ToolChanged(call="1", title="x"),
        e.PlanChanged(entries=()),
        e.GapMade(channel="stdout", size=5),
        e.Noted(text="x"),
    ):
        assert type(event) in words
        assert play.when(event).one() is before


def test_times_and_epochs() -> None:
    play = Play().when(*RUNNING)
    assert (play.one().epoch, play.one().started_at, play.one().ended_at) == (1, 1007.0, 0.0)
    play.when(ends(), exits(), e.ResumeAsked(), e.AttemptAdmitted(), STARTED, e.TurnStarted(turn=2))
    one = play.one()
    assert (one.epoch, one.turn, one.ended_at, one.outcome, one.queued_at) == (
        2,
        2,
        0.0,
        None,
        1010.0,
    )


def test_what_an_old_process_says_late_changes_nothing() -> None:
    play = Play().when(*GONE, e.ResumeAsked(), e.AttemptAdmitted(), STARTED, e.TurnStarted(turn=2))
    before = play.one()
    for late in (exits(), ends("failed"), asks(), e.SessionOpened(session="old")):
        assert play.when(late, epoch=1).one() is before


def test_a_merge_that_is_over_is_not_altered_by_events_of_another() -> None:
    play = Play().when(*GONE, MERGE, BOUNCED)
    other = e.MergeBuilt(action="merge-t-2", onto="x", commit="x", tree="x")
    assert play.one() == play.when(other).one()


def test_a_turn_counts_once_the_message_left_the_inbox() -> None:
    play = Play().when(*WAITING, SAID, e.MessageQueued(message="m2", text=Payload.of("and")))
    play.when(e.TurnStarted(turn=2, message="m1"))
    assert [one.id for one in play.one().inbox] == ["m2"]
    assert not play.one().settled


def test_findings_are_those_of_the_newest_version() -> None:
    play = Play().when(*GONE, e.EditsJudged(number=1, findings=("removed a test",)))
    assert play.one().findings == ("removed a test",)
    play.when(e.VersionMade(change=version(2, 2)), e.EditsJudged(number=2))
    assert play.one().findings == ()


def test_first_turn_starts_without_a_turn_event() -> None:
    assert Play().when(*RUNNING[:3], TURN).one().state == "working"

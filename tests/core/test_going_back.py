"""Going back: which files a turn has, when they may be set back, and what the agent is told."""

from dataclasses import replace

import pytest

from ropewalk.core import events as e
from ropewalk.core.errors import RopewalkError
from ropewalk.core.going_back import point, set_back, set_forward, undoable
from ropewalk.core.payload import Payload
from ropewalk.core.records import Fork
from ropewalk.core.turns import going_on, told, turns
from tests.core.playbook import (
    AGENT,
    ANN,
    BUILT,
    COMMITTED,
    GONE,
    MERGE,
    MERGED,
    RUNNING,
    WAITING,
    Play,
    ends,
    version,
)

SAID = e.MessageQueued(message="m1", text=Payload.of("more"))
SECOND = (SAID, e.TurnStarted(turn=2, message="m1"), ends(turn=2))
TWO = (*WAITING, *SECOND, e.VersionMade(change=version(2, 2)))
IDLE = (*WAITING, *SECOND, e.TurnLeftNothing(turn=2))
LOST = (*WAITING, *SECOND, e.SnapshotFailed(turn=2, reason="full"))


def back(play: Play, action: str = "rewind-t-1", *, of: str = "a1", **to: int) -> Play:
    """Asked for, kept and done."""
    asked = set_back(play.world, play.one(of), action, ANN, play.now, **to)
    play.when(asked.event, of=of)
    return arrive(play, action, of)


def arrive(play: Play, action: str, of: str = "a1") -> Play:
    one = play.one(of)
    rewind = one.rewinding
    assert rewind is not None
    number = len(one.versions) + 1
    made = replace(version(number, one.turn), commit=rewind.commit, made="rewind")
    kept = e.FilesKept(action=action, number=len(one.versions))
    done = e.Rewound(action=action, number=number)
    return play.when(kept, e.VersionMade(change=made), done, of=of)


@pytest.mark.parametrize(
    ("events", "turn", "commit"),
    [(TWO, 0, "b0"), (TWO, 1, "c1"), (TWO, 2, "c2"), (IDLE, 2, "c1")],
)
def test_the_files_of_a_turn(events, turn, commit) -> None:
    play = Play().when(*events)
    assert point(play.world, play.one(), turn=turn).commit == commit
    old = play.alter(turns=())
    assert point(old.world, old.one(), turn=turn).commit == commit


def test_a_turn_after_a_rewind_that_changed_nothing_has_the_files_set_back() -> None:
    play = back(Play().when(*TWO), turn=1)
    again = (SAID, e.TurnStarted(turn=3, message="m1"), ends(turn=3), e.TurnLeftNothing(turn=3))
    play.when(*again)
    assert [one.version for one in turns(play.one())] == [1, 2, 3]
    assert point(play.world, play.one(), turn=3).commit == "c1"


@pytest.mark.parametrize(
    ("events", "to", "said"),
    [
        (TWO, {"turn": 3}, "not-found: 1.1 has no turn 3."),
        ((), {"turn": 1}, "conflict: 1.1 is at work."),
        (TWO, {"number": 7}, "not-found: 1.1 has no version 7."),
        (LOST, {"turn": 2}, "refused: The files of turn 2 of 1.1 could not be kept."),
        (RUNNING, {"turn": 0}, "conflict: 1.1 is at work."),
        ((*WAITING, SAID), {"turn": 0}, "conflict: 1.1 is at work."),
        ((*RUNNING, ends()), {"turn": 0}, "conflict: 1.1's last turn is not kept as a version yet."),
        ((*GONE, e.ResumeAsked()), {"turn": 0}, "conflict: 1.1 is at work."),
        ((*GONE, e.Dropped(action="d")), {"turn": 0}, "conflict: 1.1 is dropped."),
        ((*GONE, MERGE), {"turn": 0}, "conflict: 1.1 is on its way into main."),
        ((*GONE, MERGE, BUILT, COMMITTED, MERGED), {"turn": 0}, "refused: 1.1 is merged already."),
        ((*GONE, e.WorkspaceTrashed()), {"turn": 0}, "conflict: 1.1's files are on their way from the trash."),
        ((e.AttemptAdmitted(), e.StartFailed(reason="no")), {"turn": 0}, "refused: 1.1 has no files yet."),
        ((*GONE, e.RewindAsked(action="r", number=1, commit="c1", base="b0")), {"turn": 0},
         "conflict: The files of 1.1 are being set back."),
    ],
)  # fmt: skip
def test_refusals(events, to, said) -> None:
    play = Play().when(*events)
    with pytest.raises(RopewalkError) as refused:
        set_back(play.world, play.one(), "r2", ANN, play.now, **to)
    assert f"{refused.value.code}: {refused.value.message}" == said
    assert refused.value.hint


def test_a_turn_that_goes_on_has_no_files_yet() -> None:
    play = Play().when(*WAITING, SAID, e.TurnStarted(turn=2, message="m1"))
    with pytest.raises(RopewalkError, match="is not over yet"):
        point(play.world, play.one(), turn=2)


def test_rewinds_are_taken_back_one_after_the_other() -> None:
    play = back(back(Play().when(*TWO), "r1", turn=1), "r2", turn=0)
    assert [one.commit for one in play.one().versions] == ["c1", "c2", "c1", "b0"]
    for action, before in (("r2", "c1"), ("r1", "c2")):
        last = undoable(play.one())
        assert last is not None
        assert last.action == action
        new = f"undo {action}"
        asked = set_forward(play.world, play.one(), new, ANN, play.now, undoes=action)
        arrive(play.when(asked.event), new)
        newest = play.one().version
        assert newest is not None
        assert newest.commit == before
    assert undoable(play.one()) is None
    with pytest.raises(RopewalkError, match="nothing left"):
        set_forward(play.world, play.one(), "x", ANN, play.now, undoes="r1")


def test_after_another_turn_a_rewind_stays() -> None:
    play = back(Play().when(*TWO), turn=1)
    assert undoable(play.one())
    play.when(SAID, e.TurnStarted(turn=3, message="m1"), ends(turn=3), e.TurnLeftNothing(turn=3))
    assert undoable(play.one()) is None


def test_a_rewind_that_had_nothing_to_do_is_not_to_be_undone() -> None:
    play = Play().when(*TWO)
    asked = set_back(play.world, play.one(), "r", ANN, play.now, turn=2)
    done = e.Rewound(action="r", number=0)
    play.when(asked.event, e.FilesKept(action="r", number=2), done)
    assert (undoable(play.one()), play.one().rewinding) == (None, None)
    assert told(play.one(), "go on") == "go on"


def test_the_agent_is_told_once_and_only_of_what_holds() -> None:
    play = back(Play().when(*TWO), "r1", turn=1)
    assert "those of turn 1" in told(play.one(), "go on")
    assert told(play.one(), "go on").startswith("go on\n")
    asked = set_forward(play.world, play.one(), "u", ANN, play.now, undoes="r1")
    arrive(play.when(asked.event), "u")
    assert told(play.one(), "go on") == "go on"
    back(play, "r3", turn=0)
    assert "those of the beginning" in told(play.one(), "go on")
    play.when(SAID, e.TurnStarted(turn=3, message="m1"))
    assert told(play.one(), "go on") == "go on"


def test_going_back_over_a_rebase_brings_the_base_back() -> None:
    onto = e.VersionMade(change=replace(version(2, 1, base="b1"), made="rebase"))
    play = Play().when(*GONE, e.Rebased(base="b1"), onto)
    assert play.one().base == "b1"
    assert back(play, turn=1).one().base == "b0"
    assert [one.version for one in turns(play.one())] == [1]


def test_turns_remember_who_asked_and_how_they_ended() -> None:
    play = Play().when(*TWO)
    first, second = turns(play.one())
    assert (first.by, first.prompt, first.outcome, first.files) == ("", None, "done", "version")
    assert (second.by, second.prompt) == (ANN, Payload.of("more"))
    assert first.started < first.ended < second.started < second.ended


def test_a_fork_begins_with_its_first_version() -> None:
    play = Play(1).when(*TWO)
    fork = Fork(attempt="a1", turn=1, number=1)
    brief = Payload.of(going_on("Do it", "1.1", 1))
    added = e.AttemptAdded(number=2, agent=AGENT, brief=brief, fork=fork, base="b0")
    play._fold(added, task="T", attempt="a2")
    play.when(e.VersionMade(change=replace(version(1, 0), made="fork")), of="a2")
    assert play.shows("a2") == ("working", "queued")
    play.when(*RUNNING, ends(), e.TurnLeftNothing(turn=1), of="a2")
    assert [point(play.world, play.one("a2"), turn=n).commit for n in (0, 1)] == ["c1", "c1"]
    assert play.one("a2").brief == brief

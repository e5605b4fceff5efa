"""What holds for every history: the fold is a function, old processes are silent, nothing contradictory is wanted."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.core import events as e
from ropewalk.core.admission import Room, admit, takes_room
from ropewalk.core.screen import URGENCY, detail, group, next_step, status
from ropewalk.core.state import Attempt
from ropewalk.core.steps import OF_A_PROCESS, TURNS
from ropewalk.core.wanted import (
    BuildMerge,
    Deliver,
    KeepFiles,
    MoveBranch,
    Prepare,
    Restore,
    SetBack,
    Snapshot,
    Start,
    StopRun,
    Trash,
    wanted,
)
from tests.core.playbook import Play
from tests.core.test_playbook import SCRIPTS

EVENTS = list({repr(one): one for _, events, _, _ in SCRIPTS for one in events}.values())
OF_PROCESSES = [one for one in EVENTS if type(one) in OF_A_PROCESS]
OF_THE_ATTEMPT = [one for one in EVENTS if type(one) in TURNS and one not in OF_PROCESSES]
HISTORIES = st.lists(st.sampled_from(EVENTS), max_size=25)
ON_FILES = (Prepare, Start, Deliver, Snapshot, KeepFiles, SetBack, Trash, Restore)
PLAYED = settings(max_examples=300, deadline=None)


@PLAYED
@given(HISTORIES)
def test_every_state_is_in_one_group_and_can_be_described(history) -> None:
    one = Play().when(*history).one()
    assert group(one) in URGENCY
    assert status(one)
    assert isinstance(detail(one, "x") + next_step(one, "1.1"), str)


@PLAYED
@given(HISTORIES)
def test_the_fold_is_a_function(history) -> None:
    assert Play().when(*history).world == Play().when(*history).world


@PLAYED
@given(HISTORIES, st.lists(st.sampled_from(OF_PROCESSES), max_size=5))
def test_what_an_old_process_says_changes_nothing(history, late) -> None:
    play = Play().when(e.AttemptAdmitted(), e.AttemptAdmitted(), *history)
    before = play.one()
    assert play.when(*late, epoch=before.epoch - 1).one() is before


@PLAYED
@given(HISTORIES, st.sampled_from(OF_THE_ATTEMPT))
def test_files_and_decisions_outlive_the_process_that_was_there(history, late) -> None:
    def after(behind: int) -> Attempt:
        play = Play().when(e.AttemptAdmitted(), e.AttemptAdmitted(), *history)
        return play.when(late, epoch=play.one().epoch - behind).one()

    assert after(1) == after(0)


@PLAYED
@given(HISTORIES)
def test_nothing_contradictory_is_wanted(history) -> None:
    one = Play().when(*history).one()
    effects = list(wanted(one))
    kinds = [type(x) for x in effects]
    assert len(set(effects)) == len(effects)
    assert sum(x in ON_FILES for x in kinds) <= 1 or set(kinds) >= {Deliver, Restore}, kinds
    assert not (StopRun in kinds and {Prepare, Start, Deliver} & set(kinds))
    assert not (BuildMerge in kinds and MoveBranch in kinds)
    if Trash in kinds:
        assert one.process != "alive"
    if one.decision == "dropped":
        assert not {Start, Deliver, Restore} & set(kinds)


@PLAYED
@given(HISTORIES, HISTORIES, st.integers(0, 4), st.integers(-100, 500))
def test_admission_never_gives_more_places_than_there_are(first, second, places, free) -> None:
    play = Play(4).when(*first).when(*second, of="a2")
    living = sum(takes_room(one) for one in play.world.attempts.values())
    admission = admit(play.world, Room(attempts=places, free_mb=free))
    assert len(admission.start) <= max(places - living, 0 if living else 1)
    assert not set(admission.start) & set(admission.park)

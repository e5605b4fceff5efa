"""Who may start: by number, by memory, oldest first."""

from dataclasses import replace

from ropewalk.core import events as e
from ropewalk.core.admission import Admission, Room, admit, within
from tests.core.playbook import GONE, RUNNING, WAITING, Play

PLENTY = 10_000


def test_as_many_as_there_are_places() -> None:
    play = Play(4).when(*RUNNING)
    assert admit(play.world, Room(attempts=3, free_mb=PLENTY)).start == ("a2", "a3")
    assert admit(play.world, Room(attempts=1, free_mb=PLENTY)) == Admission()


def test_as_many_as_memory_allows() -> None:
    play = Play(4).when(*RUNNING)
    assert admit(play.world, Room(attempts=9, free_mb=250)).start == ("a2", "a3")


def test_what_is_let_in_already_will_need_its_memory() -> None:
    play = Play(4).when(*RUNNING).when(e.AttemptAdmitted(), of="a2")
    assert admit(play.world, Room(attempts=9, free_mb=250)).start == ("a3",)


def test_the_first_is_let_in_however_little_memory_there_is() -> None:
    assert admit(Play(2).world, Room(attempts=9, free_mb=-5)).start == ("a1",)


def test_the_oldest_first_also_after_a_resume() -> None:
    play = Play(3).when(*GONE, e.ResumeAsked())
    assert admit(play.world, Room(attempts=1, free_mb=PLENTY)).start == ("a2",)


def test_those_that_wait_give_their_place() -> None:
    play = Play(3).when(*WAITING).when(*RUNNING, of="a2")
    assert admit(play.world, Room(attempts=2, free_mb=PLENTY)) == Admission(park=("a1",))
    play.when(e.StopAsked(cause="room"))
    assert admit(play.world, Room(attempts=2, free_mb=PLENTY)) == Admission()


def test_a_budget_that_is_taken_makes_no_new_workspace() -> None:
    play = Play(2).when(*GONE, e.ResumeAsked())
    room = Room(attempts=3, free_mb=PLENTY, disk_mb=9, budget_mb=100)
    assert admit(play.world, within(room, 99)).start == ("a2", "a1")
    full = within(room, 100)
    assert admit(play.world, full) == Admission(start=("a1",), no_disk=("a2",))
    assert "100 MB of 100 MB" in full.no_disk
    assert within(Room(attempts=3, free_mb=PLENTY, disk_mb=9), 10**6).disk_mb == 9
    assert "about to be full" in within(replace(room, disk_mb=-1), 100).no_disk

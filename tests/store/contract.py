"""What every store must do; run against each of them by test_contract."""

import secrets

import pytest

from ropewalk.core import events as e
from ropewalk.core.errors import Bug
from ropewalk.core.events import Draft, Recorded
from ropewalk.core.payload import Payload
from ropewalk.core.records import Agent, Check
from ropewalk.core.sealing import seal
from ropewalk.core.state import Attempt, Evidence, Project, Task
from ropewalk.ports import Commit, Cursor, Store

AGENT = Agent(name="a", kind="command", argv=("a",))
PROJECT = Project(id="p", path="/a/\udcff", name="p")


def task(number: int = 1, **more) -> Task:
    brief = Payload(None, "d", 1)
    base = {"base": "b", "base_tree": "t", "base_name": "main", "target": "main"}
    return Task(id=f"t{number}", project="p", number=number, title="T", brief=brief, **base, **more)


def attempt(of: int = 1, number: int = 1, **more) -> Attempt:
    key = f"t{of}a{number}"
    return Attempt(id=key, task=f"t{of}", project="p", number=number, agent=AGENT, base="b", **more)


def evidence(key: str, of: int = 1, **more) -> Evidence:
    check = Check(name="c", argv=("c",))
    ids = {"project": "p", "task": f"t{of}", "commit": "c", "tree": "t", "environment": ""}
    return Evidence(key=key, check=check, **ids, **more)


def said(seq: int, text: str = "hello", *, recorded: float = 1.0, **more) -> Recorded:
    event = e.TextAdded(channel="stdout", text=Payload.of(text))
    draft = seal(
        Draft(event=event, **{"task": "t1", "attempt": "t1a1"} | more), secrets.token_bytes
    )
    return Recorded(seq=seq, recorded=recorded, draft=draft)


def texts(found: list[Recorded]) -> list[str | None]:
    return [one.event.text.text for one in found]


class StoreContract:
    def test_an_empty_store_loads(self, store: Store):
        loaded = store.load()
        assert (loaded.last_seq, loaded.last_task, loaded.tasks) == (0, 0, [])
        assert loaded.hub

    @pytest.mark.parametrize("text", ["", "a", "é\x00\n", "\udcff\ud83d\ude00", "long " * 1000])
    def test_events_come_back_as_they_were(self, store: Store, text: str):
        one = said(1, text, actor="person:\udcfe", source="r", source_seq=5, part=2, observed=2.5)
        store.append([Commit(events=[one])])
        assert store.events() == [one]
        assert store.text(one.event.text.digest) == text
        assert texts(store.events(texts=False)) == [None]

    def test_events_are_selected(self, store: Store):
        store.append([Commit(events=[said(1), said(2, attempt="x", task="y"), said(3), said(4)])])
        assert [one.seq for one in store.events(after=1)] == [2, 3, 4]
        assert [one.seq for one in store.events(attempt="t1a1", limit=2)] == [1, 3]
        assert [one.seq for one in store.events(task="y")] == [2]

    def test_the_latest_of_an_actor_is_found(self, store: Store):
        ann, bob = ({"project": "p", "actor": f"person:{one}"} for one in ("ann", "bob"))
        events = [said(1, **ann), said(2, **ann), said(3, **bob), said(4, project="q")]
        store.append([Commit(events=events)])
        tags = ("text.added", e.TextAdded.tag)
        found = store.latest(project="p", actor="person:ann", tags=tags)
        assert found is not None
        assert found.seq == 2
        assert store.latest(project="p", actor="person:ann", tags=("noted",)) is None
        assert store.latest(project="q", actor="person:ann", tags=tags) is None

    @pytest.mark.parametrize("numbers", [[2], [1, 3], [1, 1], [0]])
    def test_a_gap_is_a_bug_and_nothing_is_written(self, store: Store, numbers: list[int]):
        with pytest.raises(Bug):
            store.append([Commit(events=[said(one)]) for one in numbers])
        assert store.events() == []
        store.append([Commit(events=[said(1)])])

    def test_a_place_of_a_run_is_recorded_once(self, store: Store):
        store.append([Commit(events=[said(1, source="r"), said(2, source="r", part=1)])])
        with pytest.raises(Bug):
            store.append(
                [Commit(events=[said(3), said(4, source="r", part=1)], projects=[PROJECT])]
            )
        assert len(store.events()) == 2
        assert store.load().projects == []
        store.append([Commit(events=[said(3), said(4)])])

    def test_an_unsealed_payload_is_a_bug(self, store: Store):
        event = e.MessageQueued(message="m", text=Payload.of("x"))
        with pytest.raises(Bug):
            store.append([Commit(events=[Recorded(seq=1, recorded=1, draft=Draft(event=event))])])

    def test_only_what_lives_is_loaded(self, store: Store):
        live, closed = task(2), task(1, closed=True)
        cursor = Cursor(run="r", offset=1, decoder="{}", version=1)
        store.append(
            [
                Commit(
                    events=[said(1)],
                    projects=[PROJECT],
                    tasks=[live, closed],
                    attempts=[attempt(1), attempt(2)],
                    evidence=[
                        evidence("old", standing="passed"),
                        evidence("open"),
                        evidence("new", 2, standing="passed"),
                    ],
                    cursor=cursor,
                ),
                Commit(
                    events=[said(2, attempt="t2a1")],
                    cursor=Cursor(run="s", offset=2, decoder="", version=1),
                ),
            ]
        )
        loaded = store.load()
        assert (loaded.projects, loaded.tasks, loaded.last_task) == ([PROJECT], [live], 2)
        assert loaded.attempts == [attempt(2)]
        assert {one.key for one in loaded.evidence} == {"open", "new"}
        assert [one.run for one in loaded.cursors] == ["s"]
        assert store.tasks() == [(live, [attempt(2)]), (closed, [attempt(1)])]
        assert store.tasks(number=1) == [(closed, [attempt(1)])]
        assert store.tasks(project="none") == []
        assert store.tasks(closed=True) == [(closed, [attempt(1)])]
        assert store.tasks(closed=False) == [(live, [attempt(2)])]
        assert dict(store.load().closed) == {closed.project: 1}
        assert [one.key for one in store.evidence(["old", "old", "nothing"])] == ["old"]

    def test_the_last_state_of_a_group_counts(self, store: Store):
        commits = [
            Commit(
                events=[said(n)], projects=[PROJECT], tasks=[task()], attempts=[attempt(1, epoch=n)]
            )
            for n in (1, 2, 3)
        ]
        store.append(commits)
        assert store.load().attempts == [attempt(1, epoch=3)]

    def test_a_cursor_moves_and_stays_with_its_attempt(self, store: Store):
        first, second = (Cursor(run="r", offset=n, decoder="{}", version=1) for n in (1, 2))
        owner = {"projects": [PROJECT], "tasks": [task()], "attempts": [attempt()]}
        store.append([Commit(events=[said(1)], cursor=first, **owner)])
        store.append([Commit(events=[], cursor=second)])
        assert store.load().cursors == [second]

    def test_a_task_without_its_project_is_a_bug(self, store: Store):
        with pytest.raises(Bug):
            store.append([Commit(events=[], tasks=[task()])])

    def test_old_texts_of_closed_tasks_are_pruned(self, store: Store):
        owner = {"projects": [PROJECT], "tasks": [task(1, closed=True), task(2)]}
        kept = said(3, "live", task="t2", attempt="")
        store.append([Commit(events=[said(1, "old"), said(2, "new", recorded=9.0), kept], **owner)])
        assert store.prune(5.0) == 1
        assert texts(store.events()) == [None, "new", "live"]

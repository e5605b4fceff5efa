"""The store in memory: the shipped fake of `ports.Store`, held to the same contract as the database."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from ropewalk.core.errors import Bug
from ropewalk.core.events import Recorded
from ropewalk.core.payload import Payload
from ropewalk.core.sealing import alter
from ropewalk.core.state import Attempt, Evidence, Project, Task
from ropewalk.ports import Commit, Cursor, Loaded

T = TypeVar("T")


class MemoryStore:
    """Implements `ports.Store` for tests. A new instance is a new hub."""

    def __init__(self, hub: str = "memory") -> None:
        """`hub` is the permanent id."""
        self._hub = hub
        self._events: list[Recorded] = []
        self._places: set[tuple[str, int, int]] = set()
        self._texts: dict[str, str] = {}
        self._projects: dict[str, Project] = {}
        self._tasks: dict[str, Task] = {}
        self._attempts: dict[str, Attempt] = {}
        self._evidence: dict[str, Evidence] = {}
        self._cursors: dict[str, tuple[str, Cursor]] = {}
        self._guard = threading.RLock()

    def load(self) -> Loaded:
        """Everything that lives."""
        with self._guard:
            tasks = [one for one in self._by_number() if not one.closed]
            live = {one.id for one in tasks}
            attempts = [one for one in self._attempts.values() if one.task in live]
            mine = {one.id for one in attempts} | {""}
            return Loaded(
                hub=self._hub,
                last_task=max((one.number for one in self._tasks.values()), default=0),
                last_seq=len(self._events),
                projects=list(self._projects.values()),
                tasks=tasks,
                attempts=sorted(attempts, key=lambda one: (one.task, one.number)),
                evidence=[
                    one for one in self._evidence.values() if one.task in live or not one.finished
                ],
                cursors=[one for attempt, one in self._cursors.values() if attempt in mine],
                closed=Counter(one.project for one in self._tasks.values() if one.closed),
            )

    def append(self, commits: Sequence[Commit]) -> None:
        """Keep all commits, or none of them. Bug: as the database has it."""
        with self._guard:
            events = [one for commit in commits for one in commit.events]
            places = self._check(commits, events)
            texts = {p.digest: p.text for one in events for p in _texts(one) if p.text is not None}
            self._places |= places
            self._texts |= {digest: text for digest, text in texts.items() if text is not None}
            self._events += [_bare(one) for one in events]
            for commit in commits:
                self._project(commit)

    def _check(
        self, commits: Sequence[Commit], events: Sequence[Recorded]
    ) -> set[tuple[str, int, int]]:
        places: set[tuple[str, int, int]] = set()
        for seq, one in enumerate(events, len(self._events) + 1):
            draft = one.draft
            if one.seq != seq:
                raise Bug(f"Event {one.seq} was to be stored after event {seq - 1}.")
            if any(p.text is not None and not p.digest for p in _texts(one)):
                raise Bug("A payload was not sealed before it was stored.")
            place = (draft.source, draft.source_seq, draft.part)
            if draft.source and place in self._places | places:
                raise Bug(f"The place {place} was recorded twice.")
            if draft.source:
                places.add(place)
        self._check_owners(commits)
        return places

    def _check_owners(self, commits: Sequence[Commit]) -> None:
        projects = {*self._projects, *(one.id for c in commits for one in c.projects)}
        tasks = {*self._tasks, *(one.id for c in commits for one in c.tasks)}
        if not all(one.project in projects for c in commits for one in c.tasks):
            raise Bug("A task belongs to no project.")
        if not all(one.task in tasks for c in commits for one in c.attempts):
            raise Bug("An attempt belongs to no task.")

    def _project(self, commit: Commit) -> None:
        self._projects |= {one.id: _strip(one) for one in commit.projects}
        self._tasks |= {one.id: _strip(one) for one in commit.tasks}
        self._attempts |= {one.id: _strip(one) for one in commit.attempts}
        self._evidence |= {one.key: _strip(one) for one in commit.evidence}
        if commit.cursor is not None:
            known, _ = self._cursors.get(commit.cursor.run, ("", commit.cursor))
            found = next((one.draft.attempt for one in commit.events if one.draft.attempt), known)
            self._cursors[commit.cursor.run] = (found, commit.cursor)

    def events(
        self,
        *,
        after: int = 0,
        attempt: str = "",
        task: str = "",
        limit: int = 1000,
        texts: bool = True,
    ) -> list[Recorded]:
        """Events with a number above `after`, ascending; a payload that was deleted has no text."""
        with self._guard:
            found = [
                one
                for one in self._events[after:]
                if (not attempt or one.draft.attempt == attempt)
                and (not task or one.draft.task == task)
            ][:limit]
            return [self._joined(one) for one in found] if texts else found

    def latest(self, *, project: str, actor: str, tags: Sequence[str]) -> Recorded | None:
        """The newest event of these kinds that an actor brought about in a project, without texts."""
        with self._guard:
            for one in reversed(self._events):
                its = one.draft
                if (its.project, its.actor) == (project, actor) and one.event.tag in tags:
                    return one
        return None

    def _joined(self, one: Recorded) -> Recorded:
        event = alter(one.event, lambda p: Payload(self._texts.get(p.digest), p.digest, p.size))
        return replace(one, draft=replace(one.draft, event=event))

    def tasks(
        self,
        *,
        number: int | None = None,
        project: str = "",
        closed: bool | None = None,
        limit: int = 50,
    ) -> list[tuple[Task, list[Attempt]]]:
        """Tasks with their attempts, newest first; of that number, of that project, closed or not."""
        with self._guard:
            found = [
                one
                for one in reversed(self._by_number())
                if (number is None or one.number == number)
                and (not project or one.project == project)
                and (closed is None or one.closed == closed)
            ][:limit]
            return [(one, self._of(one)) for one in found]

    def _of(self, task: Task) -> list[Attempt]:
        mine = [one for one in self._attempts.values() if one.task == task.id]
        return sorted(mine, key=lambda one: one.number)

    def _by_number(self) -> list[Task]:
        return sorted(self._tasks.values(), key=lambda one: one.number)

    def evidence(self, keys: Sequence[str]) -> list[Evidence]:
        """The evidence of these keys, as far as there is any."""
        with self._guard:
            return [self._evidence[one] for one in dict.fromkeys(keys) if one in self._evidence]

    def text(self, digest: str) -> str | None:
        """The text of a payload, or None if it was deleted."""
        with self._guard:
            return self._texts.get(digest)

    def prune(self, before: float) -> int:
        """Delete the texts of closed tasks recorded before a time (seconds); how many there were."""
        with self._guard:
            closed = {one.id for one in self._tasks.values() if one.closed}
            old = {
                p.digest
                for one in self._events
                if one.recorded < before and one.draft.task in closed
                for p in _texts(one)
                if p.digest in self._texts
            }
            for digest in old:
                del self._texts[digest]
            return len(old)


def _texts(one: Recorded) -> list[Payload]:
    found: list[Payload] = []

    def see(payload: Payload) -> Payload:
        found.append(payload)
        return payload

    alter(one.event, see)
    return found


def _without_text(payload: Payload) -> Payload:
    return Payload(None, payload.digest, payload.size)


def _strip(value: T) -> T:
    return alter(value, _without_text)


def _bare(one: Recorded) -> Recorded:
    return replace(one, draft=replace(one.draft, event=_strip(one.event)))

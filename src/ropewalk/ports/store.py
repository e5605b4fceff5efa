"""The database: events, and the projections that follow from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ropewalk.core.events import Recorded
from ropewalk.core.state import Attempt, Evidence, Project, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a run's spool has been read, and what reading it on needs.

    `offset` is the spool position to tail from; `decoder` is the decoder's own state (JSON), `version`
    its version; `outbox` holds what was decided to be written and is not acknowledged yet (JSON).
    """

    run: str
    offset: int
    decoder: str
    version: int
    outbox: str = "[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What one transaction writes: events, and the projections and cursor that follow from them."""

    events: Sequence[Recorded]
    projects: Sequence[Project] = ()
    tasks: Sequence[Task] = ()
    attempts: Sequence[Attempt] = ()
    evidence: Sequence[Evidence] = ()
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the hub needs in memory at its start: only what lives.

    Tasks that are not closed, their attempts, evidence that is theirs or is not finished, cursors of
    their attempts' runs. `hub` is the permanent id of this instance, `last_task` the highest number given,
    `closed` how many closed tasks each project has.
    """

    hub: str
    last_task: int
    last_seq: int
    projects: Sequence[Project]
    tasks: Sequence[Task]
    attempts: Sequence[Attempt]
    evidence: Sequence[Evidence]
    cursors: Sequence[Cursor]
    closed: Mapping[str, int] = field(default_factory=dict[str, int])


class Store(Protocol):
    """Keeps events and projections. Synchronous; `append` is called by the one writer thread only."""

    def load(self) -> Loaded:
        """Everything that lives (tasks that are not closed and what belongs to them)."""
        ...

    def append(self, commits: Sequence[Commit]) -> None:
        """Write all commits in one durable transaction, or none of them."""
        ...

    def events(
        self,
        *,
        after: int = 0,
        attempt: str = "",
        task: str = "",
        limit: int = 1000,
        texts: bool = True,
    ) -> list[Recorded]:
        """Events with a sequence number above `after`, ascending; with the payloads' texts if asked.

        Fewer than `limit` where their texts are large; none only where there are no more.
        """
        ...

    def latest(self, *, project: str, actor: str, tags: Sequence[str]) -> Recorded | None:
        """The newest event of these kinds that an actor brought about in a project, without texts."""
        ...

    def tasks(
        self,
        *,
        number: int | None = None,
        project: str = "",
        closed: bool | None = None,
        limit: int = 50,
    ) -> list[tuple[Task, list[Attempt]]]:
        """Tasks with their attempts, newest first; of that number, of that project, closed or not."""
        ...

    def evidence(self, keys: Sequence[str]) -> list[Evidence]:
        """The evidence of these keys, as far as there is any."""
        ...

    def text(self, digest: str) -> str | None:
        """The text of a payload, or None if it was deleted."""
        ...

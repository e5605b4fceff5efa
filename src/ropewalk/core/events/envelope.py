"""The root of all events, and their circumstances before and after they are stored."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The root of all facts."""

    tag: ClassVar[str] = ""
    version: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event and its circumstances, not stored yet.

    Ids are permanent random ids, never aliases. `epoch` counts the starts of the attempt. `source` is
    the run that said it (empty: no run did), `source_seq` its place there (a spool position), `part`
    counts the events of one place: the three together are recorded only once. `actor` is
    `person:NAME`, `agent:NAME` or `hub`. `observed` is in seconds since the epoch.
    """

    event: Event
    project: str = ""
    task: str = ""
    attempt: str = ""
    epoch: int = 0
    host: str = ""
    source: str = ""
    source_seq: int = 0
    part: int = 0
    actor: str = "hub"
    observed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A draft with its number in the one sequence of this hub, and the time it was recorded."""

    seq: int
    recorded: float
    draft: Draft

    @property
    def event(self) -> Event:
        """The fact itself."""
        return self.draft.event

"""Events of serving: a person looks at an attempt's work as it runs."""

from dataclasses import dataclass

from ropewalk.core.events.envelope import Event
from ropewalk.core.payload import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAsked(Event):
    """Somebody wants `[run]` started in the workspace, as a run of that name, at the workspace's `port`."""

    tag = "server.asked"
    run: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStarted(Event):
    """Its process is there."""

    tag = "server.started"
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAnswered(Event):
    """Its port takes connections."""

    tag = "server.answered"
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStopAsked(Event):
    """Somebody wants it gone."""

    tag = "server.stop-asked"
    run: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEnded(Event):
    """It is gone, or could not be started: `reason`. `code` is None after a signal; `output` its last words."""

    tag = "server.ended"
    run: str
    reason: str
    code: int | None = None
    output: Payload | None = None

"""The server of an attempt."""

from dataclasses import replace

from ropewalk.core import events as e
from ropewalk.core import trail
from ropewalk.core.servers import Server, stepped, stopping
from ropewalk.core.state import Attempt
from ropewalk.core.steps.turn import Turn


def _server_asked(attempt: Attempt, event: e.ServerAsked, draft: e.Draft) -> Attempt:
    if attempt.serving or attempt.workspace != "ready":
        return attempt
    server = Server(run=event.run, port=event.port, by=draft.actor, at=draft.observed)
    return replace(attempt, server=server)


def _server_started(attempt: Attempt, event: e.ServerStarted, draft: e.Draft) -> Attempt:
    return replace(attempt, server=stepped(attempt.server, event.run, "started"))


def _server_answered(attempt: Attempt, event: e.ServerAnswered, draft: e.Draft) -> Attempt:
    return replace(attempt, server=stepped(attempt.server, event.run, "answers"))


def _server_stopped(attempt: Attempt, event: e.ServerStopAsked, draft: e.Draft) -> Attempt:
    return replace(attempt, server=stopping(attempt.server, event.reason))


def _server_ended(attempt: Attempt, event: e.ServerEnded, draft: e.Draft) -> Attempt:
    ended = stepped(attempt.server, event.run, "ended")
    if ended is None or ended == attempt.server:
        return attempt
    output = trail.bare(event.output) if event.output else None
    return replace(attempt, server=replace(ended, reason=event.reason, output=output))


TURNS: dict[type[e.Event], Turn] = {
    e.ServerAsked: _server_asked,
    e.ServerStarted: _server_started,
    e.ServerAnswered: _server_answered,
    e.ServerStopAsked: _server_stopped,
    e.ServerEnded: _server_ended,
}

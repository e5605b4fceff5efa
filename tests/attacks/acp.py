"""An agent that speaks ACP and says what a test wants it to say."""

import json
from typing import Any

from ropewalk.core.events import Event
from ropewalk.wire.acp import Acp


def conversation(dialect: Acp, *messages: dict[str, Any]) -> list[Event]:
    """The events of messages of an agent whose session is open and whose turn runs."""
    step = dialect.open(cwd="/", session="")
    step = step.dialect.prompt(turn=1, text="go")
    events = list(step.events)
    opening = (
        {"id": 1, "result": {"protocolVersion": 1}},
        {"id": 2, "result": {"sessionId": "s"}},
    )
    at = 0
    for message in (*opening, *messages):
        line = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
        step = step.dialect.receive("stdout", line, at=at)
        at += len(line)
        events += step.events
    return events

"""Conversations for tests: an agent's lines, fed to a dialect at their positions."""

import json
from typing import TYPE_CHECKING, Any, Self

from ropewalk.wire import acp
from ropewalk.wire.dialect import Dialect, Loader, Send, Step

if TYPE_CHECKING:
    from ropewalk.core.events import Event


class Talk:
    """A dialect, what it told and what it sent; the state goes through its JSON form at each step."""

    def __init__(self, load: Loader = acp.load) -> None:
        self.load = load
        self.dialect: Dialect = load()
        self.at = 0
        self.events: list[Event] = []
        self.sends: list[Send] = []

    def take(self, step: Step) -> Self:
        self.events = list(step.events)
        self.sends = list(step.sends)
        self.dialect = self.load(step.dialect.dump())
        assert self.dialect == step.dialect
        return self

    def feed(self, data: bytes) -> Self:
        at, self.at = self.at, self.at + len(data)
        return self.take(self.dialect.receive("stdout", data, at=at))

    def hear(self, *messages: dict[str, Any]) -> Self:
        return self.feed(b"".join(line(one) for one in messages))

    def update(self, kind: str, /, **fields: Any) -> Self:
        return self.hear(update(kind, **fields))

    def sent(self) -> dict[str, dict[str, Any]]:
        return {one.id: json.loads(one.data) for one in self.sends}

    def begin(self, *, can_load: bool = False) -> Self:
        """Up to an open session."""
        self.take(self.dialect.open(cwd="/w", session=""))
        self.hear(welcome(can_load=can_load))
        return self.hear({"id": 2, "result": {"sessionId": "s1"}})

    def working(self, turn: int = 1) -> Self:
        """Up to a prompt that the agent works on."""
        return self.begin().take(self.dialect.prompt(turn=turn, text="Do it"))


def line(message: dict[str, Any]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"


def welcome(*, can_load: bool = False) -> dict[str, Any]:
    capabilities = {"loadSession": can_load}
    return {"id": 1, "result": {"protocolVersion": 1, "agentCapabilities": capabilities}}


def update(kind: str, /, **fields: Any) -> dict[str, Any]:
    params = {"sessionId": "s1", "update": {"sessionUpdate": kind, **fields}}
    return {"method": "session/update", "params": params}


def chunk(text: str, kind: str = "agent_message_chunk") -> dict[str, Any]:
    return update(kind, content={"type": "text", "text": text})


def ask(key: Any = 0, call: str = "c1", **fields: Any) -> dict[str, Any]:
    options = [
        {"optionId": "y", "name": "Yes", "kind": "allow_once"},
        {"optionId": "n", "name": "No", "kind": "reject_once"},
    ]
    tool = {"toolCallId": call, **fields}
    params = {"sessionId": "s1", "toolCall": tool, "options": options}
    return {"id": key, "method": "session/request_permission", "params": params}

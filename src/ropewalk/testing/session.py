"""The scripted agent as an ACP agent, version 1: one conversation over standard input and output."""

# ruff: noqa: PTH103, PTH112, PTH118, PTH119, PTH123
import json
import os
import select
import time
from typing import Any

from ropewalk.testing.player import CHUNK, Cancelled, Console, Failed, block, play, write


class Session(Console):
    """As an ACP agent: one conversation over standard input and output."""

    def __init__(self) -> None:
        """Before the client has said anything."""
        self.id = ""
        self.folder = ""
        self.kept = -1
        self.buffer = b""
        self.inbox: list[dict[str, Any]] = []
        self.later: list[dict[str, Any]] = []
        self.asked = 0
        self.spent: dict[str, int] = {}

    def say(self, text: str) -> None:
        """A message chunk."""
        self._chunk("agent_message_chunk", f"{text}\n")

    def think(self, text: str) -> None:
        """A thought chunk."""
        self._chunk("agent_thought_chunk", f"{text}\n")

    def tool(self, call: str, **fields: Any) -> None:
        """A tool call at first, then its changes."""
        kind = "tool_call" if "title" in fields else "tool_call_update"
        self.update({"sessionUpdate": kind, "toolCallId": call, **fields})

    def ask(self, call: str, title: str) -> bool:
        """Wait for the person's answer."""
        self.asked += 1
        options = [
            {"optionId": "yes", "name": "Allow", "kind": "allow_once"},
            {"optionId": "no", "name": "Reject", "kind": "reject_once"},
        ]
        params = {"sessionId": self.id, "options": options}
        params["toolCall"] = {"toolCallId": call, "title": title, "status": "pending"}
        self._put({"id": self.asked, "method": "session/request_permission", "params": params})
        while True:
            message = self._next(None)
            if message.get("id") == self.asked and "method" not in message:
                outcome = message.get("result", {}).get("outcome", {})
                return outcome.get("optionId") == "yes"
            self._during(message)

    def plan(self, entries: list[str]) -> None:
        """A plan, all of it to be done."""
        plan = [{"content": one, "priority": "medium", "status": "pending"} for one in entries]
        self.update({"sessionUpdate": "plan", "entries": plan})

    def usage(self, spent: int, written: int, cost: float) -> None:
        """What it claims: cost at once, sums with the end of the turn."""
        self.spent = {
            "inputTokens": spent,
            "outputTokens": written,
            "totalTokens": spent + written,
        }
        price = {"amount": cost, "currency": "USD"}
        update = {"sessionUpdate": "usage_update", "used": spent + written, "size": 200_000}
        self.update({**update, "cost": price})

    def wait(self, seconds: float) -> None:
        """Do nothing for a while, but listen."""
        until = time.monotonic() + seconds
        while True:
            self._during(self._next(max(0.0, until - time.monotonic())))
            if time.monotonic() >= until:
                return

    def serve(self) -> None:
        """Answer the client until it goes."""
        while True:
            self._handle(self._next(None))
            self.inbox, self.later = [*self.later, *self.inbox], []

    def update(self, update: dict[str, Any]) -> None:
        """A session/update, kept so that it can be told again."""
        self._keep(update)
        self._put({"method": "session/update", "params": {"sessionId": self.id, "update": update}})

    def _handle(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        match message.get("method"):
            case "initialize":
                capabilities = {"loadSession": True, "promptCapabilities": {}}
                info = {"name": "scripted", "version": "1"}
                result = {"protocolVersion": 1, "agentCapabilities": capabilities}
                self._answer(message, {**result, "agentInfo": info, "authMethods": []})
            case "session/new":
                self.id, self.folder = os.urandom(8).hex(), _folder(params["cwd"])
                os.chdir(params["cwd"])
                self._answer(message, {"sessionId": self.id})
            case "session/load":
                self._load(message, params)
            case "session/prompt":
                self._prompt(message, params)
            case _ if "id" in message and "method" in message:
                error = {"code": -32601, "message": "Method not found"}
                self._put({"id": message["id"], "error": error})
            case _:
                pass

    def _load(self, message: dict[str, Any], params: dict[str, Any]) -> None:
        self.folder = _folder(params["cwd"])
        os.chdir(params["cwd"])
        try:
            with open(self._path(params["sessionId"])) as kept:
                past = [json.loads(line) for line in kept]
        except (OSError, ValueError):
            error = {"code": -32002, "message": "Resource not found"}
            self._put({"id": message["id"], "error": error})
            return
        self.id = params["sessionId"]
        for update in past:
            params = {"sessionId": self.id, "update": update}
            self._put({"method": "session/update", "params": params})
        self._answer(message, {})

    def _prompt(self, message: dict[str, Any], params: dict[str, Any]) -> None:
        text = "".join(one.get("text", "") for one in params.get("prompt", []))
        self._keep({"sessionUpdate": "user_message_chunk", "content": block(text)})
        try:
            play(self, text)
            self._answer(message, {"stopReason": "end_turn", **self._usage()})
        except Cancelled:
            self._answer(message, {"stopReason": "cancelled"})
        except Failed as error:
            self._put({"id": message["id"], "error": {"code": -32603, "message": str(error)}})

    def _usage(self) -> dict[str, Any]:
        return {"usage": self.spent} if self.spent else {}

    def _during(self, message: dict[str, Any]) -> None:
        if message.get("method") == "session/cancel":
            raise Cancelled
        if "method" in message:
            self.later.append(message)

    def _chunk(self, kind: str, text: str) -> None:
        self.update({"sessionUpdate": kind, "content": block(text)})

    def _answer(self, message: dict[str, Any], result: dict[str, Any]) -> None:
        self._put({"id": message["id"], "result": result})

    def _put(self, message: dict[str, Any]) -> None:
        line = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":"))
        write(line.encode() + b"\n")

    def _next(self, seconds: float | None) -> dict[str, Any]:
        """The next message, or an empty one if none comes in time (None: wait for one)."""
        while not self.inbox:
            if not select.select([0], [], [], seconds)[0]:
                return {}
            data = os.read(0, CHUNK)
            if not data:
                raise SystemExit(0)
            *lines, self.buffer = (self.buffer + data).split(b"\n")
            self.inbox += [json.loads(line) for line in lines if line.strip()]
        return self.inbox.pop(0)

    def _keep(self, update: dict[str, Any]) -> None:
        if self.folder and self.kept < 0:
            self.kept = os.open(self._path(self.id), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if self.kept >= 0:
            os.write(self.kept, json.dumps(update).encode() + b"\n")

    def _path(self, session: str) -> str:
        return os.path.join(self.folder, f"session-{os.path.basename(session)}.jsonl")


def _folder(cwd: str) -> str:
    """Where sessions are kept; empty: nowhere."""
    folder = os.environ.get("ROPEWALK_AGENT_STATE", "")
    if not folder and os.path.isdir(os.path.join(cwd, ".git")):
        folder = os.path.join(cwd, ".git", "scripted-agent")
    if folder:
        os.makedirs(folder, exist_ok=True)
    return folder

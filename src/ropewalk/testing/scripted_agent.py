"""A coding agent without a model: it does what the prompt says, line by line. Standard library only.

    python -m ropewalk.testing.scripted_agent PROMPT        a command: output as lines, an exit status
    python -m ropewalk.testing.scripted_agent -             the same, the prompt on standard input
    python -m ropewalk.testing.scripted_agent --file PATH   the same, the prompt in a file
    python -m ropewalk.testing.scripted_agent --acp         an agent that speaks ACP version 1

A prompt's script is what stands in its block between ```script and ```, or the whole prompt if there
is no such block. A line that is no instruction is ignored, so prose may stand around it. Lines after
`#1:` are for the agent whose environment says ROPEWALK_ATTEMPT_NUMBER=1, and so on; lines before the
first such mark are for all. `\\n` in TEXT is a new line.

    say TEXT · think TEXT               a message, a thought
    write PATH TEXT · append PATH TEXT  a file (or `write PATH <<EOF`, lines, `EOF`)
    delete PATH                         a file goes
    run COMMAND                         a shell command, shown as a tool call with its output
    ask TITLE                           wait for permission; rejected: all up to `end` or the next `ask` is skipped
    end                                 the end of what an `ask` guards
    plan A; B; C                        a plan
    usage IN OUT COST                   tokens and dollars it claims to have used
    sleep SECONDS · hang                wait; for ever
    emit N [RATE]                       N lines `event 0000001` …, RATE a second (as fast as it goes without)
    flood BYTES                         so much output
    garbage                             bytes that are neither UTF-8 nor JSON
    spawn SECONDS                       leave a child behind that outlives the agent
    fail MESSAGE                        end the turn with an error
    crash [CODE] · exit CODE            leave at once (default 1), by SIGKILL with `crash`

In ACP it takes follow-up prompts, can be cancelled, and loads the sessions it kept below
$ROPEWALK_AGENT_STATE, or below the workspace's `.git`, or nowhere.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, NoReturn

Line = tuple[str, str]
"""An instruction and what follows it."""

VERBS = frozenset(
    "say think write append delete run ask end plan usage sleep hang emit flood garbage spawn fail "
    "crash exit".split()
)
GARBAGE = b"\xff\xfe\x80 neither { nor UTF-8 \x1b[31m\x00\n"
CHUNK = 65_536
RUN_LIMIT_S = 600


class Failed(Exception):
    """The script said `fail`."""


class Cancelled(Exception):
    """The client wants the turn to end."""


# --- the script ----------------------------------------------------------------------------------


def script(prompt: str, attempt: str) -> list[Line]:
    """The instructions of a prompt for the attempt of that number."""
    lines = _block(prompt.splitlines())
    return list(_instructions(iter(_section(lines, attempt))))


def _block(lines: list[str]) -> list[str]:
    starts = [at for at, line in enumerate(lines) if line.strip() == "```script"]
    if not starts:
        return lines
    rest = lines[starts[0] + 1 :]
    ends = [at for at, line in enumerate(rest) if line.strip() == "```"]
    return rest[: ends[0]] if ends else rest


def _section(lines: list[str], attempt: str) -> list[str]:
    mine: list[str] = []
    wanted = True
    for line in lines:
        mark = line.strip()
        if mark.startswith("#") and mark.endswith(":") and mark[1:-1].isdigit():
            wanted = mark[1:-1] == attempt
        elif wanted:
            mine.append(line)
    return mine


def _instructions(lines: Iterator[str]) -> Iterator[Line]:
    for line in lines:
        verb, _, rest = line.strip().partition(" ")
        if verb not in VERBS:
            continue
        if verb in ("write", "append") and rest.rstrip().split(" ")[-1].startswith("<<"):
            path, _, end = rest.rstrip().rpartition(" ")
            yield verb, f"{path} {_here(lines, end[2:])}"
        elif verb in ("write", "append"):
            yield verb, f"{_text(rest)}\n"
        else:
            yield verb, _text(rest)


def _here(lines: Iterator[str], end: str) -> str:
    taken: list[str] = []
    for line in lines:
        if line.strip() == end:
            break
        taken.append(f"{line}\n")
    return "".join(taken)


def _text(rest: str) -> str:
    return rest.replace("\\n", "\n").replace("\\t", "\t")


# --- faces: how what it does is shown ------------------------------------------------------------


class Console:
    """As a command: everything is a line of output."""

    calls = 0

    def say(self, text: str) -> None:
        """A message."""
        self.raw(f"{text}\n".encode())

    def think(self, text: str) -> None:
        """A thought."""
        print(text, file=sys.stderr, flush=True)

    def tool(self, call: str, **fields: Any) -> None:
        """A tool call, or what became of it."""
        for part in fields.get("content", ()):
            self.raw(part["content"]["text"].encode() if part["type"] == "content" else b"")

    def ask(self, call: str, title: str) -> bool:
        """Permission: nobody is there to refuse."""
        self.say(f"{title}: yes")
        return True

    def plan(self, entries: list[str]) -> None:
        """A plan."""
        self.say("\n".join(f"- {entry}" for entry in entries))

    def usage(self, spent: int, written: int, cost: float) -> None:
        """What it claims to have used."""
        self.say(f"{spent} tokens in, {written} out, ${cost}")

    def wait(self, seconds: float) -> None:
        """Do nothing for a while."""
        time.sleep(max(0.0, seconds))

    def raw(self, data: bytes) -> None:
        """Bytes as they are."""
        _write(data)


class Session(Console):
    """As an ACP agent: one conversation over standard input and output."""

    def __init__(self) -> None:
        """Before the client has said anything."""
        self.id = ""
        self.folder = ""
        self.buffer = b""
        self.inbox: list[dict[str, Any]] = []
        self.later: list[dict[str, Any]] = []
        self.asked = 0
        self.spent: dict[str, int] = {}

    def say(self, text: str) -> None:
        """A message chunk."""
        self._chunk("agent_message_chunk", text)

    def think(self, text: str) -> None:
        """A thought chunk."""
        self._chunk("agent_thought_chunk", text)

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
        self._keep({"sessionUpdate": "user_message_chunk", "content": _block_of(text)})
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
        self.update({"sessionUpdate": kind, "content": _block_of(text)})

    def _answer(self, message: dict[str, Any], result: dict[str, Any]) -> None:
        self._put({"id": message["id"], "result": result})

    def _put(self, message: dict[str, Any]) -> None:
        line = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":"))
        _write(line.encode() + b"\n")

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
        if self.folder:
            with open(self._path(self.id), "a") as kept:
                kept.write(json.dumps(update) + "\n")

    def _path(self, session: str) -> str:
        return os.path.join(self.folder, f"session-{os.path.basename(session)}.jsonl")


def _block_of(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _folder(cwd: str) -> str:
    """Where sessions are kept; empty: nowhere."""
    folder = os.environ.get("ROPEWALK_AGENT_STATE", "")
    if not folder and os.path.isdir(os.path.join(cwd, ".git")):
        folder = os.path.join(cwd, ".git", "scripted-agent")
    if folder:
        os.makedirs(folder, exist_ok=True)
    return folder


def _write(data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(1, left) :]


# --- playing -------------------------------------------------------------------------------------


class Player:
    """Does one script before one face."""

    def __init__(self, face: Console) -> None:
        """`face` shows what is done."""
        self.face = face
        self.skipping = False

    def do(self, verb: str, rest: str) -> None:
        """One instruction."""
        if verb in ("ask", "end"):
            self.skipping = False
        if not self.skipping:
            getattr(self, f"do_{verb}")(rest)

    def do_say(self, rest: str) -> None:
        """A message."""
        self.face.say(rest)

    def do_think(self, rest: str) -> None:
        """A thought."""
        self.face.think(rest)

    def do_write(self, rest: str) -> None:
        """A file, whole."""
        path, _, text = rest.partition(" ")
        self._edit(path, text, "w")

    def do_append(self, rest: str) -> None:
        """A file, more of it."""
        path, _, text = rest.partition(" ")
        self._edit(path, text, "a")

    def do_delete(self, rest: str) -> None:
        """A file goes."""
        os.unlink(rest.strip())
        self._shown(f"Delete {rest.strip()}", "delete", [])

    def do_run(self, rest: str) -> None:
        """A shell command."""
        call = self._call()
        self.face.tool(call, title=rest, kind="execute", status="in_progress")
        with subprocess.Popen(
            ["/bin/sh", "-c", rest],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as command:
            text = self._output(command)
        status = "completed" if command.returncode == 0 else "failed"
        self.face.tool(call, status=status, content=[_content(text)])

    def _output(self, command: subprocess.Popen[bytes]) -> str:
        """What a command writes, with an ear for the client."""
        pieces: list[bytes] = []
        until = time.monotonic() + RUN_LIMIT_S
        try:
            while piece := self._piece(command, until):
                pieces.append(piece)
        except BaseException:
            command.kill()
            raise
        return b"".join(pieces).decode("utf-8", "replace")

    def _piece(self, command: subprocess.Popen[bytes], until: float) -> bytes:
        pipe = command.stdout.fileno() if command.stdout else -1
        while not select.select([pipe], [], [], 0.05)[0]:
            self.face.wait(0)
            if time.monotonic() > until:
                raise Failed(f"a command ran longer than {RUN_LIMIT_S} s")
        return os.read(pipe, CHUNK)

    def do_ask(self, rest: str) -> None:
        """Permission for what follows."""
        if not self.face.ask(self._call(), rest):
            self.face.say(f"Not allowed: {rest}")
            self.skipping = True

    def do_end(self, rest: str) -> None:
        """The end of what an `ask` guards."""

    def do_plan(self, rest: str) -> None:
        """A plan."""
        self.face.plan([one.strip() for one in rest.split(";") if one.strip()])

    def do_usage(self, rest: str) -> None:
        """Claims of use."""
        spent, written, cost = rest.split()
        self.face.usage(int(spent), int(written), float(cost))

    def do_sleep(self, rest: str) -> None:
        """Wait."""
        self.face.wait(float(rest))

    def do_hang(self, rest: str) -> None:
        """Wait for ever."""
        while True:
            self.face.wait(3600)

    def do_emit(self, rest: str) -> None:
        """Numbered lines at a rate."""
        count, _, rate = rest.partition(" ")
        begin, each = time.monotonic(), 1 / float(rate) if rate else 0.0
        for number in range(1, int(count) + 1):
            self.face.wait(begin + number * each - time.monotonic())
            self.face.say(f"event {number:07}")

    def do_flood(self, rest: str) -> None:
        """Much output."""
        left = int(rest)
        while left > 0:
            self.face.say("x" * min(left, CHUNK))
            left -= CHUNK

    def do_garbage(self, rest: str) -> None:
        """Bytes that mean nothing."""
        self.face.raw(GARBAGE)

    def do_spawn(self, rest: str) -> None:
        """A child that is left behind."""
        quiet = subprocess.DEVNULL
        subprocess.Popen(["sleep", rest], stdin=quiet, stdout=quiet, stderr=quiet)

    def do_fail(self, rest: str) -> None:
        """The turn ends with an error."""
        raise Failed(rest)

    def do_crash(self, rest: str) -> None:
        """Leave without a word."""
        if not rest:
            os.kill(os.getpid(), signal.SIGKILL)
        os._exit(int(rest))

    def do_exit(self, rest: str) -> None:
        """Leave."""
        os._exit(int(rest or 0))

    def _edit(self, path: str, text: str, mode: str) -> None:
        old = _read(path)
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, mode) as file:
            file.write(text)
        new = text if mode == "w" else old + text
        self._shown(
            f"Edit {path}",
            "edit",
            [{"type": "diff", "path": os.path.abspath(path), "oldText": old, "newText": new}],
        )

    def _shown(self, title: str, kind: str, content: list[dict[str, Any]]) -> None:
        self.face.tool(self._call(), title=title, kind=kind, status="completed", content=content)

    def _call(self) -> str:
        self.face.calls += 1
        return f"call-{self.face.calls}"


def _content(text: str) -> dict[str, Any]:
    return {"type": "content", "content": _block_of(text)}


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def play(face: Console, prompt: str) -> None:
    """Do what a prompt says. Failed: the script said so. Cancelled: the client wants an end."""
    player = Player(face)
    for verb, rest in script(prompt, os.environ.get("ROPEWALK_ATTEMPT_NUMBER", "")):
        face.wait(0)
        player.do(verb, rest)


def main(arguments: list[str]) -> int:
    """Run as the command line says; the exit status."""
    if arguments == ["--acp"]:
        Session().serve()
    if arguments[:1] == ["--file"]:
        prompt = _read(arguments[1])
    else:
        prompt = sys.stdin.read() if arguments == ["-"] else " ".join(arguments)
    try:
        play(Console(), prompt)
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run() -> NoReturn:
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    _run()

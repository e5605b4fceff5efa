"""The scripted agent at work: instructions done one by one before a face that shows them.

Its modules use `os` where others use `pathlib`: hundreds of it are started at once.
"""

# ruff: noqa: PTH100, PTH103, PTH108, PTH120, PTH123
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any

from ropewalk.testing.script import script

GARBAGE = b"\xff\xfe\x80 neither { nor UTF-8 \x1b[31m\x00\n"
CHUNK = 65_536
RUN_LIMIT_S = 600


class Failed(Exception):
    """The script said `fail`."""


class Cancelled(Exception):
    """The client wants the turn to end."""


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
        write(data)


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
            getattr(self, f"_do_{verb}")(rest)

    def _do_say(self, rest: str) -> None:
        self.face.say(rest)

    def _do_think(self, rest: str) -> None:
        self.face.think(rest)

    def _do_write(self, rest: str) -> None:
        path, _, text = rest.partition(" ")
        self._edit(path, text, "w")

    def _do_append(self, rest: str) -> None:
        path, _, text = rest.partition(" ")
        self._edit(path, text, "a")

    def _do_delete(self, rest: str) -> None:
        os.unlink(rest.strip())
        self._shown(f"Delete {rest.strip()}", "delete", [])

    def _do_run(self, rest: str) -> None:
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
        self.face.tool(call, status=status, content=[content(text)])

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

    def _do_ask(self, rest: str) -> None:
        if not self.face.ask(self._call(), rest):
            self.face.say(f"Not allowed: {rest}")
            self.skipping = True

    def _do_end(self, rest: str) -> None:
        pass

    def _do_plan(self, rest: str) -> None:
        self.face.plan([one.strip() for one in rest.split(";") if one.strip()])

    def _do_usage(self, rest: str) -> None:
        spent, written, cost = rest.split()
        self.face.usage(int(spent), int(written), float(cost))

    def _do_sleep(self, rest: str) -> None:
        self.face.wait(float(rest))

    def _do_hang(self, rest: str) -> None:
        while True:
            self.face.wait(3600)

    def _do_emit(self, rest: str) -> None:
        count, *words = rest.split()
        timed = "timed" in words
        each = sum(1 / float(rate) for rate in words[:1] if rate != "timed")
        begin = time.monotonic()
        for number in range(1, int(count) + 1):
            self.face.wait(begin + number * each - time.monotonic())
            self.face.say(f"event {number:07} {time.time():.6f}" if timed else f"event {number:07}")

    def _do_flood(self, rest: str) -> None:
        left = int(rest)
        while left > 0:
            self.face.say("x" * min(left, CHUNK))
            left -= CHUNK

    def _do_garbage(self, rest: str) -> None:
        self.face.raw(GARBAGE)

    def _do_spawn(self, rest: str) -> None:
        quiet = subprocess.DEVNULL
        child = subprocess.Popen(["sleep", rest], stdin=quiet, stdout=quiet, stderr=quiet)
        self.face.say(f"left behind: {child.pid}")

    def _do_fail(self, rest: str) -> None:
        raise Failed(rest)

    def _do_crash(self, rest: str) -> None:
        if not rest:
            os.kill(os.getpid(), signal.SIGKILL)
        os._exit(int(rest))

    def _do_exit(self, rest: str) -> None:
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


def content(text: str) -> dict[str, Any]:
    return {"type": "content", "content": block(text)}


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


def block(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def write(data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(1, left) :]


def command(prompt: str) -> int:
    """Do what a prompt says as a command; its exit status."""
    try:
        play(Console(), prompt)
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    return 0

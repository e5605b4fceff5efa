"""One run: the agent's streams, its limits and its end, and the clients that watch it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import struct
import termios
import time

from ropewalk.runner import linux
from ropewalk.runner.containment import PID_NAMESPACE
from ropewalk.runner.input import Input
from ropewalk.runner.loop import READ, WRITE, Loop
from ropewalk.runner.output import CHUNK, Output
from ropewalk.runner.service import Service
from ropewalk.runner.spool import Full, Spool
from ropewalk.runner.watch import EVERY_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any

    from ropewalk.runner.child import Streams
    from ropewalk.runner.watch import Watch

REST = 0.01
SYNC = 0.2
RETRY = 0.5
GRACE = 3.0
DRAIN = 2.0
LINGER = 5.0
ENDING = {signal.SIGTERM, signal.SIGKILL, signal.SIGHUP, signal.SIGQUIT}


class Runner:
    """Moves bytes between agent, spool and clients until the agent's end is spooled."""

    def __init__(
        self, spec: dict[str, Any], spool: Spool, streams: Streams, control: socket.socket
    ) -> None:
        """`control` leads to the init, which is about to start the agent."""
        self.spool = spool
        self.loop = Loop()
        self.pid = 0
        self.error = ""
        self._streams = streams
        self._control = control
        self._input = Input(spool, streams.stdin, unread=streams.unread, pty=streams.pty)
        self._output = Output(spool)
        self._open = {"stdout": streams.stdout, "stderr": streams.stderr}
        self._open = {kind: fd for kind, fd in self._open.items() if fd >= 0}
        self._read_at = dict.fromkeys(self._open, 0.0)
        self._held: list[tuple[str, bytes]] = []
        self._status: int | None = None
        self._cause = ""
        self._asked = 0
        self._late = False
        self._over: dict[str, Any] | None = None
        self.limit(spec["limits"])
        self._watch_output()
        self.loop.watch(control.fileno(), READ, self._heard)

    def serve(
        self,
        listener: socket.socket,
        epoch: int,
        init: int,
        containment: str,
        kept: dict[str, int],
    ) -> None:
        """Work until the run is over and its last readers have their frames; `kept` are descriptors by name."""
        self._service = Service(self.loop, listener, self, epoch, kept)
        self._init = init
        self._containment = containment
        self._grown()
        self.loop.run()

    def state(self) -> dict[str, Any]:
        """Where the run stands, as `hello` tells it."""
        return {
            "start": self.spool.start,
            "end": self.spool.end,
            "in": self._input.spooled,
            "closed": self._input.closed,
            "full": bool(self._held),
            "pid": self.pid,
            "containment": self._containment,
            "exit": self._over,
        }

    def accept(self, id: str, at: int, data: bytes | None) -> dict[str, Any]:
        """Take input (None: its end) for the agent."""
        if len(id.encode()) > 255:
            raise ValueError("the id of a write is at most 255 bytes")
        if self._status is not None:
            self._input.end()
        word, position = self._input.accept(id, at, data)
        self._feed()
        self._grown()
        return {"ok": word == "ok", "error": word, "at": position}

    def signal(self, number: int, tree: bool) -> None:
        """Signal the agent or its whole tree, by way of the init."""
        signal.Signals(number)
        if number in ENDING or number == signal.SIGINT:
            self._asked = number
        self._order(number, tree)

    def resize(self, rows: int, columns: int) -> None:
        """Tell a terminal's size. ValueError: there is no terminal."""
        if not self._streams.pty:
            raise ValueError("this run has no terminal")
        fcntl.ioctl(
            self._streams.stdout, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0)
        )

    def limit(self, limits: dict[str, Any]) -> None:
        """Replace the limits; the deadline counts from now."""
        if limits["keep"] not in ("tail", "stop"):
            raise ValueError("keep is tail or stop")
        self._output.limit = int(limits["output_bytes"])
        self._output.keep = limits["keep"]
        self.loop.cancel("deadline")
        if seconds := float(limits["deadline_s"]):
            self.loop.after("deadline", seconds, lambda: self._end("deadline"))

    def bound(self, watch: Watch) -> None:
        """Kill the run when all of its processes together take more than they may."""
        if not watch.needed or self._status is not None:
            return
        if cause := watch.passed():
            self._cause = self._cause or cause
            self._order(signal.SIGKILL, True)
            return
        self.loop.after("bounds", EVERY_S, lambda: self.bound(watch))

    def trim(self, upto: int) -> int:
        """Forget whole segments that nobody needs any more; the new start of the spool."""
        return self.spool.trim(min(upto, self._input.floor))

    # --- from the agent

    def _watch_output(self) -> None:
        for kind, fd in self._open.items():
            self.loop.watch(fd, READ, lambda _, kind=kind: self._readable(kind))

    def _readable(self, kind: str) -> None:
        """Read; but let short pieces gather for a moment, so that nobody is woken for each line."""
        wait = self._read_at[kind] + REST - time.monotonic()
        if wait > 0:
            self.loop.watch(self._open[kind], 0, self._heard)
            self.loop.after(f"rest {kind}", wait, lambda: self._pull(kind))
            return
        self._pull(kind)

    def _pull(self, kind: str) -> None:
        if self._held or kind not in self._open:
            return
        try:
            data = os.read(self._open[kind], CHUNK)
        except BlockingIOError:
            data = None
        except OSError:
            data = b""
        if data == b"":
            self._shut(kind)
            self._check_over()
            return
        if data:
            self._read_at[kind] = time.monotonic() if len(data) < CHUNK else 0.0
            self._keep(kind, data)
        if not self._held:
            self._watch_output()

    def _keep(self, kind: str, data: bytes) -> None:
        try:
            self._output.take(kind, data)
        except Full:
            self._held.append((kind, data))
            self._pause()
            return
        if self._output.exceeded:
            self._end("output")
        self._grown()

    def _pause(self) -> None:
        for fd in self._open.values():
            self.loop.watch(fd, 0, self._heard)
        self.loop.after("retry", RETRY, self._retry)

    def _retry(self) -> None:
        held, self._held = self._held, []
        for kind, data in held:
            self._keep(kind, data)
        if not self._held:
            self.spool.refill()
            self._watch_output()
            self._check_over()

    def _shut(self, kind: str) -> None:
        fd = self._open.pop(kind)
        self.loop.watch(fd, 0, self._heard)
        os.close(fd)

    # --- to the agent

    def _feed(self) -> None:
        fd = self._input.fd
        if self._input.wants:
            self._input.feed()
        if fd < 0:
            return
        wanted = WRITE if self._input.fd >= 0 and self._input.wants else 0
        self.loop.watch(fd, wanted, lambda _: self._feed())

    # --- the spool

    def _grown(self) -> None:
        if self.spool.dirty and not self.loop.pending("sync"):
            self.loop.after("sync", SYNC, self._sync)
        self._service.pump()

    def _sync(self) -> None:
        try:
            self.spool.sync()
        except Full:
            self.loop.after("sync", RETRY, self._sync)

    # --- the end

    def _heard(self, _: int) -> None:
        """The init says the agent's pid, or how it ended; it leaves, or was killed by its tree."""
        data = b""
        with contextlib.suppress(OSError):
            data, extra, _, _ = self._control.recvmsg(65536, 64)
            for _, _, credentials in extra:
                self.pid = struct.unpack("iii", credentials[:12])[0]
        for line in data.splitlines():
            message = json.loads(line)
            self.pid = message.get("pid") or self.pid
            self.error = message.get("error", self.error)
            if "status" in message:
                self._ended(message["status"])
        if not data:
            self.loop.watch(self._control.fileno(), 0, self._heard)
            self._sweep(killed=self._status is None)
            self._ended(signal.SIGKILL)

    def _ended(self, status: int) -> None:
        if self._status is None:
            self._status = status
            self.loop.after("drain", DRAIN, self._drained)
            self._check_over()

    def _sweep(self, *, killed: bool) -> None:
        """The init's connection has ended: once it is gone, kill what is left of the tree.

        `killed`: it has not seen the agent's end, so the agent and its process group may live.
        """
        if self._containment == PID_NAMESPACE:
            return
        if not _reaped(self._init):
            self.loop.after("sweep", REST, lambda: self._sweep(killed=killed))
            return
        for target in [
            *([-self.pid] if killed and self.pid > 1 else []),
            *linux.descendants(os.getpid()),
        ]:
            with contextlib.suppress(OSError):
                os.kill(target, signal.SIGKILL)

    def _drained(self) -> None:
        """Somebody outside the tree still holds a stream: wait no longer, unless the disk is full."""
        if self._held:
            self.loop.after("drain", DRAIN, self._drained)
            return
        self._late = True
        for kind in list(self._open):
            self._shut(kind)
        self._check_over()

    def _check_over(self) -> None:
        if self._status is None or self._open or self._held or self._over:
            return
        if not self._late and not _reaped(self._init):
            self.loop.after("over", REST, self._check_over)
            return
        try:
            self._output.finish()
            over = self._outcome()
            self.spool.append("exit", json.dumps(over).encode(), durable=True)
        except Full:
            self.loop.after("over", RETRY, self._check_over)
            return
        self._over = over
        self._grown()
        self.loop.after("linger", LINGER, self.loop.stop)
        self._leave()

    def _leave(self) -> None:
        if self._service.idle:
            self.loop.stop()
        else:
            self.loop.after("leave", REST, self._leave)

    def _outcome(self) -> dict[str, Any]:
        status = self._status or 0
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        stopped = self._asked in ENDING or (self._asked and (number or code == 128 + self._asked))
        cause = self._cause or ("stopped" if stopped else "exit")
        return {
            "code": code,
            "signal": number,
            "cause": cause,
            "read": self._input.read(),
            "error": self.error,
        }

    def _end(self, cause: str) -> None:
        if not self._cause and self._status is None:
            self._cause = cause
            self._order(signal.SIGTERM, True)
            self.loop.after("kill", GRACE, lambda: self._order(signal.SIGKILL, True))

    def _order(self, number: int, tree: bool) -> None:
        with contextlib.suppress(OSError):
            self._control.send(json.dumps({"signal": int(number), "tree": tree}).encode() + b"\n")


def _reaped(pid: int) -> bool:
    """Whether a child is gone, and with a pid namespace's init all of its processes."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True

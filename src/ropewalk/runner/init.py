"""The tiny process between runner and agent: starts the agent, reaps orphans, ends the tree.

It talks with the runner over a socket pair of JSON lines. To the runner: {"pid"} of the agent as the
runner sees it, {"error"} when it could not be started, {"status"} of its end. From the runner:
{"signal", "tree"}. When the runner is gone, or the agent has ended, the whole tree is killed.
"""

from __future__ import annotations

import array
import contextlib
import itertools
import json
import os
import select
import signal
import socket

from ropewalk.runner import linux, locking, visit
from ropewalk.runner.child import Streams, become
from ropewalk.runner.containment import CGROUP, PID_NAMESPACE, join_cgroup, kill_cgroup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

ROUNDS = 50


class Init:
    """The init of one run."""

    def __init__(
        self, control: socket.socket, containment: str, cgroup: str, box: locking.Order
    ) -> None:
        """`control` is our end of the socket pair; `cgroup` the folder of one, or empty."""
        self._control = control
        self._box = box
        self._containment = containment
        self._cgroup = cgroup
        self._main = 0
        self._wake, self._waker = os.pipe()
        for fd in (self._wake, self._waker):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self, spec: dict[str, Any], streams: Streams) -> NoReturn:
        """Start the agent, wait for its end, kill what is left."""
        try:
            self._box.remember(spec)
            self._prepare()
            self._hold = visit.open_hold(spec["hold"]) if spec.get("hold") else -1
            if self._box.enter(self._control, streams):
                self._work(spec, streams)
        finally:
            os._exit(0)

    def _work(self, spec: dict[str, Any], streams: Streams) -> None:
        self._main = self._start(spec, streams)
        _close_but({0, 1, 2, self._wake, self._waker, self._control.fileno()})
        while self._main and self._step():
            pass
        self._end_tree()

    def _prepare(self) -> None:
        linux.hide_memory()
        if self._containment == PID_NAMESPACE:
            linux.die_with_parent(signal.SIGKILL)
            if self._box.rung == "full":
                return  # it makes its own
            with contextlib.suppress(OSError):
                linux.unshare(linux.NEW_MOUNTS)
                linux.mount_proc()
        else:
            linux.adopt_orphans()

    def _start(self, spec: dict[str, Any], streams: Streams) -> int:
        child = os.fork()
        if child:
            return child
        code = 126
        try:
            if self._cgroup:
                join_cgroup(self._cgroup)
            _show_pid(self._control)
            if self._hold >= 0:
                _close_but({0, 1, 2, self._hold})
                visit.hold(self._hold)
                os._exit(0)
            become(spec["argv"], spec["cwd"], spec["environment"], streams)
        except FileNotFoundError as error:
            code = 127
            self._say(error=self._box.missing(spec) or _words(error, spec))
        except Exception as error:
            self._say(error=_words(error, spec))
        finally:
            os._exit(code)

    def _say(self, **message: object) -> None:
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps(message).encode() + b"\n")

    def _step(self) -> bool:
        """Wait for one thing to happen; False: the runner is gone."""
        ready = select.select([self._wake, self._control], [], [])[0]
        if self._wake in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 512)
            self._reap()
        if self._control in ready and self._main:
            data = b""
            with contextlib.suppress(OSError):
                data = self._control.recv(4096)
            for line in data.splitlines():
                order = json.loads(line)
                self._signal(order["signal"], order["tree"])
            return bool(data)
        return True

    def _reap(self) -> None:
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            is_main = ended.si_pid == self._main
            if is_main and self._containment != PID_NAMESPACE:
                _kill(-self._main)  # before its number can belong to somebody else
            status = os.waitpid(ended.si_pid, 0)[1]
            if is_main:
                self._main = 0
                self._say(status=status)

    def _signal(self, number: int, tree: bool) -> None:
        targets = [self._main]
        if tree and self._containment == PID_NAMESPACE:
            targets = [-1]
        elif tree:
            targets = linux.descendants(os.getpid()) or [-self._main]
        for target in targets:
            _kill(target, number)

    def _end_tree(self) -> None:
        """Kill all that is left. In a pid namespace the kernel does it when we exit."""
        if self._containment == PID_NAMESPACE:
            return
        if self._containment == CGROUP:
            with contextlib.suppress(OSError):
                kill_cgroup(self._cgroup)
        if self._main:
            _kill(-self._main)
        for _ in range(ROUNDS):
            left = linux.descendants(os.getpid())
            for pid in left:
                _kill(pid)
            self._reap()
            if not left:
                return


def _close_but(kept: set[int]) -> None:
    for before, after in itertools.pairwise([*sorted(kept), 1 << 20]):
        os.closerange(before + 1, after)


def _kill(target: int, number: int = signal.SIGKILL) -> None:
    with contextlib.suppress(OSError):
        os.kill(target, number)


def _show_pid(control: socket.socket) -> None:
    """Let the kernel tell the runner our pid as the runner sees it (SCM_CREDENTIALS)."""
    credentials = getattr(socket, "SCM_CREDENTIALS", None)
    if credentials is None or linux.hidden():
        control.sendall(json.dumps({"pid": os.getpid()}).encode() + b"\n")
        return
    own = array.array("i", [os.getpid(), os.getuid(), os.getgid()])
    control.sendmsg([b'{"pid": 0}\n'], [(socket.SOL_SOCKET, credentials, own)])


def _words(error: Exception, spec: dict[str, Any]) -> str:
    cwd = spec["cwd"]
    if not os.path.isdir(cwd):
        return f"the working directory {cwd} does not exist"
    reason = getattr(error, "strerror", None) or str(error)
    return f"{spec['argv'][0]} cannot be started: {reason}"

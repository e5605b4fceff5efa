"""Starts a runner: a process that we let go of at once."""

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from ropewalk import runner
from ropewalk.core.codec import dump
from ropewalk.core.errors import Outside, Refused
from ropewalk.hosts.place import HostFolder
from ropewalk.ports import RunSpec
from ropewalk.runner.launcher import interpreter

SCRIPT = str(Path(runner.__file__).with_name("__main__.py"))
PASSED = ("PATH", "XDG_RUNTIME_DIR", "TMPDIR", "ROPEWALK_POSIX_ONLY", "ROPEWALK_CONTAINMENT")
LIMIT_S = 30.0
SMALL = 4096
"""Bytes that a pipe takes without a reader."""


class Launcher:
    """Starts runners by way of a process that has everything loaded, and ends it when it is not used for a while."""

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._used = 0.0

    def launch(
        self,
        spec: RunSpec,
        folder: Path,
        mount: Mapping[str, object] | None = None,
        joined: Mapping[str, int] | None = None,
    ) -> None:
        """Start a runner for a spec; returns when its agent's process is there. Blocks (~10 ms).

        `mount` is how its workspace is mounted, `joined` the descriptors of a mount that is there already.
        Refused: the folder holds a run already. Outside: no process or no disk to be had.
        """
        order = {"spec": dump(spec), "folder": str(folder), "mount": mount}
        answer = self._ask(json.dumps(order).encode(), joined or {})
        try:
            said = json.loads(answer)
        except ValueError:
            raise Outside(
                "the runner died at its start", hint=f"See {folder}/runner.log."
            ) from None
        if not said["ok"]:
            kind = Refused if said["error"] == "refused" else Outside
            raise kind(f"run {spec.id} cannot be started: {said['message']}")

    def close(self, unused_s: float = 0.0) -> float:
        """End the process if nobody used it for so long; else how many seconds it may live on at least."""
        with self._guard:
            left = self._used + unused_s - time.monotonic()
            if left > 0:
                return left
            if self._control and self._process:
                self._control.close()
                self._process.wait(LIMIT_S)
            self._control = self._process = None
        return 0.0

    def _ask(self, order: bytes, joined: Mapping[str, int]) -> bytes:
        theirs, ours = os.pipe()
        answers, answering = os.pipe()
        with os.fdopen(ours, "wb") as orders, os.fdopen(answers, "rb") as said:
            early = len(order) <= SMALL
            if early:
                _give(orders, order)
            try:
                self._send(list(joined), [theirs, answering, *joined.values()])
            finally:
                os.close(theirs)
                os.close(answering)
            if not early:
                _give(orders, order)
            if not select.select([said], [], [], LIMIT_S)[0]:
                raise Outside("no runner can be started: it takes too long")
            return said.readline()

    def _send(self, names: list[str], fds: list[int]) -> None:
        """Hand descriptors to the process; one that died is replaced."""
        message = json.dumps(names).encode()
        with self._guard:
            self._used = time.monotonic()
            for last in (False, True):
                try:
                    socket.send_fds(self._begun(), [message], fds)
                except OSError as error:
                    if last:
                        raise Outside(f"no runner can be started: {error}") from error
                    self._dismiss()
                else:
                    return

    def _begun(self) -> socket.socket:
        if self._control is None or self._process is None or self._process.poll() is not None:
            self._dismiss()
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = subprocess.Popen(
                    [interpreter(), "-I", "-S", SCRIPT, "nursery"],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=_environment(),
                    cwd="/",
                )
        return self._control

    def _dismiss(self) -> None:
        if self._control and self._process:
            self._control.close()
            self._process.kill()
            self._process.wait()
        self._control = self._process = None


def _give(pipe: IO[bytes], data: bytes) -> None:
    """All of it, and the end; whoever does not want it has left."""
    with suppress(BrokenPipeError):
        pipe.write(data)
        pipe.close()


def probe() -> str:
    """How this machine holds the process trees of runs together: see `runner/containment.py`."""
    return _call(["probe"]).decode().strip()


def rungs() -> dict[str, str]:
    """Why this machine cannot hold each rung of the sandbox (see core/box.py); empty: it can. Blocks some 50 ms."""
    return json.loads(_call(["rungs"]))


def detach(command: Sequence[str], place: HostFolder) -> None:
    """Start a daemon that is nobody's child; what it says goes to the host's log. Blocks (~50 ms)."""
    place.make()
    fork = "import os,sys; os.fork() and os._exit(0); os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])"
    path = os.pathsep.join(str(Path(one).resolve()) for one in sys.path if one)
    with place.log.open("ab") as log:
        subprocess.run(
            [sys.executable, "-I", "-S", "-c", fork, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={**os.environ, "PYTHONPATH": path},
            timeout=LIMIT_S,
            check=True,
        )


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in PASSED if name in os.environ}


def _call(arguments: list[str]) -> bytes:
    try:
        done = subprocess.run(
            [interpreter(), "-I", "-S", SCRIPT, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            cwd="/",
            timeout=LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Outside(f"no runner can be started: {error}") from error
    return done.stdout

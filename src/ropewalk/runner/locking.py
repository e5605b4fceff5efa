"""The box of one run: asked for in its order, built by its init, and what the runner keeps of it.

The init says {"box": [names]} with a descriptor for each name, or {"refused": why}; it starts nothing before.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct

from ropewalk.runner import box as boxes
from ropewalk.runner import (
    confined,
    kernel,
    linux,
    network,
    privileges,
    programs,
    rungs,
    seccomp,
)
from ropewalk.runner.containment import PID_NAMESPACE
from ropewalk.runner.view import view
from ropewalk.runner.watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ropewalk.runner.child import Streams
    from ropewalk.runner.view import Shown

MOST = 16
READY = "box-mnt"


def warm() -> None:
    """Make what all boxes need, where they can be had, in the process from which runners come."""
    with contextlib.suppress(OSError, ValueError):
        seccomp.program(kernel.machine())
        if os.geteuid() == 0 and not linux.hidden():
            privileges.owner_map()


class Order:
    """What a run is to be locked in; nothing, where its order names no box."""

    def __init__(self, spec: dict[str, Any], mount: dict[str, Any] | None, folder: str) -> None:
        """`mount` is the plan of its workspace's mount, `folder` the run's own directory.

        OSError, ValueError: there can be no such box here.
        """
        self._box: dict[str, Any] = spec.get("box") or {}
        self.rung: str = self._box.get("rung", "none")
        self.workspace: str = mount["at"] if mount else spec["cwd"] if spec.get("workspace") else ""
        self._ours = (programs.FOLDER,) if mount else ()
        self._outside = ""
        self.owner = -1
        if self._box and self.rung in ("full", "none") and os.geteuid() == 0:
            self.owner = privileges.owner_map()
        self._shown: list[Shown] = []
        self._private = f"{folder}/private"
        if self.rung == "landlock":
            spec["environment"] = self._at_home(spec["environment"])
        if self.rung == "full":
            self._shown = view(self._box, self.workspace, self._ours)

    def watch(self, init: int, mount: dict[str, Any] | None, kept: dict[str, int]) -> Watch:
        """What looks after the bounds of all its processes together."""
        folder = mount["upper"] if mount else ""
        bounds = self._box.get("bounds", {})
        return Watch(init, bounds, folder=folder, scratch=kept.get("box-scratch", -1))

    def about(self) -> dict[str, Any]:
        """What somebody needs to know who enters it: see visit.py."""
        free = boxes.writable(self._shown)
        return {"rung": self.rung, "nested": self._box.get("nested", False), "free": free}

    def refusal(self, containment: str) -> str:
        """Why this box cannot be had; empty: nothing is known that forbids it."""
        if self.rung == "full" and containment != PID_NAMESPACE:
            return "the sandbox needs namespaces, which this machine does not give"
        if self.rung == "landlock" and (why := rungs.confined()):
            return why
        if self.rung not in ("full", "landlock", "none"):
            return rungs.OTHER
        return ""

    def give(self, streams: Streams) -> None:
        """Let the user that the agent becomes open its own streams again, by /dev/stdout."""
        if self.owner >= 0:
            for fd in set(streams.theirs):
                os.fchown(fd, privileges.OWNER, privileges.OWNER)

    def built(self, control: socket.socket) -> dict[str, int]:
        """In the runner: wait until the init has built it; the descriptors to keep. OSError: it could not."""
        if self.rung == "none":
            return {}
        data, more, _, _ = control.recvmsg(
            65536, socket.CMSG_SPACE(4 * MOST) + socket.CMSG_SPACE(12), socket.MSG_CMSG_CLOEXEC
        )
        said = json.loads(data) if data else {"refused": "its init died"}
        if "refused" in said:
            raise OSError(f"the sandbox cannot be built: {said['refused']}")
        fds = [
            fd
            for _, kind, words in more
            if kind == socket.SCM_RIGHTS
            for fd in struct.unpack(f"{len(words) // 4}i", words)
        ]
        return dict(zip(said["box"], fds, strict=True))

    def remember(self, spec: dict[str, Any]) -> None:
        """In the init, while all can be seen: where the command is outside."""
        if self.rung != "none":
            self._outside = _found(spec["argv"][0], spec["environment"].get("PATH", os.defpath))

    def enter(self, control: socket.socket, streams: Streams) -> bool:
        """In the init: build it, hand out what others need of it, and be locked in. False: it cannot be."""
        if self.rung == "none":
            return True
        try:
            handed = self._lock(streams)
            linux.hide_memory()
            linux.die_with_parent(signal.SIGKILL)  # which changing the user takes back
        except (OSError, ValueError) as error:
            control.sendall(json.dumps({"refused": str(error)}).encode() + b"\n")
            return False
        message = json.dumps({"box": list(handed)}).encode() + b"\n"
        socket.send_fds(control, [message], list(handed.values()))
        boxes.limit(self._box["bounds"], counted=self.owner < 0)
        return True

    def _lock(self, streams: Streams) -> dict[str, int]:
        if self.rung == "landlock":
            gate = self._box["gateway"]
            handed = {"gateway": network.listen(gate).detach()} if gate else {}
            linux.clear_arguments()
            confined.lock(self._box, self.workspace, self._ours, self._private)
            return handed
        handed = boxes.build(self._box, self._shown, self.owner)
        linux.clear_arguments()
        terminal = streams.theirs[:1] if streams.pty else ()
        boxes.lock(boxes.writable(self._shown), terminal, nested=self._box["nested"])
        return handed

    def _at_home(self, environment: dict[str, str]) -> dict[str, str]:
        """Where nothing can be mounted, the home and temporary files are elsewhere."""
        for name in ("home", "tmp"):
            os.makedirs(f"{self._private}/{name}", 0o700, exist_ok=True)
        kept = [one["source"] for one in self._box["kept"] if one["at"] == self._box["home"]]
        home = kept[0] if kept else f"{self._private}/home"
        return {**environment, "HOME": home, "TMPDIR": f"{self._private}/tmp"}  # noqa: S108

    def missing(self, spec: dict[str, Any]) -> str:
        """Why a command that there is outside cannot be started inside; empty: that is not the reason."""
        name, path = spec["argv"][0], self._outside
        if self.rung == "none" or not path or not os.path.isdir(spec["cwd"]):
            return ""
        paths = [path]
        if os.path.exists(path):
            inner = _interpreter(path)
            if not inner or os.path.exists(inner):
                return ""
            return f"{name} is run by {inner}, which the sandbox does not show; {_allow([inner])}"
        return f"{name} is at {path}, which the sandbox does not show; {_allow(paths)}"


def _allow(paths: list[str]) -> str:
    return f"to allow it: [sandbox] seen = {json.dumps(paths)}"


def _found(name: str, path: str) -> str:
    """Where a command is, as execvp(3) looks for it; empty: nowhere."""
    folders = [""] if "/" in name else path.split(os.pathsep)
    for folder in folders:
        full = os.path.join(folder, name)
        if os.path.isfile(full) and os.access(full, os.X_OK):
            return full
    return ""


def _interpreter(path: str) -> str:
    """The program that a script names in its first line; empty: it is none."""
    try:
        with open(path, "rb") as file:
            line = file.readline(256)
    except OSError:
        return ""
    words = line[2:].split() if line.startswith(b"#!") else []
    return os.fsdecode(words[0]) if words else ""

"""A plain client of the runner's protocol, for tests that say every byte themselves."""

import array
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from ropewalk.core.codec import dump
from ropewalk.core.records import Limits
from ropewalk.hosts.launch import SCRIPT, Launcher
from ropewalk.ports import RunSpec
from ropewalk.wire.frames import Decoder, Frame


def spec(*argv: str, **more) -> RunSpec:
    known = {"id": "r", "epoch": 1, "cwd": "/tmp", "environment": {"PATH": os.environ["PATH"]}}
    return RunSpec(**{**known, "argv": argv, "limits": Limits(), **more})


def start(folder: Path, *argv: str, **more) -> Path:
    """Start a runner; its socket."""
    launcher = Launcher()
    try:
        launcher.launch(spec(*argv, **more), folder)
    finally:
        launcher.close()
    return Path(json.loads((folder / "run.json").read_text())["socket"])


def start_as_nobody(folder: Path, *argv: str) -> Path:
    """Start a runner as a user who is not root."""
    os.chown(folder.parent, 65534, 65534)
    script = (
        "import os, sys, warnings; from ropewalk.runner.start import main\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534); sys.argv = ['runner']\n"
        "from ropewalk.runner import linux; linux._prctl(4, 1)  # as after an exec by that user\n"
        "main()"
    )
    order = json.dumps({"spec": dump(spec(*argv)), "folder": str(folder)}).encode()
    source = str(Path(SCRIPT).parents[2])
    answer = subprocess.run(
        [sys.executable, "-c", script],
        input=order,
        capture_output=True,
        timeout=20,
        env={"PYTHONPATH": source},
    )
    assert answer.stdout, (answer, (folder / "runner.log").read_text())
    assert json.loads(answer.stdout)["ok"], answer
    return folder / "sock"


class Client:
    """One connection; every call waits for its answer, and gathers the frames that come before it."""

    def __init__(self, path: Path, *, epoch: int | None = 1, hello: bool = True) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rb")
        self.frames: list[Frame] = []
        self.decoder = Decoder(0)
        self.number = 0
        if hello:
            self.about = self.ask("hello", version=1, **({} if epoch is None else {"epoch": epoch}))

    def send(self, op: str, body: bytes = b"", fds=(), **fields) -> int:
        self.number += 1
        data = json.dumps({"op": op, "n": self.number, **fields}).encode() + b"\n" + body
        if fds:
            socket.send_fds(self.socket, [data], list(fds))
        else:
            self.socket.sendall(data)
        return self.number

    def ask(self, op: str, body: bytes = b"", fds=(), **fields) -> dict:
        number = self.send(op, body, fds, **fields)
        while True:
            message = self.hear()
            if message.get("n") == number:
                return message

    def hear(self) -> dict:
        message = json.loads(self.file.readline() or "null")
        assert message is not None, "the runner hung up"
        if "frames" in message:
            self.frames += self.decoder.feed(self.file.read(message["frames"]))
        return message

    def tail(self, start: int = 0, credit: int = 1 << 40) -> dict:
        self.frames, self.decoder = [], Decoder(start)
        return self.ask("tail", **{"from": start}, credit=credit)

    def finish(self) -> list[Frame]:
        """Hear until the exit frame."""
        while not self.frames or self.frames[-1].kind != "exit":
            self.hear()
        self.close()
        return self.frames

    def write(self, id: str, at: int, data: bytes) -> dict:
        return self.ask("write", data, id=id, at=at, len=len(data))

    def take_fd(self, name: str) -> int:
        self.send("get-fd", name=name)
        data, ancillary, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(4))
        assert json.loads(data)["ok"], data
        return array.array("i", ancillary[0][2])[0]

    def close(self) -> None:
        self.file.close()
        self.socket.close()

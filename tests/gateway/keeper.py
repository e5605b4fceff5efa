"""A runner that keeps the listening socket of a sandbox: a real one, with a run that does nothing."""

import json
import socket

from ropewalk.hosts.folder import RunFolder
from ropewalk.hosts.place import HostFolder
from tests.hosts.scene import Scene


async def keeping(scene: Scene, listener: socket.socket) -> str:
    """The path of the socket of a runner that keeps a listener for the gateway."""
    run = await scene.sh("sleep 600")
    about = RunFolder(HostFolder(scene.home).runs, run.id).about()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.settimeout(10)
        control.connect(about["socket"])
        ask(control, {"op": "hello", "version": 1, "epoch": 1})
        ask(control, {"op": "put-fd", "name": "gateway"}, listener.fileno())
    return about["socket"]


def ask(control: socket.socket, request: dict, fd: int = -1) -> dict:
    data = json.dumps({**request, "n": 1}).encode() + b"\n"
    socket.send_fds(control, [data], [fd] if fd >= 0 else [])
    answer = b""
    while not answer.endswith(b"\n"):
        answer += control.recv(4096)
    found = json.loads(answer)
    assert found["ok"], found
    return found

"""From a process that a host started to a runner that outlives it.

On standard input comes one JSON object {"spec", "folder", "mount"}: never in argv or a file, for the environment
in it holds secrets. `mount` is the plan of the workspace's mount (see mounts.py) or null; one that is there already
is joined by descriptors that come through the nursery (see nursery.py). On standard output goes one
line: {"ok": true, ...} when the agent's process is there, or {"ok": false, "error", "message"}.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import signal
import socket
import sys
import time

from ropewalk.runner import containment as containing
from ropewalk.runner import enter, files, linux, locking, mounts, nursery, rungs, visit
from ropewalk.runner.child import Streams
from ropewalk.runner.init import Init
from ropewalk.runner.programs import found_first
from ropewalk.runner.run import Runner
from ropewalk.runner.spool import Spool
from ropewalk.wire.layout import pack_input

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LONGEST_PATH = 100
PROBED = 6


def main() -> None:
    """The program: `start` (the default), `nursery`, `probe`, `rungs`, `enter FD`, `files`, `visit …`, `join …`."""
    if sys.argv[1:] == ["probe"]:
        print(containing.containment())
        return
    if sys.argv[1:] == ["rungs"]:
        print(json.dumps(rungs.rungs()))
        return
    if sys.argv[1:] == ["files"]:
        files.main()
        return
    if sys.argv[1:2] in (["visit"], ["join"]):
        visit.main(sys.argv[1:])
        return
    if sys.argv[1:2] == ["enter"]:
        enter.main(int(sys.argv[2]))
    if sys.argv[1:] == ["nursery"]:
        nursery.main(_become)
    elif os.fork() == 0:
        _become({})


def _become(joined: dict[str, int]) -> None:
    """Be the runner that the order on standard input asks for; `joined` are descriptors that came beside it."""
    with open(0, encoding="utf-8", closefd=False) as file:
        order = json.load(file)
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    answer = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    os.chdir("/")
    os.umask(0o077)
    try:
        serve = _start(order["spec"], order["folder"], order.get("mount"), joined)
    except Refusal as refusal:
        _answer(answer, ok=False, error="refused", message=str(refusal))
    except (OSError, ValueError) as error:
        _answer(answer, ok=False, error="outside", message=str(error))
    else:
        _answer(answer, ok=True)
        serve()


class Refusal(Exception):
    """This run cannot be started; the message says why."""


def _start(
    spec: dict[str, Any],
    folder: str,
    mount: dict[str, Any] | None,
    joined: dict[str, int],
) -> Callable[[], None]:
    """Start a run; what is left to do is returned. Refusal, OSError: nothing was started."""
    lock_folder(folder)
    os.dup2(
        os.open(os.path.join(folder, "runner.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
        2,
    )
    spool = Spool(os.path.join(folder, "spool"))
    listener, path = listen(folder)
    box = locking.Order(spec, mount, folder)
    kept = enter.enter(mount, joined, box.owner)
    containment = containing.enter(privileged=mounts.USER in kept)
    if reason := box.refusal(containment):
        raise Refusal(reason)
    cgroup = _cgroup(containment)
    about = {
        "id": spec["id"],
        "epoch": spec["epoch"],
        "command": spec["argv"][0],
        "pid": os.getpid(),
        "started": time.time(),
        "boot": linux.boot_id(),
        "containment": containment,
        "cgroup": cgroup,
        "socket": path,
        "workspace": spec.get("workspace", ""),
        "box": box.about(),
    }
    _write(os.path.join(folder, "run.json"), about)
    _first_frames(spool, about, stdin=spec["stdin"])
    streams = Streams(stdin=spec["stdin"], pty=spec["pty"])
    if kept:
        spec["environment"] = found_first(spec["environment"])
    init, control = _fork_init(spec, streams, containment, cgroup, box)
    kept |= box.built(control)
    spool.refill()
    runner = Runner(spec, spool, streams, control)

    def serve() -> None:
        runner.bound(box.watch(init, mount, kept))
        runner.serve(listener, spec["epoch"], init, containment, kept)
        os.unlink(path)
        spool.close()

    return serve


def _fork_init(
    spec: dict[str, Any], streams: Streams, containment: str, cgroup: str, box: locking.Order
) -> tuple[int, socket.socket]:
    """Start the init, which starts the agent; its pid and the socket that leads to it."""
    ours, theirs = socket.socketpair()
    _pass_credentials(ours)
    box.give(streams)
    gc.freeze()
    if containment != containing.PID_NAMESPACE:
        linux.adopt_orphans()  # what the init leaves, should its tree kill it
    init = os.fork()
    if init == 0:
        Init(theirs, containment, cgroup, box).run(spec, streams)
    theirs.close()
    spec["environment"] = {}
    streams.started()
    linux.hide_memory()
    return init, ours


def lock_folder(folder: str) -> int:
    """Take a run's folder for good; the lock lives as long as the runner. Refusal: it is taken."""
    os.makedirs(folder, 0o700, exist_ok=True)
    lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not lock_exclusively(lock):
        raise Refusal("this run has a runner already")
    if os.path.exists(os.path.join(folder, "spool")):
        raise Refusal("this run was started before")
    return lock


def lock_exclusively(lock: int) -> bool:
    """Take a lock; whoever only looks whether it is free holds it for a moment, so ask again."""
    for _ in range(PROBED):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


def listen(folder: str) -> tuple[socket.socket, str]:
    """A listening socket in a folder, or, where its path is too long, in a short private one."""
    path = os.path.join(folder, "sock")
    if len(os.fsencode(path)) > LONGEST_PATH:
        path = os.path.join(private_folder(), os.urandom(8).hex())
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    os.chmod(path, 0o600)
    listener.listen(64)
    return listener, path


def private_folder() -> str:
    """A folder with a short path that is only ours. Refusal: somebody else has made it."""
    folder = os.path.join(os.environ.get("XDG_RUNTIME_DIR") or "/tmp", f"ropewalk-{os.geteuid()}")  # noqa: S108
    if len(folder) > LONGEST_PATH - 32:
        folder = f"/tmp/ropewalk-{os.geteuid()}"  # noqa: S108
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        state = os.lstat(folder)
        if state.st_uid != os.geteuid() or state.st_mode & 0o170077 != 0o040000:
            raise Refusal(f"{folder} is not a private folder of ours") from None
    return folder


def _first_frames(spool: Spool, about: dict[str, Any], *, stdin: bool) -> None:
    start = {key: about[key] for key in ("id", "epoch", "pid", "started", "boot", "containment")}
    spool.append("start", json.dumps(start).encode())
    if not stdin:
        spool.append("closed", pack_input("", b""))


def _cgroup(containment: str) -> str:
    if containment != containing.CGROUP:
        return ""
    return containing.make_cgroup(containing.cgroup_parent(), os.urandom(8).hex())


def _pass_credentials(control: socket.socket) -> None:
    if hasattr(socket, "SO_PASSCRED") and not linux.hidden():
        control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)


def _write(path: str, value: object) -> None:
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.replace(path + ".new", path)


def _answer(fd: int, **message: object) -> None:
    os.write(fd, json.dumps(message).encode() + b"\n")
    os.close(fd)

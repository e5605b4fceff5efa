"""Starts a runner: a process that we let go of at once."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ropewalk import runner
from ropewalk.core.codec import dump
from ropewalk.core.errors import Outside, Refused
from ropewalk.hosts.place import HostFolder
from ropewalk.ports import RunSpec
from ropewalk.runner.launcher import interpreter

SCRIPT = str(Path(runner.__file__).with_name("__main__.py"))
PASSED = ("PATH", "XDG_RUNTIME_DIR", "TMPDIR", "ROPEWALK_POSIX_ONLY", "ROPEWALK_CONTAINMENT")
LIMIT_S = 30.0


def launch(
    spec: RunSpec,
    folder: Path,
    mount: Mapping[str, object] | None = None,
    joined: Mapping[str, int] | None = None,
) -> None:
    """Start a runner for a spec; returns when its agent's process is there. Blocks (~0.1 s).

    `mount` is how its workspace is mounted, `joined` the descriptors of a mount that is there already.
    Refused: the folder holds a run already. Outside: no process or no disk to be had.
    """
    order = {"spec": dump(spec), "folder": str(folder), "mount": mount, "join": joined}
    answer = _call([], json.dumps(order).encode(), fds=list((joined or {}).values()))
    try:
        said = json.loads(answer)
    except ValueError:
        raise Outside("the runner died at its start", hint=f"See {folder}/runner.log.") from None
    if not said["ok"]:
        kind = Refused if said["error"] == "refused" else Outside
        raise kind(f"run {spec.id} cannot be started: {said['message']}")


def probe() -> str:
    """How this machine holds the process trees of runs together: see `runner/containment.py`."""
    return _call(["probe"], b"").decode().strip()


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


def _call(arguments: list[str], order: bytes, fds: Sequence[int] = ()) -> bytes:
    environment = {name: os.environ[name] for name in PASSED if name in os.environ}
    try:
        done = subprocess.run(
            [interpreter(), "-I", "-S", SCRIPT, *arguments],
            input=order,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            pass_fds=fds,
            timeout=LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Outside(f"no runner can be started: {error}") from error
    return done.stdout

"""Starts the hub of a home; of several that try at once exactly one does.

The lock is `hub/start.lock` (flock: it goes with its holder, so a reused process id cannot hold it).
Only its holder starts or replaces a hub; the others wait for the lock and find the hub running.
"""

import fcntl
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from ropewalk.client.connect import older
from ropewalk.client.home import hub_command, refuse_foreign, refuse_network
from ropewalk.client.hub import Hub
from ropewalk.core.errors import Outside

START_S = 15.0
FIRST_WAIT_S = 0.01
LONGEST_WAIT_S = 0.1
LEAST_BYTES = 1_000_000
"""With less room than this no hub can start."""


class CannotStart(Outside):
    """The hub is not there and could not be started."""

    code = "no-hub"


def start(hub: Hub, command: Sequence[str] | None = None, start_s: float = START_S) -> None:
    """See that a hub of our version runs. `command` starts one (the home is appended)."""
    refuse_network(hub.home)
    refuse_foreign(hub.home)
    folder = Path(hub.home) / "hub"
    try:
        Path(hub.home).mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "start.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(
            f"{folder} cannot be written ({error.strerror}).",
            hint="Choose another directory: export ROPEWALK_HOME=/path/to/a/directory",
        ) from error
    try:
        _lock(lock, start_s)
        _start(hub, folder, list(command or hub_command()), start_s)
    finally:
        os.close(lock)


def _lock(lock: int, limit_s: float) -> None:
    end, pause = time.monotonic() + limit_s, FIRST_WAIT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                raise CannotStart(
                    "Another ropewalk has been starting the hub for too long.",
                    hint="See what it says: ropewalk hub logs",
                ) from None
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_WAIT_S)


def _start(hub: Hub, folder: Path, command: list[str], limit_s: float) -> None:
    """With the lock held: somebody may have started it meanwhile."""
    seen = hub.seen()
    if seen is not None:
        if not older(seen):
            return
        hub.post("/v1/stop", {})
        _until_gone(hub, seen["pid"], limit_s)
    until_ended(hub.home, limit_s)
    log = folder / "hub.log"
    with log.open("ab") as output:
        child = subprocess.Popen(
            [*command, hub.home],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            close_fds=True,
            cwd="/",
        )
    _until_there(hub, child, log, limit_s)


def _until_gone(hub: Hub, pid: int, limit_s: float) -> None:
    end, pause = time.monotonic() + limit_s, FIRST_WAIT_S
    while (seen := hub.seen()) is not None and seen["pid"] == pid:
        if time.monotonic() > end:
            raise CannotStart("The older hub does not end.", hint="See why: ropewalk hub status")
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_WAIT_S)


def until_ended(home: str, limit_s: float = START_S) -> None:
    """Wait until no hub holds `hub/hub.lock`: one that ends stops answering before its work is put away.

    CannotStart: it takes too long.
    """
    try:
        lock = os.open(f"{home}/hub/hub.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    end, pause = time.monotonic() + limit_s, FIRST_WAIT_S
    try:
        while not _is_free(lock):
            if time.monotonic() > end:
                raise CannotStart("The hub before does not end.", hint="See why: ropewalk hub logs")
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_WAIT_S)
    finally:
        os.close(lock)


def _is_free(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _until_there(hub: Hub, child: "subprocess.Popen[bytes]", log: Path, limit_s: float) -> None:
    end, pause = time.monotonic() + limit_s, FIRST_WAIT_S
    while hub.seen() is None:
        if child.poll() is not None and hub.seen() is None:
            raise _failed(child.returncode, log)
        if time.monotonic() > end:
            child.terminate()
            raise CannotStart(
                f"The hub did not answer within {limit_s:.0f} s.\n{last_lines(log)}".rstrip(),
                hint=f"All of it: less {log}",
            )
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_WAIT_S)
    child.returncode = child.returncode or 0  # it lives on without us


def _failed(code: int, log: Path) -> CannotStart:
    """Why a hub ended at its start; on a full disk it cannot even say so itself."""
    room = os.statvfs(log.parent)
    if room.f_bavail * room.f_frsize < LEAST_BYTES:
        return CannotStart(
            f"The hub did not start: there is no room left on the disk that holds {log.parent.parent}.",
            hint="Make room, or choose another directory: export ROPEWALK_HOME=/path/to/a/directory",
        )
    return CannotStart(
        f"The hub did not start (exit {code}).\n{last_lines(log)}".rstrip(),
        hint=f"All of it: less {log}",
    )


def last_lines(log: Path, count: int = 8) -> str:
    """The end of the log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(f"  {line}" for line in text.splitlines()[-count:])

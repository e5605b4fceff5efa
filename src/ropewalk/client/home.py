"""The home of an instance: its directory, the hub's socket in it, and where it must not lie."""

import os
import sys
from pathlib import Path

from ropewalk.core.errors import Refused

NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "9p", "ceph", "glusterfs", "lustre"}
NETWORK |= {"afs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs", "davfs"}
MOUNTS = "/proc/mounts"


def find_home(given: str | None = None) -> str:
    """`--home`, else $ROPEWALK_HOME, else the state directory of the XDG base directory specification."""
    chosen = given or os.environ.get("ROPEWALK_HOME", "")
    if not chosen:
        state = os.environ.get("XDG_STATE_HOME", "")
        base = state if state.startswith("/") else str(Path.home() / ".local" / "state")
        chosen = f"{base}/ropewalk"
    return str(Path(chosen).expanduser().absolute())


def socket_path(home: str) -> str:
    """Where the hub listens: named in `hub/address` if the usual path is too long."""
    try:
        with open(f"{home}/hub/address", encoding="utf-8") as file:  # noqa: PTH123 (a cold start)
            return file.read().strip() or f"{home}/hub/hub.sock"
    except OSError:
        return f"{home}/hub/hub.sock"


def file_system(path: str, mounts: str = MOUNTS) -> str:
    """The type of the file system that holds `path` (Linux's mount table); empty where unknown."""
    if mounts == MOUNTS and os.environ.get("ROPEWALK_POSIX_ONLY") == "1":
        return ""
    try:
        table = Path(mounts).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    real = Path(path).resolve()
    best, kind = -1, ""
    for line in table.splitlines():
        fields = line.split(" ")
        point = Path(fields[1].encode().decode("unicode_escape"))
        if real.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind


def refuse_network(home: str, mounts: str = MOUNTS) -> None:
    """Locks and the database need a local disk: anything else is refused before a hub starts."""
    kind = file_system(home, mounts)
    if kind in NETWORK:
        raise Refused(
            f"{home} lies on a network file system ({kind}), where locks cannot be trusted.",
            hint="Choose a local directory: export ROPEWALK_HOME=/var/tmp/ropewalk-$USER",
        )


def refuse_foreign(home: str) -> None:
    """Whoever owns the home, or can write to it, decides what runs and is given secrets. Refused: not us."""
    try:
        about = os.stat(home)  # noqa: PTH116 (a cold start)
    except OSError:
        return
    if about.st_uid != os.geteuid():
        raise Refused(
            f"{home} belongs to another user, who could read and alter everything in it.",
            hint="Choose a directory of your own: export ROPEWALK_HOME=~/.local/state/ropewalk",
        )
    if about.st_mode & 0o002:
        raise Refused(f"Everybody can write to {home}.", hint=f"chmod go-w {home}")


def hub_command() -> list[str]:
    """How the hub of this very installation is started; the home is appended."""
    return [sys.executable, "-m", "ropewalk.wiring", "hub"]

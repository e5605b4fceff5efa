"""Where a host's files are, below a home directory."""

import contextlib
import fcntl
import hashlib
import os
import secrets
from pathlib import Path

from ropewalk.core.errors import Refused
from ropewalk.runner.start import LONGEST_PATH, Refusal, private_folder


class HostFolder:
    """`<home>/host`: socket, lock, log, id and the runs."""

    def __init__(self, home: Path) -> None:
        """Makes nothing."""
        self.path = home / "host"
        self.runs = self.path / "runs"
        self.visits = self.path / "visits"
        self.lock = self.path / "host.lock"
        self.log = self.path / "host.log"
        self.id = self.path / "id"

    def make(self) -> None:
        """Create the folders, for our user only."""
        for one in (self.path, self.runs):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)

    def host_id(self) -> str:
        """The permanent id of this host, made at random on first use."""
        if not self.id.exists():
            self.make()
            fresh = self.path / f"id.{os.getpid()}"
            fresh.write_text(f"{secrets.token_hex(16)}\n", encoding="ascii")
            with contextlib.suppress(FileExistsError):
                os.link(fresh, self.id)
            fresh.unlink()
        return self.id.read_text(encoding="ascii").strip()

    def lock_is_free(self) -> bool:
        """Whether no daemon lives. Says nothing about one that is about to take the lock."""
        try:
            lock = os.open(self.lock, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(lock)
        return True

    def socket(self) -> Path:
        """The socket's path; a short private one, the same each time, if it would be too long."""
        return fitting(self.path / "host.sock")


def fitting(path: Path) -> Path:
    """A socket's path, or in its place a short private one, the same each time, if it would be too long."""
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path.parent.resolve())).hexdigest()[:24]
    try:
        return Path(private_folder()) / f"{path.stem}-{digest}"
    except Refusal as refusal:
        raise Refused(
            str(refusal), hint="Set XDG_RUNTIME_DIR, or a shorter ROPEWALK_HOME."
        ) from None

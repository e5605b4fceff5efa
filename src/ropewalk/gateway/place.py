"""Where a gateway's files are, below a home directory."""

import hashlib
import os
from pathlib import Path

from ropewalk.core.errors import Refused
from ropewalk.runner.start import LONGEST_PATH, Refusal, private_folder


class GatewayFolder:
    """`<home>/gateway`: socket, lock, log, doors, journal."""

    def __init__(self, home: Path) -> None:
        """Makes nothing."""
        self.path = home / "gateway"
        self.lock = self.path / "gateway.lock"
        self.log = self.path / "gateway.log"
        self.doors = self.path / "doors.json"
        self.journal = self.path / "journal"

    def make(self) -> None:
        """Create the folder, for our user only."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def socket(self) -> Path:
        """The socket's path; a short private one, the same each time, if it would be too long."""
        usual = self.path / "gateway.sock"
        if len(os.fsencode(usual)) <= LONGEST_PATH:
            return usual
        digest = hashlib.sha256(os.fsencode(self.path.resolve())).hexdigest()[:24]
        try:
            return Path(private_folder()) / f"gateway-{digest}"
        except Refusal as refusal:
            raise Refused(
                str(refusal), hint="Set XDG_RUNTIME_DIR, or a shorter ROPEWALK_HOME."
            ) from None

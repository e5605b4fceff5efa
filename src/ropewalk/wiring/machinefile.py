"""The machine's own file of rules: read if it is root's alone to write."""

import stat
from contextlib import suppress
from pathlib import Path

from ropewalk.core.errors import Refused
from ropewalk.core.machinerules import MACHINE_FILE, MachineRules, parse_machine

MOST_BYTES = 1024 * 1024


class MachineFile:
    """Reads the rules anew when the file has changed. `owner` is whose it must be; tests have no root."""

    def __init__(self, path: Path = Path(MACHINE_FILE), *, owner: int = 0) -> None:
        """Reads nothing yet."""
        self._path = path
        self._owner = owner
        self._known: tuple[object, MachineRules] | None = None

    def rules(self) -> MachineRules:
        """What holds on this machine. Refused: the file is there and cannot be kept to; then nothing may run."""
        try:
            about = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return MachineRules()
        except OSError as error:
            raise self._unreadable(error) from error
        if self.ignored():
            return MachineRules()
        stamp = (about.st_ino, about.st_mtime_ns, about.st_ctime_ns, about.st_size)
        if self._known is None or self._known[0] != stamp:
            self._known = (stamp, parse_machine(self._text(), str(self._path)))
        return self._known[1]

    def ignored(self) -> str:
        """Why the file does not count; empty: it does, or there is none."""
        with suppress(OSError):
            for one in (self._path, self._path.parent):
                about = one.stat()
                if about.st_uid != self._owner:
                    return f"{one} does not belong to root"
                if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                    return f"others than root may write {one}"
            if not self._path.is_file():
                return f"{self._path} is no file"
        return ""

    def _text(self) -> str:
        try:
            with self._path.open("rb") as file:
                return file.read(MOST_BYTES).decode()
        except (OSError, UnicodeDecodeError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> Refused:
        return Refused(
            f"{self._path} cannot be read: {getattr(error, 'strerror', '') or error}.",
            hint="Nothing runs while this machine's rules cannot be read; whoever administers it has to mend that.",
        )

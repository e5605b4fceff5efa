"""Blocks of ports: each workspace has a row of its own, which no other gets while the workspace lives.

A block is a file named after its first port, which names the workspace; all instances of this user share the
folder, so that two of them never give out the same ports. Of other users' blocks nothing is known but the
servers that run: so each folder begins to look at a place of its own, far from where others do.
"""

import hashlib
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ropewalk.core.errors import Outside
from ropewalk.workspace.places import Places

FIRST, LAST = 20_000, 32_000
"""Below what systems give out by themselves (Linux: from 32768 on)."""


class Blocks:
    """Gives out blocks of ports, and takes back those whose workspace is gone."""

    def __init__(self, places: Places, folder: Path | None = None) -> None:
        """`folder` is shared by all instances of this user."""
        self._places = places
        self._folder = folder or _shared()

    def take(self, workspace: str, count: int) -> int:
        """The first port of a block that is free now. Outside: there is none left."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.sweep()
        for first, size in self._free(count):
            path = self._folder / str(first)
            said = f"{size}\n{self._places.live / workspace}\n{os.getpid()}\n"
            if not _appear(path, said):
                continue
            if all(_is_free(port) for port in range(first, first + count)):
                return first
            path.unlink()
        raise Outside(
            f"No {count} free ports in a row are left between {FIRST} and {LAST}.",
            hint="Drop attempts that you do not need: ropewalk ls",
        )

    def holds(self, workspace: str, first: int) -> bool:
        """Whether a block is still a workspace's."""
        with suppress(OSError, IndexError):
            said = (self._folder / str(first)).read_text(encoding="utf-8").split("\n")
            return said[1] == str(self._places.live / workspace)
        return False

    def _free(self, count: int) -> Iterator[tuple[int, int]]:
        """Where a block may begin: the space is divided in blocks of a power of two, so that none overlap."""
        size = max(8, 1 << (count - 1).bit_length())
        taken = sorted(self._taken())
        firsts = range(FIRST, LAST - size + 1, size)
        start = _number(str(self._folder)) % len(firsts)
        for first in (*firsts[start:], *firsts[:start]):
            if not any(one < first + size and first < one + length for one, length in taken):
                yield first, size

    def _taken(self) -> Iterator[tuple[int, int]]:
        for path in self._folder.glob("[0-9]*"):
            with suppress(OSError, ValueError, IndexError):
                yield int(path.name), int(path.read_text(encoding="utf-8").split("\n")[0])

    def release(self, workspace: str, first: int) -> None:
        """Take a block back from a workspace that goes."""
        if self.holds(workspace, first):
            (self._folder / str(first)).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Take back the blocks of workspaces that are neither there nor about to be."""
        for path in self._folder.glob("[0-9]*"):
            with suppress(OSError, ValueError):
                _, workspace, maker = path.read_text(encoding="utf-8").split("\n")[:3]
                if not Path(workspace).is_dir() and not _lives(maker):
                    path.unlink()


def _number(text: str) -> int:
    """The same for the same text on every machine, and far apart for others."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:8])


def _shared() -> Path:
    """The folder of all instances of this user."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base, "ropewalk-ports")


def _appear(path: Path, text: str) -> bool:
    """Let a file be there, whole at once. False: somebody was faster."""
    fresh = path.with_name(f".new-{secrets.token_hex(8)}")
    fresh.write_text(text, encoding="utf-8")
    try:
        os.link(fresh, path)
    except FileExistsError:
        return False
    finally:
        fresh.unlink()
    return True


def _is_free(port: int) -> bool:
    """Whether nobody listens on a port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _lives(pid: str) -> bool:
    """Whether a process is there."""
    try:
        os.kill(int(pid), 0)
    except (OSError, ValueError):
        return False
    return True

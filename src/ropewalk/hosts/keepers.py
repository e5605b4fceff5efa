"""Which runs hold the mount of a workspace, and borrowing it from them."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ropewalk.core.errors import RopewalkError
from ropewalk.hosts.folder import RunFolder
from ropewalk.runner.visit import borrow


class Keepers:
    """A runner keeps the mount of its workspace, and whoever comes later asks it for a copy."""

    def __init__(self, runs: Path) -> None:
        """`runs` is the folder of all runs; it is read once, when the first workspace is entered."""
        self._runs = runs
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._known: dict[str, set[str]] | None = None

    def began(self, workspace: str, run: str) -> None:
        """A run has begun in a workspace."""
        with self._guard:
            self._all().setdefault(workspace, set()).add(run)

    @contextmanager
    def entering(self, workspace: str) -> Iterator[dict[str, int] | None]:
        """Nobody else enters meanwhile. The descriptors of its mount, ours for the time; None: there is none."""
        with self._guard:
            lock = self._locks.setdefault(workspace, threading.Lock())
        with lock:
            held = self._borrow(workspace)
            try:
                yield held
            finally:
                for fd in (held or {}).values():
                    os.close(fd)

    def _borrow(self, workspace: str) -> dict[str, int] | None:
        with self._guard:
            runs = sorted(self._all().get(workspace, ()))
        for run in runs:
            folder = RunFolder(self._runs, run)
            if not folder.alive():
                with self._guard:
                    self._all()[workspace].discard(run)
                continue
            with suppress(OSError, ValueError, RopewalkError):
                return borrow(folder.about()["socket"])
        return None

    def _all(self) -> dict[str, set[str]]:
        if self._known is None:
            self._known = {}
            for path in self._runs.glob("*/run.json"):
                with suppress(RopewalkError):
                    about = RunFolder(self._runs, path.parent.name).about()
                    if workspace := about.get("workspace"):
                        self._known.setdefault(workspace, set()).add(path.parent.name)
        return self._known

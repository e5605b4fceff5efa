"""Copies by clonefile(2) of macOS on APFS: one call for a whole directory.

Written from the manual page (`int clonefile(const char *, const char *, uint32_t)` in <sys/clonefile.h>) and never
run on a Mac: nobody has tested it.
"""

import ctypes
import os
import sys
from pathlib import Path

NO_FOLLOW = 0x0001


class ClonedFiles:
    """The copier `clonefile`. Untested."""

    name = "clonefile"
    exact = False

    def room(self, path: Path) -> None:
        """See `Copier.room`."""
        path.mkdir(mode=0o755)

    def copy(self, source: Path, made: Path) -> None:
        """See `Copier.copy`: the directory with all that is in it, at once."""
        if sys.platform != "darwin":
            raise OSError(38, "only macOS has clonefile")
        library = ctypes.CDLL(None, use_errno=True)
        if library.clonefile(os.fsencode(source), os.fsencode(made), ctypes.c_uint32(NO_FOLLOW)):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

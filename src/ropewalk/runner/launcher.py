"""The interpreter that starts whatever makes namespaces.

Where the system lets only named programs make them, root installs a copy of our interpreter that can be named
(`ropewalk doctor` prints the command). It is used as long as it fits the interpreter that we run on.
"""

from __future__ import annotations

import os
import sys

FOLDER = "/usr/local/lib/ropewalk"
"""Only root writes here, so nobody else decides what the name stands for."""


def interpreter(folder: str = FOLDER) -> str:
    """The path of the copy, or of our own interpreter where there is none that fits."""
    try:
        with open(f"{folder}/pyvenv.cfg", encoding="utf-8") as file:
            fits = file.read().splitlines() == lines()
    except OSError:
        fits = False
    program = f"{folder}/bin/python"
    return program if fits and os.access(program, os.X_OK) else sys.executable


def lines() -> list[str]:
    """What the copy's `pyvenv.cfg` says: where its library is, and of which version it is."""
    return [
        f"home = {os.path.dirname(_real())}",
        f"version = {'.'.join(map(str, sys.version_info[:3]))}",
    ]


def _real() -> str:
    return os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)


def installing(folder: str = FOLDER) -> list[list[str]]:
    """The commands, of root, that install the copy; only the group of this user may run it."""
    program = f"{folder}/bin/python"
    group = str(os.getegid())
    return [
        ["install", "-D", "-o", "root", "-g", group, "-m", "0750", _real(), program],
        ["sh", "-c", 'printf \'%s\\n\' "$@" > "$0"', f"{folder}/pyvenv.cfg", *lines()],
        ["chmod", "0644", f"{folder}/pyvenv.cfg"],
    ]

"""Trying out what a machine offers for workspaces, in a directory that is removed again."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ropewalk.core.errors import Outside
from ropewalk.runner import linux
from ropewalk.workspace.copier import Copier
from ropewalk.workspace.engine import Plan
from ropewalk.workspace.inside import run_inside
from ropewalk.workspace.places import Places
from ropewalk.workspace.refusals import Refusal, explain, kind_of
from ropewalk.workspace.removing import remove

CONTENT = b"x" * 65536
"""So large that a file system does not keep it beside the name, where nothing can be shared."""


def overlay(places: Places) -> Refusal | None:
    """Why no overlay can be mounted below the host's directory; None: it can."""
    if linux.hidden():
        return Refusal("Only Linux has overlays, and here they are hidden.")
    with _trial(places) as folder:
        plan = _small(folder)
        try:
            # A file that is written as well: some file systems refuse only that.
            argv = ["sh", "-c", "echo more >> seen && cat seen"]
            out = run_inside(plan, None, argv, environment=dict(os.environ))
        except Outside as refused:
            return explain(refused.message, folder)
        return None if out == b"yesmore\n" else Refusal("What was mounted is not seen.")


def _small(folder: Path) -> Plan:
    """An overlay with one file in it."""
    for name in ("at", "lower", "upper", "work"):
        (folder / name).mkdir()
    (folder / "lower" / "seen").write_bytes(b"yes")
    plan = {name: str(folder / name) for name in ("at", "upper", "work", "lock")}
    return {**plan, "lower": [str(folder / "lower")]}


def copier(places: Places, one: Copier) -> Refusal | None:
    """Why a copier cannot work below the host's directory; None: it can."""
    if linux.hidden() and one.name != "clonefile":
        return Refusal("It is Linux' own, and here that is hidden.")
    with _trial(places) as folder:
        try:
            one.room(folder / "first")
            (folder / "first" / "file").write_bytes(CONTENT)
            one.copy(folder / "first", folder / "second")
            same = (folder / "second" / "file").read_bytes() == CONTENT
        except OSError as error:
            kind = kind_of(folder)
            return Refusal(f"{error.strerror} on a file system of type {kind or 'unknown'}.")
        return None if same else Refusal("The copy is not the same.")


@contextmanager
def _trial(places: Places) -> Iterator[Path]:
    places.host.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=places.host, prefix=".probe-"))
    try:
        yield folder
    finally:
        remove(folder)

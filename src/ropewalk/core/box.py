"""Boxes: what a run is locked in. Pure; the runner builds them, `RunSpec` carries them.

A box shows the system read-only, a home and temporary directories that are empty and its own, and the workspace at
its place. Everything else is named here. Paths are absolute, of the host and inside alike unless said.
"""

from dataclasses import dataclass
from typing import Literal

Rung = Literal["full", "bubblewrap", "landlock", "none"]
"""How strong a box is, best first. `none` is no box at all, and needs the person's consent."""

RUNGS: tuple[Rung, ...] = ("full", "bubblewrap", "landlock", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A directory that may be written and outlives the run: `source` on the host appears at `at`.

    With `below` it is to start as a view of that directory, which stays as it is. No rung does that yet: it starts
    empty.
    """

    source: str
    at: str
    below: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What all processes of a box may take together; 0: no bound. `files` are open ones per process."""

    memory_mb: int = 0
    processes: int = 0
    processors: float = 0.0
    """Kept by no rung yet."""
    files: int = 0
    disk_mb: int = 0
    """Of the workspace's own layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What a run is locked in.

    `seen` is shown read-only beside the system; `hidden` lies below that, and is empty inside. `home` is the person's
    home directory: inside it is empty, private and writable, but for what is seen or kept below it.
    `gateway` is the port on 127.0.0.1 inside that leads out (0: nothing does); `ports` are first and number of those
    that are to be reached from outside, once something leads to them. `nested`: user namespaces of its own are allowed.
    """

    rung: Rung
    home: str
    seen: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    kept: tuple[Kept, ...] = ()
    gateway: int = 0
    ports: tuple[int, int] = (0, 0)
    bounds: Bounds = Bounds()
    nested: bool = False
    network: Literal["own", "host"] = "own"
    """`host`: the box is in the host's network, and nothing keeps it from anybody there."""

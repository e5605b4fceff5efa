"""The home directories that runs in a box have: one for each workspace, as long as that lives."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ropewalk.core.box import Box, Kept
from ropewalk.ports import RunSpec

Home = Callable[[str], Path | None]
"""Where the home of a workspace is, or would be; None: it has none."""

MAPPED = Box(rung="none", home="")
"""No box, in a workspace where others are in one: its files are theirs to it, too."""


def no_home(_: str) -> Path | None:
    """A box's home ends with its run."""
    return None


def at_home(spec: RunSpec, home: Home) -> RunSpec:
    """A run with the home of its workspace, which is made on first use. Nothing changes without a box."""
    place = home(spec.workspace) if spec.workspace and spec.box else None
    if place is None or spec.box is None or spec.box.rung == "none":
        return spec
    place.mkdir(mode=0o700, exist_ok=True)
    own = Kept(source=str(place), at=spec.box.home)
    return replace(spec, box=replace(spec.box, kept=(own, *spec.box.kept)))


def boxed(workspace: str, home: Home) -> bool:
    """Whether runs of a workspace were in a box."""
    place = home(workspace)
    return place is not None and place.is_dir()

"""The ladder of engines: which ones this machine offers, best first, and the workspaces they make."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ropewalk.core.errors import Outside, Refused
from ropewalk.workspace.bases import Bases
from ropewalk.workspace.clones import Clones
from ropewalk.workspace.engine import Entering
from ropewalk.workspace.inside import run_inside
from ropewalk.workspace.overlay import Overlays
from ropewalk.workspace.places import Places
from ropewalk.workspace.workspaces import Workspaces

LADDER = ("overlay", "clone")
"""Best first."""


@dataclass(frozen=True, slots=True)
class Rung:
    """An engine as this machine offers it; `why` says why not, in the system's words."""

    name: str
    offered: bool
    why: str = ""


@contextmanager
def nobody_inside(_: str) -> Iterator[None]:
    """No run has a mount of any workspace."""
    yield None


def survey(home: Path) -> list[Rung]:
    """Every engine, best first, tried out below a home directory. Blocks (~50 ms)."""
    why = _overlay_refused(Places(home))
    return [Rung("overlay", not why, why), Rung("clone", offered=True)]


def choose(rungs: list[Rung], wanted: str) -> str:
    """The name of the engine for new workspaces. Refused: the wanted one is not offered here."""
    known = {one.name: one for one in rungs}
    if not wanted:
        return next(one.name for one in rungs if one.offered)
    if wanted not in known:
        raise Refused(
            f"There is no engine {wanted!r} for workspaces.", hint=f"Known: {', '.join(known)}."
        )
    if not known[wanted].offered:
        raise Refused(
            f"This machine does not offer the engine {wanted}: {known[wanted].why}",
            hint="See `ropewalk doctor`.",
        )
    return wanted


def workspaces(home: Path, *, wanted: str = "", entering: Entering = nobody_inside) -> Workspaces:
    """The workspaces of a host. `wanted` names the engine of new ones; empty: the best one here.

    `entering` leads to mounts that runs have made. Refused: the wanted engine is not offered here.
    """
    best = wanted if wanted == "clone" else choose(survey(home), wanted)
    places = Places(home)
    bases = Bases(places, entering)
    engines = {"clone": Clones(home), "overlay": Overlays(places, bases, entering)}
    return Workspaces(places, engines, best, bases)


def _overlay_refused(places: Places) -> str:
    """Why an overlay cannot be mounted below the host's directory; empty: it can."""
    places.host.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=places.host, prefix=".probe-"))
    try:
        for name in ("at", "lower", "upper", "work"):
            (folder / name).mkdir()
        (folder / "lower" / "seen").write_text("yes", encoding="utf-8")
        plan = {name: str(folder / name) for name in ("at", "upper", "work", "lock")}
        program = ["cat", "seen"]
        out = run_inside(
            {**plan, "lower": [str(folder / "lower")]}, None, program, environment=dict(os.environ)
        )
        return "" if out == b"yes" else "what was mounted is not seen"
    except Outside as refused:
        return refused.message
    finally:
        for one in (folder / "work" / "work", folder / "work"):
            if one.is_dir():
                one.chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)

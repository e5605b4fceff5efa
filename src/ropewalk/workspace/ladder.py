"""The ladder of engines: which ones this machine offers, best first, and the workspaces they make."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ropewalk.core.errors import Refused
from ropewalk.workspace import probing
from ropewalk.workspace.bases import Bases
from ropewalk.workspace.btrfs import Snapshots
from ropewalk.workspace.clonefiles import ClonedFiles
from ropewalk.workspace.clones import Clones
from ropewalk.workspace.copier import Copier
from ropewalk.workspace.copies import Copies
from ropewalk.workspace.engine import Engine, Entering
from ropewalk.workspace.overlay import Overlays
from ropewalk.workspace.places import Places
from ropewalk.workspace.reflinks import Reflinks
from ropewalk.workspace.refusals import Refusal
from ropewalk.workspace.workspaces import Workspaces

Try = Callable[[], Refusal | None]
COPIERS: tuple[Copier, ...] = (Snapshots(), Reflinks(), ClonedFiles())
LADDER = ("btrfs", "overlay", "reflink", "clonefile", "clone")
"""Best first."""
OWN_PATH = "each has a path of its own, and is set up by itself."
WAYS = {
    "btrfs": f"snapshots; {OWN_PATH}",
    "overlay": "layers of changes on a base that is set up once; each sees itself at the same path.",
    "reflink": f"copies that share the disk's blocks; {OWN_PATH}",
    "clonefile": f"copies that share the disk's blocks (never tested on a Mac); {OWN_PATH}",
    "clone": f"private clones; {OWN_PATH}",
}
"""What an engine's workspaces are, for a person."""


@dataclass(frozen=True, slots=True)
class Rung:
    """An engine as this machine offers it; `why` says why not, `remedy` what would change that."""

    name: str
    offered: bool
    why: str = ""
    remedy: str = ""


@contextmanager
def nobody_inside(_: str) -> Iterator[None]:
    """No run has a mount of any workspace."""
    yield None


def survey(home: Path) -> list[Rung]:
    """Every engine, best first, tried out below a home directory. Blocks (~100 ms)."""
    return list(_tried(Places(home)))


def _tried(places: Places) -> Iterator[Rung]:
    """The same, each tried when it is asked for."""
    tries: dict[str, Try] = {"overlay": lambda: probing.overlay(places)}
    for one in COPIERS:
        tries[one.name] = lambda copier=one: probing.copier(places, copier)
    for name in LADDER:
        refusal = tries[name]() if name in tries else None
        if refusal is None:
            yield Rung(name, offered=True)
        else:
            yield Rung(name, offered=False, why=refusal.why, remedy=refusal.remedy)


def choose(rungs: Iterator[Rung], wanted: str) -> str:
    """The name of the engine for new workspaces. Refused: the wanted one is not offered here."""
    if wanted and wanted not in LADDER:
        raise Refused(
            f"There is no engine {wanted!r} for workspaces.", hint=f"Known: {', '.join(LADDER)}."
        )
    for one in rungs:
        if one.name == wanted and not one.offered:
            raise Refused(
                f"This machine does not offer the engine {wanted}: {one.why}",
                hint=one.remedy or "See `ropewalk doctor`.",
            )
        if one.offered and wanted in ("", one.name):
            return one.name
    raise AssertionError


def workspaces(home: Path, *, wanted: str = "", entering: Entering = nobody_inside) -> Workspaces:
    """The workspaces of a host. `wanted` names the engine of new ones; empty: the best one here.

    `entering` leads to mounts that runs have made. Refused: the wanted engine is not offered here.
    """
    places = Places(home)
    best = wanted if wanted == "clone" else choose(_tried(places), wanted)
    bases = Bases(places, entering)
    engines: dict[str, Engine] = {one.name: Copies(places, one) for one in COPIERS}
    engines |= {"clone": Clones(home), "overlay": Overlays(places, bases, entering)}
    return Workspaces(places, engines, best, bases)

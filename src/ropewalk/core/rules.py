"""Rules: what a task's runs are locked in and may reach. Pure.

They come from `[sandbox]` and `[network]` of the person's file and the project's, and are narrowed by those of the
machine (`machinerules.py`).
"""

from dataclasses import dataclass, field
from typing import Literal, TypeVar

from ropewalk.core.box import RUNGS, Bounds, Rung

_Number = TypeVar("_Number", int, float)
Preset = Literal["none", "listed", "registries", "open"]

PRESETS: tuple[Preset, ...] = ("none", "listed", "registries", "open")
"""What may be reached, narrowest first."""


USUAL: Rung = "none"
"""What is used where nobody says or demands anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for the runs of a task.

    `rung` is the kind of box that is used where the machine holds it (None: see `wanted_rung`), `minimum` the
    weakest that will do. `seen` are paths that the person has
    shown besides what is found, `asked` those that the project's file asks for, `written` the person's that may be
    changed; all may begin with `~/`.
    `logins`: an agent gets the directory in which it is logged in. `checks`: the network is for checks, too.
    """

    rung: Rung | None = None
    minimum: Rung = "none"
    seen: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    nested: bool = False
    logins: bool = True
    bounds: Bounds = field(default_factory=Bounds)
    preset: Preset = "open"
    domains: tuple[str, ...] = ()
    checks: bool = False


def wanted_rung(rules: Rules) -> Rung:
    """The kind of box that is to be used: the one that is named, else the usual one, or what is demanded."""
    return rules.rung or stricter(rules.minimum, USUAL)


def stricter(*rungs: Rung | None) -> Rung:
    """The strongest of some kinds of boxes; `none` where none is said."""
    return RUNGS[min((RUNGS.index(one) for one in rungs if one), default=-1)]


def narrower(*presets: Preset | None) -> Preset:
    """The narrowest of some presets; `open` where none is said."""
    return PRESETS[min((PRESETS.index(one) for one in presets if one), default=-1)]


def tighter(one: Bounds, other: Bounds) -> Bounds:
    """Bounds that keep both."""
    return Bounds(
        memory_mb=least(one.memory_mb, other.memory_mb),
        processes=least(one.processes, other.processes),
        processors=float(least(one.processors, other.processors)),
        files=least(one.files, other.files),
        disk_mb=least(one.disk_mb, other.disk_mb),
    )


def least(one: _Number, other: _Number) -> _Number:
    """The smaller of two bounds, of which 0 is none."""
    return min(one or other, other or one)


def expanded(path: str, home: str) -> str:
    """A path of a configuration on a machine where the person's home is this one."""
    return home.rstrip("/") + path[1:] if path == "~" or path.startswith("~/") else path

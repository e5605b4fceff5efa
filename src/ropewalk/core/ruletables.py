"""`[sandbox]` and `[network]` of a `ropewalk.toml`, and what the person's and the project's say together."""

from dataclasses import dataclass, field
from typing import Any

from ropewalk.core.box import RUNGS, Bounds, Rung
from ropewalk.core.errors import Refused
from ropewalk.core.rules import Preset, Rules, narrower, stricter, tighter

BOUNDS = ("memory_mb", "processes", "processors", "files", "disk_mb")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTables:
    """What one file says. None and empty: not said."""

    rung: Rung | None = None
    minimum: Rung | None = None
    seen: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    nested: bool | None = None
    logins: bool | None = None
    bounds: Bounds = field(default_factory=Bounds)
    preset: Preset | None = None
    domains: tuple[str, ...] = ()
    checks: bool | None = None


def rule_tables(tables: dict[str, dict[str, Any]]) -> RuleTables:
    """From the values of all tables."""
    box, net = tables["sandbox"], tables["network"]
    return RuleTables(
        rung=box.get("rung"),
        minimum=box.get("minimum"),
        seen=box.get("seen", ()),
        written=box.get("written", ()),
        hidden=box.get("hidden", ()),
        nested=box.get("nested"),
        logins=box.get("logins"),
        bounds=Bounds(**{name: box[name] for name in BOUNDS if name in box}),
        preset=net.get("preset"),
        domains=net.get("domains", ()),
        checks=net.get("checks"),
    )


def rules_of(person: RuleTables, project: RuleTables, file: str) -> Rules:
    """What both say: the person decides, the project narrows, and may ask for paths and domains.

    What a project asks for needs trust in its file, as its commands do. Refused: the project's wants to widen more.
    """
    _only_narrows(project, file)
    rules = Rules(
        rung=person.rung,
        minimum=stricter(person.minimum, project.minimum),
        seen=person.seen,
        written=person.written,
        asked=project.seen,
        hidden=tuple(dict.fromkeys((*person.hidden, *project.hidden))),
        nested=bool(person.nested) and project.nested is not False,
        logins=person.logins is not False and project.logins is not False,
        bounds=tighter(person.bounds, project.bounds),
        preset=narrower(person.preset, project.preset),
        domains=tuple(dict.fromkeys((*person.domains, *project.domains))),
        checks=bool(person.checks) if project.checks is None else project.checks,
    )
    return consistent(rules)


def consistent(rules: Rules) -> Rules:
    """The rules. Refused: what is to be used is weaker than what must be."""
    if rules.rung and RUNGS.index(rules.rung) > RUNGS.index(rules.minimum):
        raise Refused(
            f"The sandbox that is to be used ({rules.rung}) is weaker than the weakest allowed ({rules.minimum}).",
            hint="Remove `rung` from [sandbox] in your configuration; `ropewalk doctor` shows who asks for what.",
        )
    return rules


def _only_narrows(project: RuleTables, file: str) -> None:
    wants = {
        "rung": project.rung is not None,
        "written": bool(project.written),
        "nested": bool(project.nested),
        "logins": bool(project.logins),
    }
    for key in (name for name, said in wants.items() if said):
        raise Refused(
            f"{file}: [sandbox] {key} would open the sandbox, which a project's file cannot do.",
            hint="Remove it. If you want it, say so in your own configuration.",
        )

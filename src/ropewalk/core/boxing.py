"""From rules, what was found and what the machine can do, to the box of a run. Pure."""

from dataclasses import dataclass
from typing import Literal

from ropewalk.core.box import RUNGS, Box, Kept, Rung
from ropewalk.core.errors import Refused
from ropewalk.core.found import Found
from ropewalk.core.rules import Rules, wanted_rung

Kind = Literal["agent", "set-up", "check", "server", "shell", "teardown"]
"""What a run is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a machine can hold, and how it could hold more (`raise_by`, empty: it holds the best)."""

    rung: Rung
    why: str = ""
    raise_by: str = ""


def rung_of(rules: Rules, machine: Machine) -> Rung:
    """The kind of box that a task's runs have on a machine. Refused: the machine cannot hold what is demanded."""
    rung = RUNGS[max(RUNGS.index(wanted_rung(rules)), RUNGS.index(machine.rung))]
    if RUNGS.index(rung) > RUNGS.index(rules.minimum):
        raise Refused(
            f"This machine cannot hold the sandbox that is demanded: {rules.minimum} at least, and it has "
            f"{machine.rung}{f' ({machine.why})' if machine.why else ''}.",
            hint=machine.raise_by
            or "`ropewalk doctor` shows who demands it, and what would raise it.",
        )
    return rung


def box_of(
    kind: Kind,
    rules: Rules,
    rung: Rung,
    found: Found,
    *,
    home: str,
    ports: tuple[int, int] = (0, 0),
) -> Box | None:
    """The box of a run, of the kind that `rung_of` says; None: it has none."""
    if rung == "none":
        return None
    return Box(
        rung=rung,
        home=home,
        seen=found.seen,
        hidden=found.hidden,
        kept=tuple(Kept(source=one, at=one) for one in (*found.logins, *found.written)),
        network=network_of(kind, rules),
        ports=ports,
        bounds=rules.bounds,
        nested=rules.nested,
    )


def network_of(kind: Kind, rules: Rules) -> Literal["own", "host"]:
    """Whether a run has a network of its own, in which there is nobody else, or that of the host."""
    closed = rules.preset == "none" or (kind == "check" and not rules.checks)
    return "own" if closed else "host"


def planned_words(rules: Rules, rung: Rung) -> str:
    """What an agent's run will be locked in."""
    if rung == "none":
        return "none"
    return f"{rung}, network open" if network_of("agent", rules) == "host" else rung


def box_words(box: Box | None) -> str:
    """What a run is locked in, short, as every face shows it and the record keeps it."""
    if box is None:
        return "none"
    return f"{box.rung}, network open" if box.network == "host" else box.rung

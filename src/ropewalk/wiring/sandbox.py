"""The sandbox of this machine: what it holds, what is on it to be shown, and what it lays down."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from ropewalk.core.box import Rung
from ropewalk.core.boxing import Machine, network_of, rung_of
from ropewalk.core.config import Config
from ropewalk.core.errors import RopewalkError
from ropewalk.core.machinerules import MachineRules, narrowed
from ropewalk.core.rules import Rules
from ropewalk.git.stores import base_path
from ropewalk.hosts.launch import rungs
from ropewalk.hub.boxing import Sandbox
from ropewalk.sandbox.finding import find
from ropewalk.wiring.machinefile import MachineFile

State = Literal["ok", "note", "problem"]
Line = tuple[str, State, str, str]

BUILT: tuple[Rung, ...] = ("full",)
"""The kinds of boxes that our runner builds so far, best first; `none` is always to be had."""

LASTS_S = 60.0
"""How long what was seen of the machine counts."""

RAISE_BY = (
    "Allow user namespaces: on Ubuntu by the profile of AppArmor that `ropewalk doctor` names."
)
SWITCH_ON = 'Write in your own configuration: [sandbox] rung = "full"'
WAYS: dict[Rung, str] = {
    "full": "files, processes and the kernel are locked (namespaces, seccomp, Landlock)",
    "bubblewrap": "files and processes are locked by bubblewrap",
    "landlock": "files are locked by Landlock and seccomp; processes and names can be seen",
    "none": "agents run with your own permissions, in their own permission mode",
}


class Holding:
    """Knows what this machine holds; tried out, and again after a while."""

    def __init__(self, look: Callable[[], dict[str, str]] = rungs) -> None:
        """`look` says for each kind of box why it cannot be had, or nothing."""
        self._look = look
        self._guard = threading.Lock()
        self._known: tuple[float, Machine] | None = None

    def __call__(self) -> Machine:
        """What can be held. Blocks some 50 ms if it was not asked for a while."""
        with self._guard:
            if self._known is None or self._known[0] < time.monotonic() - LASTS_S:
                self._known = (time.monotonic(), _machine(self._look))
            return self._known[1]


def _machine(look: Callable[[], dict[str, str]]) -> Machine:
    try:
        reasons = look()
    except (RopewalkError, ValueError) as error:
        return Machine(rung="none", why=str(error), raise_by=RAISE_BY)
    held: list[Rung] = [one for one in BUILT if not reasons.get(one, "unknown")]
    rung: Rung = held[0] if held else "none"
    why = "" if rung == "full" else reasons.get("full", "")
    return Machine(rung=rung, why=why, raise_by="" if rung == "full" else RAISE_BY)


def sandbox(
    home: Path, machine: MachineFile | None = None, holds: Callable[[], Machine] | None = None
) -> Sandbox:
    """The sandbox of this machine; `home` is the state directory, which no box shows."""
    return Sandbox(
        find=find,
        holds=holds or Holding(),
        rules=(machine or MachineFile()).rules,
        private=tuple(dict.fromkeys((str(home), str(home.resolve())))),
        lends=lambda project: (str(base_path(home, project) / "objects"),),
    )


# --- doctor --------------------------------------------------------------------------------------


def lines(own: Sandbox, config: Config, file: MachineFile) -> list[Line]:
    """What `ropewalk doctor` says: what is held, what would raise it, and which line decides."""
    if ignored := file.ignored():
        yours = "Its rules do not count. chown root and chmod go-w it, and its directory."
        extra: list[Line] = [("machine rules", "problem", f"ignored: {ignored}.", yours)]
    else:
        extra = []
    try:
        machine = own.rules()
        found = _held(own.holds(), narrowed(config.rules, machine))
    except RopewalkError as error:
        return [("sandbox", "problem", error.message, error.hint), *extra]
    return [found, *_decided(machine), *extra]


def _held(machine: Machine, rules: Rules) -> Line:
    rung = rung_of(rules, machine)
    words = f"{rung}: {WAYS[rung]}."
    if rung == "none":
        return ("sandbox", "note", f"{words} {_could(machine)}", machine.raise_by or SWITCH_ON)
    closed = network_of("agent", rules) == "own"
    net = " The network of agents is closed." if closed else " The network of agents is open."
    checks = " Checks have none." if network_of("check", rules) == "own" else ""
    return ("sandbox", "ok", words + net + checks, machine.raise_by if rung == machine.rung else "")


def _could(machine: Machine) -> str:
    if machine.rung == "none":
        return f"This machine holds none{f' ({machine.why})' if machine.why else ''}."
    return f"This machine holds: {machine.rung}."


def _decided(machine: MachineRules) -> Sequence[Line]:
    return [
        ("rule", "ok", f"{one.title} = {one.value} ({machine.where(one.title)})", "")
        for one in machine.said
    ]

"""The rules of a machine (`/etc/ropewalk/ropewalk.toml`): text to records, and what they leave of other rules. Pure.

An empty list allows nothing, a key that is absent leaves everything as it is. All layers below only narrow.
"""

import re
import tomllib
from dataclasses import dataclass, field, replace
from typing import Any, cast

from ropewalk.core.box import Bounds, Rung
from ropewalk.core.errors import Refused
from ropewalk.core.rules import Preset, Rules, narrower, stricter, tighter
from ropewalk.core.ruletables import BOUNDS, consistent
from ropewalk.core.settings import Key
from ropewalk.core.settings.machine import MACHINE_TABLES, machine_keys_of
from ropewalk.core.values import Wrong, meant, read

MACHINE_FILE = "/etc/ropewalk/ropewalk.toml"
BUDGETS = ("attempt_usd", "task_usd", "day_usd", "month_usd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A rule as it stands in the file, and its line (0: not found)."""

    title: str
    value: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineRules:
    """What the file says. None: not said. `budgets` are ceilings in whole dollars, by the names in BUDGETS."""

    name: str = ""
    minimum: Rung | None = None
    nested: bool | None = None
    logins: bool | None = None
    bounds: Bounds = field(default_factory=Bounds)
    preset: Preset | None = None
    domains: tuple[str, ...] | None = None
    agents: tuple[str, ...] | None = None
    providers: tuple[str, ...] | None = None
    budgets: tuple[tuple[str, int], ...] = ()
    said: tuple[Said, ...] = ()

    def allow_agent(self, agent: str) -> None:
        """Refused: this machine does not allow an agent of that name."""
        if self.agents is not None and agent not in self.agents:
            named = ", ".join(self.agents) or "none"
            raise Refused(
                f"This machine does not allow the agent {agent}: {self.where('[agents] allowed')}.",
                hint=f"Allowed here: {named}.",
            )

    def where(self, title: str) -> str:
        """Where a rule stands, in words."""
        line = next((one.line for one in self.said if one.title == title), 0)
        return f"{self.name} line {line}" if line else self.name


def parse_machine(text: str, name: str = MACHINE_FILE) -> MachineRules:
    """The rules of a file's text. Refused: it is not as it must be; then nothing may run."""
    try:
        whole = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refused(f"{name} is not valid TOML: {error}.", hint=_ADMIN) from error
    _only(name, "there is no table", list(whole), [one.name for one in MACHINE_TABLES])
    values = {one.name: _values(name, one.name, whole.get(one.name, {})) for one in MACHINE_TABLES}
    box, net, budget = values["sandbox"], values["network"], values["budget"]
    return MachineRules(
        name=name,
        minimum=box.get("minimum"),
        nested=box.get("nested"),
        logins=box.get("logins"),
        bounds=Bounds(**{one: box[one] for one in BOUNDS if one in box}),
        preset=net.get("preset"),
        domains=net.get("domains"),
        agents=values["agents"].get("allowed"),
        providers=values["providers"].get("allowed"),
        budgets=tuple((one, budget[one]) for one in BUDGETS if one in budget),
        said=tuple(
            Said(title=f"[{table}] {key}", value=_shown(value), line=line_of(text, table, key))
            for table, content in whole.items()
            for key, value in cast("dict[str, Any]", content).items()
        ),
    )


def narrowed(rules: Rules, machine: MachineRules) -> Rules:
    """What the machine leaves of a task's rules. Refused: they cannot be kept together."""
    listed = machine.domains
    return consistent(
        replace(
            rules,
            minimum=stricter(rules.minimum, machine.minimum),
            nested=rules.nested and machine.nested is not False,
            logins=rules.logins and machine.logins is not False,
            bounds=tighter(rules.bounds, machine.bounds),
            preset=narrower(rules.preset, machine.preset),
            domains=tuple(one for one in rules.domains if listed is None or one in listed),
        )
    )


def line_of(text: str, table: str, key: str) -> int:
    """The line of a key, counted from 1; 0: it is not written plainly."""
    here = ""
    for number, line in enumerate(text.splitlines(), 1):
        if title := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            here = title[1]
        elif here == table and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
            return number
    return 0


_ADMIN = "Nothing runs while this machine's rules cannot be read; whoever administers it has to mend the file."


def _values(name: str, table: str, content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise Refused(f"{name}: [{table}] must be a table.", hint=_ADMIN)
    keys = machine_keys_of(table)
    given = cast("dict[str, Any]", content)
    _only(name, f"[{table}] has no key", list(given), list(keys))
    return {one: _value(name, table, keys[one], value) for one, value in given.items()}


def _value(name: str, table: str, key: Key, value: Any) -> Any:
    try:
        return read(key, value)
    except Wrong as wrong:
        raise Refused(f"{name}: [{table}] {key.name} {wrong.words}.", hint=_ADMIN) from wrong


def _only(name: str, words: str, given: list[str], known: list[str]) -> None:
    for one in given:
        if one not in known:
            raise Refused(f"{name}: {words} {one!r}.{meant(one, known)}", hint=_ADMIN)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[Any]", value))) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)

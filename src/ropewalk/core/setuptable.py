"""`[setup]`, `[run]`, `[teardown]` and `[environment]` of a `ropewalk.toml`: what they say of a workspace."""

from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from ropewalk.core.errors import Refused
from ropewalk.core.placeholders import highest
from ropewalk.core.values import meant, shown, unfit

Peer = Literal["", "conductor", "superset", "cursor", "emdash", "codex", "devcontainer"]
Command = tuple[str, ...]

PORTS = 10
MOST_PORTS = 1000
LIMIT_S = 1800.0
TEARDOWN_S = 120.0
"""How long a command may take before a workspace goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupTable:
    """What a file says, or two of them together. None: not said. `limit_s` in seconds.

    `commands`, `inputs`, `bring` and `like` as in `[setup]`; `run` and `ports` are those of `[run]`.
    """

    commands: tuple[Command, ...] | None = None
    inputs: tuple[str, ...] | None = None
    bring: tuple[str, ...] | None = None
    limit_s: float | None = None
    like: Peer | None = None
    run: Command | None = None
    ports: int | None = None
    teardown: tuple[Command, ...] | None = None
    teardown_limit_s: float | None = None
    environment: dict[str, str] = field(default_factory=dict[str, str])


def setup_table(file: str, tables: dict[str, dict[str, Any]]) -> SetupTable:
    """From the values of all tables. Refused: they do not fit together."""
    setup, run = tables["setup"], tables["run"]
    made = SetupTable(
        commands=setup.get("run"),
        inputs=setup.get("inputs"),
        bring=setup.get("bring"),
        limit_s=setup.get("limit"),
        like=setup.get("like"),
        run=run.get("command"),
        ports=run.get("ports"),
        teardown=tables["teardown"].get("run"),
        teardown_limit_s=tables["teardown"].get("limit"),
        environment=tables["environment"],
    )
    if (made.ports or 0) > MOST_PORTS:
        raise Refused(
            f"{file}: [run] ports is more than {MOST_PORTS}.",
            hint="Say how many a workspace needs.",
        )
    return made


def environment_table(file: str, content: dict[str, Any]) -> dict[str, str]:
    """The variables of `[environment]`. Refused: a name or a value does not fit."""
    for name, value in content.items():
        if reason := unfit(name):
            raise Refused(
                f"{file}: [environment] {name!r} cannot be set: {reason}.", hint=_instead(name)
            )
        if not isinstance(value, str) or "\0" in value:
            raise Refused(
                f"{file}: [environment] {name} must be a string, not {shown(value)}.",
                hint=f'Write {name} = "…".',
            )
    return dict(content)


def _instead(name: str) -> str:
    """What to do with a variable that cannot be set here."""
    if name == "NAME" or not name:
        return "Give it a name of letters, digits and underscores."
    near = meant(name, ("PORT", "HOST")).strip()
    return near or (
        f'If an agent needs it, set it in your shell and write passes = ["{name}"] in [agents.NAME] of your '
        "own configuration."
    )


def joined(person: SetupTable, project: SetupTable) -> SetupTable:
    """What both say: the project's word on what to do, the person's on a variable's value.

    Refused: a placeholder asks for more ports than a workspace has.
    """
    own = {one.name: getattr(project, one.name) for one in fields(project)}
    said = {name: value for name, value in own.items() if value is not None}
    both = {**project.environment, **person.environment}
    made = replace(person, **{**said, "environment": both})
    texts = [*(made.run or ()), *both.values()]
    texts += [word for one in (*(made.commands or ()), *(made.teardown or ())) for word in one]
    limits = {
        "limit_s": made.limit_s or LIMIT_S,
        "teardown_limit_s": made.teardown_limit_s or TEARDOWN_S,
    }
    made = replace(made, inputs=made.inputs or (), **limits)
    need = max(map(highest, texts), default=0)
    if need > (made.ports or PORTS):
        raise Refused(
            f"A workspace has {made.ports or PORTS} ports, but {{port+{need - 1}}} asks for {need}.",
            hint=f"Say so: [run] ports = {need}",
        )
    return made

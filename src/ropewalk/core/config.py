"""`ropewalk.toml`, the person's and the project's: text to records, and both to what holds.

What the keys mean is in `settings.py`. Whoever reads the files is elsewhere; this module is pure.
"""

import re
import tomllib
from dataclasses import dataclass, field, replace
from typing import Any, cast

from ropewalk.core.errors import Refused
from ropewalk.core.records import AgentKind, Check, MergeMode, PromptBy
from ropewalk.core.rules import Rules
from ropewalk.core.ruletables import RuleTables, rule_tables, rules_of
from ropewalk.core.settings import TABLES, Table, keys_of
from ropewalk.core.setuptable import SetupTable, environment_table, joined, setup_table
from ropewalk.core.values import Toml, Wrong, meant, read, shown

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTable:
    """An `[agents.NAME]` table. None and empty: not said; a known agent of that name keeps its own."""

    name: str
    kind: AgentKind | None = None
    argv: tuple[str, ...] = ()
    prompt_by: PromptBy | None = None
    resume: tuple[str, ...] = ()
    model: str | None = None
    models: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict[str, str])
    passes: tuple[str, ...] = ()
    memory_mb: int | None = None
    found_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file as it stands. None: not said. Durations in seconds."""

    name: str
    agents: tuple[AgentTable, ...] = ()
    checks: tuple[Check, ...] = ()
    agent: str | None = None
    count: int | None = None
    limit_s: float | None = None
    merge: MergeMode | None = None
    attempts: int | None = None
    memory_keep_mb: int | None = None
    disk_keep_mb: int | None = None
    disk_mb: int | None = None
    keep_days: int | None = None
    setup: SetupTable = field(default_factory=SetupTable)
    rules: RuleTables = field(default_factory=RuleTables)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What holds. `agent` empty: the first one found. `attempts` 0: as many as memory allows.

    `disk_keep_mb` 0: 2048, or a twentieth of a smaller disk. `disk_mb` 0: no limit.
    """

    agents: dict[str, AgentTable] = field(default_factory=dict[str, AgentTable])
    checks: tuple[Check, ...] = ()
    agent: str = ""
    count: int = 1
    limit_s: float = 3600.0
    merge: MergeMode = "squash"
    attempts: int = 0
    memory_keep_mb: int = 512
    disk_keep_mb: int = 0
    disk_mb: int = 0
    keep_days: int = 30
    setup: SetupTable = field(default_factory=lambda: joined(SetupTable(), SetupTable()))
    rules: Rules = field(default_factory=Rules)


def parse(text: str, *, name: str) -> File:
    """The records of a file's text; `name` is the file's, for messages. Refused: it is not as it must be."""
    try:
        whole = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refused(f"{name} is not valid TOML: {error}.", hint="Mend that line.") from error
    _known(name, "", list(whole), [table.name for table in TABLES], "table")
    tables = {table.name: _table(name, table, whole.get(table.name, {})) for table in TABLES}
    return File(
        name=name,
        agents=tuple(_agent(name, key, one) for key, one in tables["agents"].items()),
        checks=tuple(_check(name, key, one) for key, one in tables["checks"].items()),
        agent=tables["task"].get("agent"),
        count=tables["task"].get("count"),
        limit_s=tables["task"].get("limit"),
        merge=tables["task"].get("merge"),
        attempts=tables["limits"].get("attempts"),
        memory_keep_mb=tables["limits"].get("memory_keep_mb"),
        disk_keep_mb=tables["limits"].get("disk_keep_mb"),
        disk_mb=tables["limits"].get("disk_mb"),
        keep_days=tables["limits"].get("keep_days"),
        setup=setup_table(name, tables),
        rules=rule_tables(tables),
    )


def merge(person: File, project: File) -> Config:
    """What holds for this person in this project.

    The project may add agents, but not alter the person's; its checks, agent and way of merging win;
    its count and limits can only narrow those that the person set. Which variables an agent gets, the
    person alone says. Refused: the project's file wants to.
    """
    checks = {one.name: one for one in (*person.checks, *project.checks)}
    return Config(
        agents=_agents(person, project),
        checks=tuple(checks.values()),
        agent=project.agent or person.agent or Config().agent,
        count=_least(person.count, project.count) or Config().count,
        limit_s=_least(person.limit_s, project.limit_s) or Config().limit_s,
        merge=project.merge or person.merge or Config().merge,
        attempts=_least(person.attempts, project.attempts) or Config().attempts,
        memory_keep_mb=max(
            person.memory_keep_mb or Config().memory_keep_mb, project.memory_keep_mb or 0
        ),
        disk_mb=_least(person.disk_mb, project.disk_mb) or 0,
        disk_keep_mb=max(person.disk_keep_mb or 0, project.disk_keep_mb or 0),
        keep_days=max(person.keep_days or Config().keep_days, project.keep_days or 0),
        setup=joined(person.setup, project.setup),
        rules=rules_of(person.rules, project.rules, project.name),
    )


def _agents(person: File, project: File) -> dict[str, AgentTable]:
    """The person's tables win; one without a command adds its variables to the project's of that name."""
    tables = {one.name: one for one in project.agents}
    for one in project.agents:
        _hands_out_nothing(one)
    for one in person.agents:
        theirs = tables.get(one.name)
        adds = theirs is not None and bool(theirs.argv) and not one.argv
        tables[one.name] = replace(theirs, passes=one.passes) if theirs and adds else one
    return tables


def _hands_out_nothing(table: AgentTable) -> None:
    """A project's file may name agents, but which variables of a person they get, the person says."""
    if table.passes:
        listed = ", ".join(f'"{name}"' for name in table.passes)
        raise Refused(
            f"{table.found_in}: [agents.{table.name}] passes would hand out your variables, "
            "which a project's file cannot do.",
            hint=f"If you want it, say so in your own configuration: [agents.{table.name}] passes = [{listed}]",
        )


def _least(*values: Any) -> Any:
    said = [one for one in values if one is not None]
    return min(said) if said else None


def _table(file: str, table: Table, value: Toml) -> dict[str, Any]:
    content = _is_table(file, f"[{table.name}]", value)
    if table.free:
        return environment_table(file, content)
    if not table.many:
        return _values(file, table, f"[{table.name}]", content)
    named: dict[str, Any] = {}
    for name, one in content.items():
        title = f"[{table.name}.{name}]"
        if not _NAME.fullmatch(name):
            raise Refused(
                f"{file}: {title} has a name that cannot be typed easily.",
                hint="Use letters, digits, dots, dashes and underscores.",
            )
        named[name] = _values(file, table, title, _is_table(file, title, one))
    return named


def _values(file: str, table: Table, title: str, content: dict[str, Toml]) -> dict[str, Any]:
    keys = keys_of(table.name)
    _known(file, f"{title} ", list(content), list(keys), "key")
    values: dict[str, Any] = {}
    for name, value in content.items():
        try:
            values[name] = read(keys[name], value)
        except Wrong as wrong:
            hint = wrong.hint or f"{name}: {keys[name].meaning}"
            raise Refused(f"{file}: {title} {name} {wrong.words}.", hint=hint) from wrong
    return values


def _is_table(file: str, title: str, value: Toml) -> dict[str, Toml]:
    if not isinstance(value, dict):
        raise Refused(
            f"{file}: {title} must be a table, not {shown(value)}.", hint=f"Write {title}."
        )
    return cast("dict[str, Toml]", value)


def _known(file: str, where: str, given: list[str], known: list[str], what: str) -> None:
    for name in given:
        if name not in known:
            raise Refused(
                f"{file}: {where}has no {what} {name!r}.{meant(name, known)}"
                if where
                else f"{file}: there is no {what} {name!r}.{meant(name, known)}",
                hint=f"Known here: {', '.join(known)}.",
            )


def _agent(file: str, name: str, values: dict[str, Any]) -> AgentTable:
    title = f"{file}: [agents.{name}]"
    command, acp = values.get("command", ()), values.get("acp", ())
    if command and acp:
        raise Refused(
            f"{title} has both command and acp.", hint="Keep the one that the agent speaks."
        )
    prompt_by: PromptBy | None = values.get("prompt")
    if acp and (prompt_by or values.get("resume")):
        extra = "prompt" if prompt_by else "resume"
        raise Refused(f"{title} {extra} has no meaning with acp.", hint=f"Remove {extra}.")
    for key, template in (("command", command), ("resume", values.get("resume", ()))):
        _has_way_in(f"{title} {key}", template, prompt_by or ("argument" if command else "stdin"))
    models: tuple[str, ...] = values.get("models", ())
    model: str | None = values.get("model")
    if models and model and model not in models:
        raise Refused(f"{title} model {model!r} is not among its models.", hint="Add it to models.")
    return AgentTable(
        name=name,
        kind="acp" if acp else "command" if command else None,
        argv=acp or command,
        prompt_by=prompt_by,
        resume=values.get("resume", ()),
        model=model,
        models=models,
        environment=values.get("environment", {}),
        passes=values.get("passes", ()),
        memory_mb=values.get("memory_mb"),
        found_in=file,
    )


def _has_way_in(title: str, template: tuple[str, ...], prompt_by: PromptBy) -> None:
    placeholder = {"argument": "{prompt}", "file": "{file}", "stdin": ""}[prompt_by]
    if template and placeholder and not any(placeholder in one for one in template):
        raise Refused(
            f"{title} has no {placeholder}, so the agent would never see its prompt.",
            hint=f'Add "{placeholder}" to it, or set prompt = "stdin".',
        )


def _check(file: str, name: str, values: dict[str, Any]) -> Check:
    title = f"{file}: [checks.{name}]"
    if "run" not in values:
        raise Refused(f"{title} has no run.", hint='Say what to run, e.g. run = "pytest -q".')
    report = values.get("report", "none")
    if report == "none" and any("{report}" in one for one in values["run"]):
        raise Refused(
            f"{title} run has {{report}}, but report is none.", hint='Add report = "junit".'
        )
    return Check(
        name=name,
        argv=values["run"],
        required=values.get("required", True),
        report=report,
        limit_s=values.get("limit", 900.0),
        tests=values.get("tests", ()),
        config=values.get("config", ()),
        found_in=file,
    )

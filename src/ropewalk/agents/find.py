"""Which agents can be started here, and the profile of one that was asked for.

Looks at the file system below a given PATH and directory, never at this process's environment.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ropewalk.agents.argv import with_model
from ropewalk.agents.builtin import known
from ropewalk.core import agentspec
from ropewalk.core.agentspec import AgentSpec
from ropewalk.core.config import AgentTable, Config
from ropewalk.core.errors import NotFound, Refused
from ropewalk.core.records import Agent
from ropewalk.core.values import meant

_DOCTOR = "See what is installed here: ropewalk doctor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Where agents are looked for: the configuration, a PATH, and the project's directory."""

    config: Config
    path: str
    directory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One agent as seen here. `agent` None: it cannot be started, and `problem` says why."""

    name: str
    title: str
    agent: Agent | None
    problem: str = ""
    hint: str = ""


def choose(texts: Sequence[str], n: int | None, here: Here) -> tuple[Agent, ...]:
    """The profile of each attempt: `texts` as in --agent (empty: as configured, else the first found).

    NotFound: no agent is called so. Refused: it cannot be started, or the numbers make no sense.
    """
    agentspec.deal((), n)  # a number that makes no sense is said before any agent is looked for
    texts = texts or ([here.config.agent] if here.config.agent else [])
    specs = agentspec.parse(texts) if texts else (AgentSpec(_first(here)),)
    counted = any(one.count is not None for one in specs)
    wanted = n if n is not None or counted else max(len(specs), here.config.count)
    return tuple(profile(one, here) for one in agentspec.deal(specs, wanted))


def profile(spec: AgentSpec, here: Here) -> Agent:
    """The profile of an agent, with its model. NotFound, Refused: as `choose`."""
    table = here.config.agents.get(spec.name)
    ways = _ways(spec.name, table, here)
    model = spec.model or (table.model if table else None)
    if table and table.models and model and model not in table.models:
        offered = ", ".join(table.models)
        raise Refused(
            f"{spec.name} has no model {model!r}.{meant(model, table.models)}",
            hint=f"Its models: {offered}.",
        )
    return with_model(_startable(ways, spec.name, here), model)


def survey(here: Here) -> tuple[Sight, ...]:
    """Every agent that is configured or known, and whether it can be started here."""
    titles = {name: one.title for name, one in known().items()}
    names = [*here.config.agents, *(name for name in titles if name not in here.config.agents)]
    return tuple(_sight(name, titles.get(name, name), here) for name in names)


def _sight(name: str, title: str, here: Here) -> Sight:
    try:
        return Sight(name=name, title=title, agent=profile(AgentSpec(name), here))
    except Refused as refused:
        hint = refused.hint
        return Sight(name=name, title=title, agent=None, problem=refused.message, hint=hint)


def _first(here: Here) -> str:
    for sight in survey(here):
        if sight.agent is not None and not sight.agent.scripted:
            return sight.name
    raise NotFound(
        "No coding agent was found here.",
        hint=f"Install one, for example: {known()['claude'].install}; or configure [agents.NAME].",
    )


def _ways(name: str, table: AgentTable | None, here: Here) -> tuple[Agent, ...]:
    if table and table.argv and table.kind:
        ways = (Agent(name=name, kind=table.kind, argv=table.argv),)
    elif name in known():
        ways = known()[name].ways
    elif table:
        raise Refused(
            f"{table.found_in}: [agents.{name}] has neither command nor acp.",
            hint="Say how the agent is started.",
        )
    else:
        raise _nobody(name, here)
    return tuple(_changed(way, table) for way in ways) if table else ways


def _changed(way: Agent, table: AgentTable) -> Agent:
    return replace(
        way,
        prompt_by=table.prompt_by or way.prompt_by,
        resume=table.resume or way.resume,
        environment={**way.environment, **table.environment},
        passes=tuple(dict.fromkeys((*way.passes, *table.passes))),
        memory_mb=table.memory_mb or way.memory_mb,
    )


def _startable(ways: tuple[Agent, ...], name: str, here: Here) -> Agent:
    for way in ways:
        if _program(way.argv[0], here):
            return way
    programs = list(dict.fromkeys(way.argv[0] for way in ways))
    for program in programs:
        if place := _unusable(program, here):
            raise Refused(
                f"{name} cannot be started: {place} is not executable.", hint=f"chmod +x {place}"
            )
    install = known()[name].install if name in known() else ""
    raise Refused(
        f"{name} cannot be started: there is no program {' or '.join(programs)} in your PATH.",
        hint=f"Install it: {install}" if install else "Mend the path in ropewalk.toml.",
    )


def _program(program: str, here: Here) -> bool:
    return any(place.is_file() and os.access(place, os.X_OK) for place in _places(program, here))


def _unusable(program: str, here: Here) -> Path | None:
    return next((place for place in _places(program, here) if place.is_file()), None)


def _places(program: str, here: Here) -> list[Path]:
    if "/" in program:
        return [Path(here.directory, program)]
    return [Path(folder, program) for folder in here.path.split(os.pathsep) if folder]


def _nobody(name: str, here: Here) -> NotFound:
    names = [*here.config.agents, *(one for one in known() if one not in here.config.agents)]
    seen = [one.name for one in survey(here) if one.agent is not None and not one.agent.scripted]
    found = f" Agents found here: {', '.join(seen)}." if seen else " No agent was found here."
    return NotFound(f'No agent is called "{name}".{meant(name, names)}{found}', hint=_DOCTOR)

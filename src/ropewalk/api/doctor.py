"""doctor: what this machine has, what could survive a crash here, and what would make it better."""

import asyncio
import shutil
from typing import Literal

from ropewalk.core.errors import NotFound, RopewalkError
from ropewalk.core.views import SCHEMA, Doctor, Finding
from ropewalk.hub.hub import Hub

NO_AGENT_HINT = (
    "Install one (Claude Code, Codex, …); any command can be one: [agents.NAME] in ropewalk.toml."
)
State = Literal["ok", "note", "problem"]


async def examine(hub: Hub, directory: str) -> Doctor:
    """All findings, in an order that reads well."""
    findings = [
        *[_finding(*one) for one in hub.parts.machine()],
        await _memory(hub),
        _disk(hub),
        *await _strangers(hub),
        *await _project(hub, directory),
    ]
    return Doctor(schema=SCHEMA, findings=findings)


def _finding(name: str, state: State, text: str, hint: str = "") -> Finding:
    return Finding(name=name, state=state, text=text, hint=hint)


async def _memory(hub: Hub) -> Finding:
    try:
        free = await hub.parts.runs.free_memory_mb()
    except RopewalkError as error:
        return _finding("host", "problem", error.message, error.hint)
    return _finding("memory", "ok", f"{free} MB could be given to agents now.")


def _disk(hub: Hub) -> Finding:
    usage = shutil.disk_usage(hub.identity.home)
    free = usage.free // 1_000_000_000
    text = f"{free} GB free where state lives ({hub.identity.home})."
    if usage.free < 2_000_000_000:
        return _finding(
            "disk",
            "problem",
            text,
            "Workspaces and their trash live there. See what could go: ropewalk gc",
        )
    return _finding("disk", "ok", text)


async def _strangers(hub: Hub) -> list[Finding]:
    try:
        found = await hub.parts.disk.strangers()
    except RopewalkError:
        return []  # the host is down, which is said already
    hint = "Its files cannot be used until that process ends."
    return [
        _finding(
            "mounts",
            "problem",
            f"{one.id} is held by process {one.pid or 'of unknown id'}, which is no run of ours.",
            hint,
        )
        for one in found
    ]


async def _project(hub: Hub, directory: str) -> list[Finding]:
    if not directory:
        return []
    return [*await _repository(hub, directory), await _agents(hub)]


async def _repository(hub: Hub, directory: str) -> list[Finding]:
    try:
        source = await hub.projects.source(directory)
    except NotFound as error:
        return [_finding("project", "note", error.message, error.hint)]
    except RopewalkError as error:
        return [_finding("project", "problem", error.message, error.hint)]
    text = f"{source.name} at {source.root}, on {source.branch or 'no branch'}."
    return [
        _finding("project", "ok", text),
        *(_finding("project", "note", one) for one in source.warnings),
    ]


async def _agents(hub: Hub) -> Finding:
    agents = await asyncio.to_thread(hub.parts.agents_found)
    if agents:
        return _finding("agents", "ok", f"found here: {', '.join(agents)}")
    text = "found here: none of the agents that are known by name."
    return _finding("agents", "note", text, NO_AGENT_HINT)

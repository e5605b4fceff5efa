"""Development containers: `.devcontainer/devcontainer.json` and its other places (containers.dev).

Taken over are the environment, `postCreateCommand` in its three forms, and how many ports are forwarded.
The container itself is not built: the commands run here, with the programs that are here.
"""

import re
from typing import Any, cast

from ropewalk.core.peers.reading import Files, Found, Table, read_jsonc
from ropewalk.core.setuptable import MOST_PORTS, PORTS, Command

PLACES = (".devcontainer/devcontainer.json", ".devcontainer.json")
OTHER = re.compile(r"\.devcontainer/[^/]+/devcontainer\.json")
NOT_RUN = ("initializeCommand", "onCreateCommand", "updateContentCommand", "postStartCommand")
FOLDERS = re.compile(r"\$\{(?:containerWorkspaceFolder|localWorkspaceFolder)\}")


def files_of(files: Files) -> list[str]:
    """The files that are there, the one that counts first."""
    known = [one for one in PLACES if one in files.names]
    return [*known, *sorted(one for one in files.names if OTHER.fullmatch(one))]


def read(files: Files, name: str) -> Found:
    """What the file says."""
    whole = read_jsonc(files, name)
    ports = _ports(whole)
    container, unset = whole.values("containerEnv")
    remote, unset_too = whole.values("remoteEnv")
    environment, left = _environment({**container, **remote}, ports)
    commands = _commands(files, whole)
    notes = [*unset, *unset_too, *(f"{name}: {one}" for one in (*left, *_left(whole, ports)))]
    if commands:
        notes.append(f"{name}: its container is not built; its command runs on this machine.")
    return Found(
        peer="devcontainer",
        file=name,
        commands=commands,
        environment=environment,
        ports=min(max(PORTS, len(ports)), MOST_PORTS) if ports else 0,
        notes=tuple(notes),
    )


def _ports(whole: Table) -> list[str]:
    """The ports that are forwarded from the container itself, each once."""
    value: Any = whole.content.get("forwardPorts")
    entries = cast("list[Any]", value) if isinstance(value, list) else []
    return list(dict.fromkeys(str(one) for one in entries[:MOST_PORTS] if type(one) is int))


def _environment(given: dict[str, str], ports: list[str]) -> tuple[dict[str, str], list[str]]:
    """The variables; a forwarded port becomes one of the workspace's own."""
    made: dict[str, str] = {}
    notes: list[str] = []
    for name, value in given.items():
        text = FOLDERS.sub("{path}", value)
        if "${" in text:
            notes.append(f"the variable {name} is not set: {value!r} names the container's.")
        elif text in ports:
            place = ports.index(text)
            made[name] = f"{{port+{place}}}" if place else "{port}"
        else:
            made[name] = text
    return made, notes


def _left(whole: Table, ports: list[str]) -> list[str]:
    notes = [f"{one} is not run." for one in NOT_RUN if whole.content.get(one)]
    if ports:
        notes.append(
            f"it forwards {', '.join(ports[:10])}; here each workspace has ports of its own: {{port}}, {{port+1}}, …"
        )
    return notes


def _commands(files: Files, whole: Table) -> tuple[Command, ...]:
    """A string is for a shell, a list is an argv, and a table holds several of both."""
    if whole.has("postCreateCommand", dict):
        several = whole.table("postCreateCommand")
        return tuple(one for key in several.content for one in _command(files, several, key))
    return _command(files, whole, "postCreateCommand")


def _command(files: Files, table: Table, key: str) -> tuple[Command, ...]:
    if table.has(key, list):
        argv = table.texts(key)
        return (argv,) if argv and argv[0].strip() else ()
    return files.script(table.text(key))

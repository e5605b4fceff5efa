"""What this machine offers, for `ropewalk doctor`: how runs are held together, engines, git, agents."""

import os
import shutil
from pathlib import Path
from typing import Literal

from ropewalk.agents.builtin import KNOWN
from ropewalk.agents.find import Here, survey
from ropewalk.hosts.launch import probe
from ropewalk.wiring.person import own_config
from ropewalk.workspace.ladder import WAYS
from ropewalk.workspace.ladder import survey as engines

State = Literal["ok", "note", "problem"]
Line = tuple[str, State, str, str]


SURVIVAL: dict[str, tuple[State, str, str]] = {
    "pid-namespace": (
        "ok",
        "each run has a pid namespace: nothing of it survives its end or a crash.",
        "",
    ),
    "cgroup": (
        "ok",
        "each run has a cgroup: what is left of it is killed when its host notices.",
        "",
    ),
    "process-group": (
        "problem",
        "runs are plain process groups: a process that left its group can survive its run.",
        "Allow user namespaces, or delegate a cgroup v2, to end whole trees.",
    ),
}
"""What each kind of containment means for what a run leaves behind."""


def lines(home: Path) -> list[Line]:
    """What `ropewalk doctor` says of the machine: subject, state, text and hint."""
    return [
        ("containment", *SURVIVAL.get(probe(), SURVIVAL["process-group"])),
        *_engines(home),
        _git(),
    ]


def agents(text: str, environ: dict[str, str]) -> list[str]:
    """The names of the agents that are installed here; `text` is the person's configuration."""
    here = Here(config=own_config(text), path=environ.get("PATH", ""), directory=str(Path.home()))
    return [one.name for one in survey(here) if one.agent and not one.agent.scripted]


def passes(text: str) -> dict[str, tuple[str, ...]]:
    """The variables that each agent asks for: those known, and those of the person's configuration, `text`."""
    found = {one.name: {x for way in one.ways for x in way.passes} for one in KNOWN}
    for name, table in own_config(text).agents.items():
        found.setdefault(name, set()).update(table.passes)
    return {name: tuple(sorted(names)) for name, names in found.items() if names}


def _git() -> Line:
    git = shutil.which("git")
    if git:
        return ("git", "ok", git, "")
    return ("git", "problem", "git is missing.", "Install git 2.38 or newer.")


def _engines(home: Path) -> list[Line]:
    """The engine for new workspaces, the others, and how root could make a better one possible."""
    wanted, rungs = os.environ.get("ROPEWALK_ENGINE", ""), engines(home)
    names = [one.name for one in rungs if one.offered and wanted in ("", one.name)]
    if not names:
        return [
            ("workspaces", "problem", f"{wanted} is not offered here.", "Unset ROPEWALK_ENGINE.")
        ]
    others = ", ".join(f"{one.name} {'yes' if one.offered else 'no'}" for one in rungs)
    refused = [one for one in rungs if one.remedy and not one.offered]
    return [
        ("workspaces", "ok", f"{names[0]}: {WAYS[names[0]]} Here: {others}.", ""),
        *((one.name, "note", f"not offered: {one.why}", one.remedy) for one in refused),
    ]

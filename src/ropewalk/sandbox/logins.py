"""Where agents keep who is logged in, below a home, by the name of the agent."""

import os

from ropewalk.sandbox.house import House

LOGINS: dict[str, tuple[str, ...]] = {
    "claude": (".claude",),
    "codex": (".codex",),
    "opencode": (".local/share/opencode", ".config/opencode"),
    "gemini": (".gemini",),
    "qwen": (".qwen",),
    "copilot": (".copilot", ".config/github-copilot"),
    "pi": (".pi",),
}


def logins(agent: str, house: House) -> tuple[str, ...]:
    """The directories that are there; empty: the agent has none, or is not known."""
    return tuple(path for path in map(house.at, LOGINS.get(agent, ())) if os.path.isdir(path))

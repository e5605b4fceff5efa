"""What pins the versions of tools or sets variables when a directory is entered: mise, asdf, direnv.

Forms: `[tools]` of mise.toml (mise.jdx.dev), lines `TOOL VERSION…` of .tool-versions (asdf-vm.com). An
`.envrc` is a shell script; it is named and never executed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from ropewalk.core.peers.reading import Files, read_toml
from ropewalk.core.setuptable import Command

MISE = ("mise.toml", ".mise.toml", "mise/config.toml", ".mise/config.toml", ".config/mise.toml")
ASDF = ".tool-versions"
TRUST = "MISE_TRUSTED_CONFIG_PATHS"
MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What is to be installed before anything else. `files` hold what is taken over."""

    commands: tuple[Command, ...] = ()
    environment: dict[str, str] = field(default_factory=dict[str, str])
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def pins(files: Files, which: Callable[[str], bool]) -> Pins:
    """What the files pin, and the command that installs it if its tool is there. Refused: no valid TOML."""
    mise = files.first(*MISE)
    file = mise or files.first(ASDF)
    notes = [_direnv()] if ".envrc" in files.names else []
    tools = (_mise(files, mise) if mise else _asdf(files.text(ASDF))) if file else []
    if not tools:
        return Pins(notes=tuple(notes))
    said = f"{file} pins {', '.join(tools[:MOST])}{' and more' if len(tools) > MOST else ''}"
    if which("mise"):
        trust = {TRUST: "{path}"} if mise else {}
        command = ("mise", "install", "--yes")
        notes.insert(0, f"{said}.")
        return Pins(commands=(command,), environment=trust, files=(file,), notes=tuple(notes))
    if not mise and which("asdf"):
        notes.insert(0, f"{said}.")
        return Pins(commands=(("asdf", "install"),), files=(file,), notes=tuple(notes))
    wanted = "mise is not" if mise else "neither mise nor asdf is"
    notes.insert(0, f"{said}, but {wanted} on your PATH: what is there is used.")
    return Pins(notes=tuple(notes))


def _mise(files: Files, name: str) -> list[str]:
    tools = read_toml(files, name).table("tools").content
    return [f"{tool} {_version(value)}".strip() for tool, value in tools.items()]


def _version(value: Any) -> str:
    """A version is a string, a table with `version`, or a list of them."""
    if isinstance(value, list):
        return " ".join(_version(one) for one in cast("list[Any]", value))
    if isinstance(value, dict):
        return _version(cast("dict[str, Any]", value).get("version", ""))
    return str(value)


def _asdf(text: str) -> list[str]:
    lines = (one.partition("#")[0].split() for one in text.splitlines())
    return [" ".join(one) for one in lines if one]


def _direnv() -> str:
    return (
        ".envrc is not executed: it is a shell script. Write its variables under [environment]; or, if your shell "
        'has direnv\'s hook and you trust the file, add "direnv allow" to run of [setup].'
    )

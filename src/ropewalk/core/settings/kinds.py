"""What a setting is: its table, its name, its kind and what it means."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text",
    "choice",
    "words",
    "command",
    "commands",
    "globs",
    "patterns",
    "names",
    "values",
    "flag",
    "count",
    "duration",
    "paths",
    "domains",
]

KINDS: dict[Kind, str] = {
    "text": "a string",
    "choice": "one of the words named",
    "words": "a list of strings",
    "command": 'a list of strings, or one string that is split like a shell does ("pytest -q")',
    "commands": 'one command, or a list of them: each a string, or a list of strings (`["npm ci", ["sh", "-c", "…"]]`)',
    "globs": "a list of path patterns",
    "patterns": "a list of lines as in a `.gitignore`",
    "names": "a list of names of environment variables",
    "values": "a table of strings",
    "flag": "true or false",
    "count": "a whole number, 1 or more",
    "paths": "a list of paths, each absolute or beginning with `~/`",
    "domains": "a list of names of hosts, `*.` before one for all below it",
    "duration": 'seconds as a number, or "90s", "15m", "1h30m"',
}
"""What a value of each kind looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. `many`: its name is followed by one the person chooses, as in `[agents.NAME]`.

    `free`: its keys are names that the person chooses; what it has as a key here stands for all of them.
    """

    name: str
    meaning: str
    many: bool = False
    free: bool = False

    @property
    def title(self) -> str:
        """The table as it is written, with NAME for what the person chooses."""
        return f"[{self.name}.NAME]" if self.many else f"[{self.name}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of a table. `default` is written as in a file; empty: there is none."""

    table: str
    name: str
    kind: Kind
    meaning: str
    default: str = ""
    choices: tuple[str, ...] = ()

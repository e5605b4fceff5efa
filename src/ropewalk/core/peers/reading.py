"""Reading other tools' files: hostile text in, typed values out, and an error that names file and key."""

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ropewalk.core.errors import Refused
from ropewalk.core.setuptable import Command, Peer
from ropewalk.core.values import shown, unfit

HINT = "Mend it, or say run in [setup] of ropewalk.toml: then this file is not read."
LONGEST = 100_000
"""Characters of one text: what an argument of a program can hold."""
MOST = 200
"""Entries of one list or table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """A commit's files. `shell` is the shell that scripts are written for, `platform` as in sys.platform."""

    show: Callable[[str], bytes | None]
    names: frozenset[str]
    shell: str = "sh"
    platform: str = "linux"

    def text(self, name: str) -> str:
        """A file's text; empty if there is none."""
        content = self.show(name) if name in self.names else None
        return (content or b"").decode("utf-8", "replace")

    def first(self, *names: str) -> str:
        """The first of these that is there; empty if none is."""
        return next((one for one in names if one in self.names), "")

    def script(self, text: str) -> tuple[Command, ...]:
        """A script as a command that ends at the first line that fails; none if there is nothing in it."""
        return ((self.shell, "-ec", text),) if text.strip() else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a tool's file says. `ports` 0: nothing of ports."""

    peer: Peer
    file: str
    commands: tuple[Command, ...] = ()
    environment: dict[str, str] = field(default_factory=dict[str, str])
    bring: tuple[str, ...] = ()
    run: Command = ()
    teardown: tuple[Command, ...] = ()
    ports: int = 0
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether it says anything."""
        said = (self.commands, self.environment, self.bring, self.run, self.teardown, self.ports)
        return any(said)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a file; `at` is its key, with a dot behind it, for messages."""

    file: str
    content: Mapping[str, Any]
    at: str = ""

    def wrong(self, key: str, must: str) -> Refused:
        """The error to raise where a key's value must be something else."""
        value = shown(self.content.get(key))
        return Refused(f"{self.file}: {self.at}{key} must be {must}, not {value}.", hint=HINT)

    def has(self, key: str, kind: type[Any]) -> bool:
        """Whether a key is there with a value of this kind."""
        return isinstance(self.content.get(key), kind)

    def text(self, key: str) -> str:
        """A text; empty if it is not there."""
        value = self.content.get(key)
        if value is None:
            return ""
        if not isinstance(value, str) or not _fits(value):
            raise self.wrong(key, "a string")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, or a single one; empty if it is not there."""
        value = self.content.get(key)
        if value is None or isinstance(value, str):
            return (self.text(key),) if value else ()
        entries = cast("list[Any]", value) if isinstance(value, list) else [None]
        if len(entries) > MOST or not all(isinstance(one, str) and _fits(one) for one in entries):
            raise self.wrong(key, "a list of strings")
        return tuple(cast("list[str]", entries))

    def table(self, key: str) -> "Table":
        """A table; an empty one if it is not there."""
        value = self.content.get(key)
        if value is None:
            return Table(self.file, {}, f"{self.at}{key}.")
        if not isinstance(value, dict) or len(cast("dict[str, Any]", value)) > MOST:
            raise self.wrong(key, "a table")
        return Table(self.file, cast("dict[str, Any]", value), f"{self.at}{key}.")

    def tables(self, key: str) -> list["Table"]:
        """A list of tables, or those in a table by name, sorted; empty if it is not there."""
        value = self.content.get(key)
        if isinstance(value, list):
            many = cast("list[Any]", value)[:MOST]
            named = {str(place): one for place, one in enumerate(many)}
            return [Table(self.file, named, f"{self.at}{key}.").table(one) for one in named]
        inner = self.table(key)
        return [inner.table(one) for one in sorted(inner.content)]

    def values(
        self, key: str, *, without: Sequence[str] = ()
    ) -> tuple[dict[str, str], tuple[str, ...]]:
        """The variables of a table, and a note for each that cannot be set. None stands for no value."""
        found: dict[str, str] = {}
        notes: list[str] = []
        inner = self.table(key)
        for name, value in inner.content.items():
            if name in without:
                continue
            if isinstance(value, bool | int | float):
                value = json.dumps(value)
            if not isinstance(value, str) or not _fits(value):
                if value is not None:
                    raise inner.wrong(name, "a string")
            elif reason := unfit(name):
                notes.append(f"{self.file}: the variable {name} is not set: {reason}.")
            else:
                found[name] = value
        return found, tuple(notes)


def _fits(text: str) -> bool:
    """Whether a text can be an argument: no NUL, no half of a character, not too long."""
    return "\0" not in text and len(text) <= LONGEST and not re.search("[\ud800-\udfff]", text)


def read_json(files: Files, name: str) -> Table:
    """A JSON object. Refused: it is none."""
    return _object(name, files.text(name))


def read_jsonc(files: Files, name: str) -> Table:
    """A JSON object with comments, and commas before a closing bracket. Refused: it is none."""
    return _object(name, without_comments(files.text(name)))


def _object(name: str, text: str) -> Table:
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise Refused(f"{name} is not valid JSON: {why}.", hint=HINT) from error
    if not isinstance(value, dict):
        raise Refused(f"{name} must be a JSON object, not {shown(value)}.", hint=HINT)
    return Table(name, cast("dict[str, Any]", value))


def read_toml(files: Files, name: str) -> Table:
    """A TOML file. Refused: it is none."""
    try:
        return Table(name, tomllib.loads(files.text(name)))
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise Refused(f"{name} is not valid TOML: {why}.", hint=HINT) from error


_STRING = r'"(?:[^"\\]|\\.)*"'
_NOISE = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_COMMA = re.compile(rf"({_STRING})|,(?=\s*[\]}}])", re.DOTALL)


def without_comments(text: str) -> str:
    """JSON without comments and without commas before a closing bracket; strings stay as they are."""
    bare = _NOISE.sub(lambda match: match[1] or " ", text)
    return _COMMA.sub(lambda match: match[1] or "", bare)

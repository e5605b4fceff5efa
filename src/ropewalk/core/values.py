"""Values of `ropewalk.toml`, each kind checked and brought into its form."""

import math
import re
import shlex
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, cast

from ropewalk.core.errors import Refused
from ropewalk.core.settings import KINDS, Key, Kind

Toml = Any
LONGEST_S = 30 * 24 * 3600
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DOMAIN = re.compile(
    r"(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})\.)*[A-Za-z][A-Za-z0-9-]{0,62}"
)
_WORD = re.compile(r"[A-Za-z0-9_:=-]+")
_RESERVED = re.compile(r"PATH|HOME|(?:GIT|LD|DYLD|ROPEWALK)_.*")
_SECRET = re.compile(r"(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS)$", re.IGNORECASE)
_SHELL = frozenset(("&&", "||", "|", ";", "&", ">", ">>", "<", "2>&1"))


class Wrong(Exception):
    """A value does not fit; the words follow `KEY` in a sentence. `hint` says what to do."""

    def __init__(self, words: str, hint: str = "") -> None:
        """`words` begin with a verb, e.g. `must be a string`."""
        super().__init__(words)
        self.words = words
        self.hint = hint


def read(key: Key, value: Toml) -> Toml:
    """The value of a key in its form. Wrong: it has none."""
    if key.kind == "choice":
        return _choice(value, key.choices)
    return _READERS[key.kind](value)


def seconds(value: Toml) -> float:
    """A duration in seconds: a number, or hours, minutes and seconds as in "1h30m". Wrong: neither."""
    if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())) and match[0]:
        hours, minutes, rest = (int(one or 0) for one in match.groups())
        value = 3600 * hours + 60 * minutes + rest
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise Wrong(f"must be {KINDS['duration']}, not {shown(value)}")
    if not 0 < value <= LONGEST_S:
        raise Wrong("must be more than 0 and at most 30 days")
    return float(value)


def meant(word: str, known: Sequence[str]) -> str:
    """` Did you mean X?`, or nothing."""
    close = get_close_matches(word, known, 1)
    return f" Did you mean {close[0]}?" if close else ""


def shown(value: Toml) -> str:
    """A value for a message, short."""
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:57]}…"


def duration(text: str) -> float:
    """A duration from a command line, in seconds. Refused: it is none."""
    try:
        return seconds(float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else text)
    except Wrong as wrong:
        raise Refused(
            f"A time {wrong.words}.", hint='Write e.g. "90s", "15m" or "1h30m".'
        ) from wrong


def unfit(name: str) -> str:
    """Why a workspace's variable cannot have this name; empty if it can."""
    if not _VARIABLE.fullmatch(name):
        return "that is no name of a variable"
    if _SECRET.search(name):
        return "that looks like a secret, and what is set here is kept in the record"
    return "that is not for a project to set" if _RESERVED.fullmatch(name) else ""


def _text(value: Toml) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise Wrong(f"must be {KINDS['text']}, not {shown(value)}")
    if not value.strip():
        raise Wrong("must not be empty")
    return value


def _choice(value: Toml, choices: tuple[str, ...]) -> str:
    if value not in choices:
        offered = ", ".join(choices)
        close = meant(value, choices) if isinstance(value, str) else ""
        raise Wrong(f"must be one of {offered}, not {shown(value)}.{close}".rstrip("."))
    return value


def _words(value: Toml) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Wrong(f"must be {KINDS['words']}, not {shown(value)}")
    entries = cast("list[Toml]", value)
    for one in entries:
        if not isinstance(one, str) or "\0" in one:
            raise Wrong(f"must be {KINDS['words']}; {shown(one)} in it is not one")
    return tuple(entries)


def _command(value: Toml) -> tuple[str, ...]:
    argv = _split(value) if isinstance(value, str) else _words(value)
    if not argv or not argv[0].strip():
        raise Wrong("must not be empty")
    return argv


def _split(value: str) -> tuple[str, ...]:
    try:
        argv = tuple(shlex.split(_text(value)))
    except ValueError as error:
        raise Wrong(f"cannot be split into words ({error})") from error
    if operators := [one for one in argv if one in _SHELL]:
        raise Wrong(
            f"is run without a shell, so {operators[0]} has no meaning in it",
            'Write ["sh", "-c", "…"] if you want a shell.',
        )
    return argv


def _commands(value: Toml) -> tuple[tuple[str, ...], ...]:
    if isinstance(value, str):
        return (_command(value),)
    if not isinstance(value, list):
        raise Wrong(f"must be {KINDS['commands']}, not {shown(value)}")
    entries = cast("list[Toml]", value)
    if len(entries) > 1 and all(isinstance(one, str) and _WORD.fullmatch(one) for one in entries):
        words = cast("list[str]", entries)
        lists = ", ".join(f'["{one}"]' for one in words)
        raise Wrong(
            "could be one command or several",
            f'Write "{shlex.join(words)}" for one, [{lists}] for {len(words)}.',
        )
    return tuple(_command(one) for one in entries)


def _patterns(value: Toml) -> tuple[str, ...]:
    patterns = _words(value)
    for one in patterns:
        if not one.strip() or "\n" in one or ".." in one.split("/"):
            raise Wrong(f"must hold {KINDS['patterns']}; {shown(one)} is none")
    return patterns


def _globs(value: Toml) -> tuple[str, ...]:
    globs = _words(value)
    for one in globs:
        if not one or one.startswith("/") or ".." in one.split("/"):
            raise Wrong(f"must hold patterns below the repository, not {shown(one)}")
    return globs


def _paths(value: Toml) -> tuple[str, ...]:
    paths = _words(value)
    for one in paths:
        if not one.startswith(("/", "~/")) or ".." in one.split("/"):
            raise Wrong(f"must be {KINDS['paths']}, without `..`; {shown(one)} is none")
        if one.strip("~/") == "":
            raise Wrong(f"must not show everything; {shown(one)} would", "Name what is needed.")
    return tuple(one.rstrip("/") for one in paths)


def _domains(value: Toml) -> tuple[str, ...]:
    domains = _words(value)
    for one in domains:
        if not _DOMAIN.fullmatch(one):
            raise Wrong(f"must be {KINDS['domains']}; {shown(one)} is none", 'Write "example.org".')
    return tuple(one.lower() for one in domains)


def _names(value: Toml) -> tuple[str, ...]:
    names = _words(value)
    for one in names:
        if not _VARIABLE.fullmatch(one):
            raise Wrong(f"must hold names of variables; {shown(one)} is none")
    return names


def _values(value: Toml) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Wrong(f"must be {KINDS['values']}, not {shown(value)}")
    table = cast("dict[str, Toml]", value)
    for name, one in table.items():
        if not _VARIABLE.fullmatch(name):
            raise Wrong(f"must hold names of variables; {shown(name)} is none")
        if not isinstance(one, str) or "\0" in one:
            raise Wrong(f"must hold strings; {name} is {shown(one)}")
        if _SECRET.search(name):
            raise Wrong(
                f"must not hold secrets, and {name} looks like one",
                f'Set {name} in your shell and write passes = ["{name}"].',
            )
    return dict(table)


def _flag(value: Toml) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"must be {KINDS['flag']}, not {shown(value)}")
    return value


def _count(value: Toml) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Wrong(f"must be {KINDS['count']}, not {shown(value)}")
    if value > 1_000_000_000:
        raise Wrong("is too large")
    return value


_READERS: dict[Kind, Callable[[Toml], Toml]] = {
    "text": _text,
    "words": _words,
    "command": _command,
    "commands": _commands,
    "globs": _globs,
    "patterns": _patterns,
    "names": _names,
    "values": _values,
    "flag": _flag,
    "count": _count,
    "duration": seconds,
    "paths": _paths,
    "domains": _domains,
}

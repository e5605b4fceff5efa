"""Which paths lines as in a `.gitignore` choose: for files that git ignores and a workspace needs.

The rules are git's (gitignore(5)): the last line that fits decides, `!` takes back, a slash at the
beginning or within ties the line to the root, one at the end asks for a directory, and nothing below a
chosen directory can be taken back.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    takes: bool
    directory: bool


def lines(text: str) -> tuple[str, ...]:
    """The lines of such a file that say something."""
    return tuple(one for one in text.splitlines() if _rule(one))


def chosen(paths: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """Those of the files that the lines choose. Paths with `/`, relative to the root, none of them a directory."""
    rules = [rule for one in patterns if (rule := _rule(one))]
    return [path for path in paths if _is_chosen(path, rules)]


def _is_chosen(path: str, rules: list[_Rule]) -> bool:
    parts = path.split("/")
    above = ("/".join(parts[:end]) for end in range(1, len(parts)))
    return any(_takes(one, rules, directory=True) for one in above) or _takes(
        path, rules, directory=False
    )


def _takes(path: str, rules: list[_Rule], *, directory: bool) -> bool:
    for rule in reversed(rules):
        if (directory or not rule.directory) and rule.pattern.fullmatch(path):
            return rule.takes
    return False


@cache
def _rule(line: str) -> _Rule | None:
    text = re.sub(r"(?<!\\) +$", "", line.rstrip("\r"))
    if not text or text.startswith("#"):
        return None
    takes = not text.startswith("!")
    text = text if takes else text[1:]
    directory = text.endswith("/")
    text = text.rstrip("/") if directory else text
    if not text:
        return None
    text = re.sub(r"(^|/)(?:\*\*/)+", r"\1**/", text)
    tied = "/" in text
    try:
        pattern = re.compile(("" if tied else "(?:.*/)?") + _body(text.lstrip("/")), re.DOTALL)
    except re.error:
        return None
    return _Rule(pattern, takes, directory)


_PIECE = re.compile(
    r"^\*\*/|/\*\*/|/\*\*$|\*+|\?|\[[!^]?\]?(?:\\.|\[:\w+:\]|[^\]])*\]|\\.|.", re.DOTALL
)
_WILD = {"/**/": "/(?:.*/)?", "/**": "/.+", "**/": "(?:.*/)?", "?": "[^/]"}
_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z",
    "space": r"\s", "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9a-fA-F",
}  # fmt: skip


def _body(text: str) -> str:
    if text == "**":
        return ".+"
    return "".join(_piece(one) for one in _PIECE.findall(text))


def _piece(one: str) -> str:
    if one in _WILD:
        return _WILD[one]
    if one.startswith("*"):
        return "[^/]*"
    if one.startswith("[") and len(one) > 1:
        return _set(one[1:-1])
    return re.escape(one[1:] if one.startswith("\\") and len(one) > 1 else one)


def _set(inner: str) -> str:
    """A set of characters; it never holds a slash."""
    negated = inner[:1] in ("!", "^")
    inner = inner[1:] if negated else inner
    inner = re.sub(r"\[:(\w+):\]", lambda match: _CLASSES.get(match[1], ""), inner)
    inner = re.sub(r"([\[\]&~|])", r"\\\1", inner.replace("\\]", "]"))
    return f"(?!/)[{'^' if negated else ''}{inner}]"

"""Globs over repository paths: `*` and `?` stay within a directory, `**/` is any number of them."""

import re
from collections.abc import Iterable
from functools import cache


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether a path (with `/`, relative to the root) matches any of the globs as a whole."""
    return any(_pattern(glob).fullmatch(path) for glob in globs)


def among(paths: Iterable[str], globs: Iterable[str]) -> list[str]:
    """Those of many paths that match any of the globs, in their order: quick where few do."""
    several = list(globs)
    ends = [one.rpartition("/")[2] for one in several]
    whole = _any(several)
    deep = _any(one for one, end in zip(several, ends, strict=True) if "**" in end)
    last = _any(end for end in ends if "**" not in end)
    return [
        path
        for path in paths
        if deep.fullmatch(path)
        or (last.fullmatch(path.rpartition("/")[2]) and whole.fullmatch(path))
    ]


def _any(globs: Iterable[str]) -> re.Pattern[str]:
    """What matches any of the globs; without one, nothing."""
    return re.compile(
        "|".join(f"(?:{_pattern(one).pattern})" for one in globs) or "(?!)", re.DOTALL
    )


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    words = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part) or re.escape(part) for part in parts), re.DOTALL)

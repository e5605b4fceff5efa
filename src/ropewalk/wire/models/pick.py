"""The same values as the skimmer's out of a text that is whole and small: by a parser, which is quicker."""

import json
from functools import cache
from typing import Any, cast

from ropewalk.wire.models.skim import LONGEST, Found, below


def picked(data: bytes, paths: tuple[str, ...]) -> Found:
    """The same values out of a text that is whole and small, by a parser, which is quicker."""
    found: Found = {}
    try:
        _pick(json.loads(data.decode("utf-8", "replace")), _tree(paths), "", found)
    except (ValueError, RecursionError):
        return {}
    return found


def _pick(value: Any, tree: "_Tree", path: str, found: Found) -> None:
    if isinstance(value, dict):
        for key, inner in tree.items():
            if key in value:
                _pick(value[key], inner, below(path, key), found)
    elif isinstance(value, list):
        for one in cast("list[Any]", value) if "*" in tree else ():
            _pick(one, tree["*"], below(path, "*"), found)
    elif _WANTED in tree and not (isinstance(value, str) and len(value) > LONGEST):
        found[path] = value


_Tree = dict[str, Any]
_WANTED = "\0"


@cache
def _tree(paths: tuple[str, ...]) -> _Tree:
    tree: _Tree = {}
    for path in paths:
        here = tree
        for name in path.split("."):
            here = here.setdefault(name, {})
        here[_WANTED] = {}
    return tree

"""Values of a JSON text that may be anything."""

from collections.abc import Mapping

from ropewalk.wire.jsonrpc import count, words
from ropewalk.wire.models.skim import Scalar


def number(found: Mapping[str, Scalar], path: str) -> int | None:
    """A count; None: there is none, or it is no number of tokens."""
    value = found.get(path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return count(value) if 0 <= value < 2**53 else None


def word(found: Mapping[str, Scalar], path: str) -> str:
    """A string, or an empty one."""
    return words(found.get(path))

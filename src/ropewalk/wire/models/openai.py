"""What both protocols of OpenAI have in common."""

from collections.abc import Sequence

from ropewalk.core.usage import Usage
from ropewalk.wire.jsonrpc import body as mapping
from ropewalk.wire.jsonrpc import items, words
from ropewalk.wire.models.reading import Body

_PLAIN = ("", "auto", "default", "flex", "standard")
_OWN = ("function", "custom")
_LOCAL = ("local_shell", "apply_patch", "computer_use_preview", "computer")


def usage(
    prompt: int, output: int, *, total: int | None, read: int, written: int, reasoning: int
) -> Usage:
    """The usage that the numbers of an answer mean.

    The prompt counts what the cache read and wrote. Output that only the total has is counted as well: some servers
    leave the reasoning out of it.
    """
    read = min(read, prompt)
    written = min(written, prompt - read)
    output = max(output, (total or 0) - prompt)
    return Usage(
        input=prompt - read - written,
        output=output,
        read=read,
        written=written,
        reasoning=min(reasoning, output),
    )


def tools(body: Body) -> tuple[int, list[str]]:
    """How many tools the provider describes itself, and the types of those that it carries out."""
    types = [words(mapping(one).get("type")) for one in items(body.get("tools"))]
    others = [one for one in types if one not in _OWN]
    remote = [one or "a tool of no type" for one in others if one not in _LOCAL]
    return len(others) - len(remote), remote


def tier(body: Body) -> list[str]:
    """What of a request asks for a tier that costs more."""
    value = body.get("service_tier")
    return [] if value is None or words(value) in _PLAIN else [f"service_tier={words(value)}"]


def said(body: Body, names: Sequence[str]) -> list[str]:
    """The names that a request says something under."""
    return [one for one in names if body.get(one)]

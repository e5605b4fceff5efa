"""The tools whose files are read, in the order in which the first that says something counts."""

from collections.abc import Callable
from typing import NamedTuple

from ropewalk.core.peers import codex, conductor, cursor, devcontainer, emdash, superset
from ropewalk.core.peers.reading import Files, Found


class Reader(NamedTuple):
    """`files_of` names a tool's files that are there, `read` says what one of them says."""

    files_of: Callable[[Files], list[str]]
    read: Callable[[Files, str], Found]


ORDER = (
    Reader(conductor.files_of, conductor.read),
    Reader(superset.files_of, superset.read),
    Reader(cursor.files_of, cursor.read),
    Reader(emdash.files_of, emdash.read),
    Reader(codex.files_of, codex.read),
    Reader(devcontainer.files_of, devcontainer.read),
)


def peer(files: Files) -> tuple[Found | None, list[str]]:
    """What the first file says that says something, and the names of the files behind it. Refused."""
    waiting = [(one, name) for one in ORDER for name in one.files_of(files)]
    for place, (one, name) in enumerate(waiting):
        found = one.read(files, name)
        if found:
            return found, [other for _, other in waiting[place + 1 :]]
    return None, []

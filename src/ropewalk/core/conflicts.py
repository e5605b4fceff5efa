"""Conflict markers that a change would bring into a branch."""

FIRST = ("+<<<<<<< ", "+||||||| ")
LAST = "+>>>>>>> "
FILE = "+++ b/"


def left_over(diff: str) -> tuple[str, ...]:
    """The paths of a unified diff to which a whole conflict, from its first marker to its last, is added."""
    found: dict[str, None] = {}
    path, begun = "", False
    for line in diff.splitlines():
        if line.startswith(FILE):
            path, begun = line.removeprefix(FILE).rstrip("\t"), False
        elif line.startswith(FIRST):
            begun = True
        elif begun and line.startswith(LAST):
            found[path] = None
    return tuple(found)

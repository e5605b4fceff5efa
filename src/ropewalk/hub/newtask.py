"""A new task as a person asked for it."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from ropewalk.core.errors import Refused
from ropewalk.core.records import Check
from ropewalk.hub.trust import TYPED

TITLE = 72
BRIEF_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What a person asked for, as the API takes it. `checks` are names or command lines.

    `unchecked`: no checks at all. `trust`, `consent`: the person agreed beforehand.
    """

    directory: str
    brief: str
    agents: tuple[str, ...] = ()
    count: int | None = None
    checks: tuple[str, ...] = ()
    unchecked: bool = False
    base: str | None = None
    on: str | None = None
    with_changes: bool = False
    limit_s: float | None = None
    environment: dict[str, str] = field(default_factory=dict[str, str])
    secrets: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    trust: bool = False
    consent: bool = False
    actor: str = "person"
    terminal: str = ""
    title: str = ""


def check_brief(brief: str) -> None:
    """Refused: it says nothing, or is too large."""
    if not brief.strip():
        raise Refused(
            "The prompt is empty.", hint='Say what is to be done: ropewalk run "Fix the cart total"'
        )
    if len(brief.encode("utf-8", "replace")) > BRIEF_BYTES:
        raise Refused(
            "The prompt is larger than 4 MB.", hint="Commit the material and name its path instead."
        )


def title_of(brief: str) -> str:
    """The first line of a brief with words in it, at most 72 characters."""
    line = next((one.strip() for one in brief.splitlines() if one.strip()), "")
    line = " ".join("".join(c if c.isprintable() else " " for c in line).split())
    return line if len(line) <= TITLE else line[: TITLE - 1].rstrip() + "…"


def choose_checks(checks: tuple[Check, ...], wanted: Sequence[str]) -> tuple[Check, ...]:
    """The checks that were asked for by name or as a command line; all of them if none was named."""
    if not wanted:
        return checks
    known = {one.name: one for one in checks}
    return tuple(known.get(one) or _command(one) for one in wanted)


def _command(line: str) -> Check:
    try:
        argv = tuple(shlex.split(line))
    except ValueError as error:
        raise Refused(
            f"“{line}” is not a command line: {error}.", hint="Mind the quotes."
        ) from None
    if not argv:
        raise Refused("A check is empty.", hint="--check 'pytest -q'")
    return Check(name=line, argv=argv, found_in=TYPED)

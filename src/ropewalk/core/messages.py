"""Commit messages: a title from the agent's summary or the brief, a body of what changed and what ran."""

from collections.abc import Sequence

from ropewalk.core.records import Version
from ropewalk.core.standing import Result, cell
from ropewalk.core.state import Attempt, Task

TITLE = 72
PATHS = 12


def merge_message(
    task: Task, attempt: Attempt, version: Version, results: Sequence[Result], alias: str
) -> str:
    """The proposed message. The brief itself stays in the record; trailers name agent and attempt."""
    model = f":{attempt.agent.model}" if attempt.agent.model else ""
    checks = [f"{one.name}: {cell(one)}" for one in results]
    parts = [
        _title(version.summary) or task.title,
        _changed(version),
        "Checks: " + ", ".join(checks) if checks else "",
        f"Assisted-by: {attempt.agent.name}{model}\nRopewalk-Attempt: {alias} {attempt.id}",
    ]
    return "\n\n".join(one for one in parts if one) + "\n"


def _title(summary: str) -> str:
    """The first sentence of a summary if it makes a title: at most 72 characters, plain words."""
    line = next((one.strip() for one in summary.splitlines() if one.strip()), "")
    line = "".join(c for c in line if c.isprintable()).strip("#*_` ").rstrip(".")
    first = line.split(". ")[0]
    return first if 8 <= len(first) <= TITLE else ""


def _changed(version: Version) -> str:
    counts = (
        f"+{version.added} −{version.removed} in {version.files} file{'s' * (version.files != 1)}"
    )
    shown = "\n".join(f"- {_harmless(one)}" for one in version.paths[:PATHS])
    more = f"\n- … {len(version.paths) - PATHS} more" if len(version.paths) > PATHS else ""
    return f"{counts}:\n{shown}{more}"


def _harmless(path: str) -> str:
    """A path in one line: an agent's file name must not add a line, such as a trailer, to a message."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in path)

"""Every table and key of `ropewalk.toml` as data: it drives the parsing and the reference in the docs."""

from ropewalk.core.settings import agents, checks, places, sandbox, work
from ropewalk.core.settings.kinds import KINDS, Key, Kind, Table

__all__ = ["KEYS", "KINDS", "TABLES", "Key", "Kind", "Table", "keys_of"]

TABLES: tuple[Table, ...] = (
    Table(
        name="agents",
        many=True,
        meaning="An agent, or what is different in one that Ropewalk knows. The person's file wins "
        "over the project's.",
    ),
    Table(
        name="checks",
        many=True,
        meaning="A command that judges every change. The project's file wins over the person's.",
    ),
    Table(
        name="setup",
        meaning="What makes a workspace ready, before an agent starts in it. Without it, the files of other tools "
        "are read, then lock files. The project's file wins over the person's.",
    ),
    Table(
        name="run",
        meaning="What `serve` starts in a workspace, and the ports that each workspace has for itself.",
    ),
    Table(
        name="teardown",
        meaning="What is run in a workspace before it goes away, for what it left outside: containers, databases.",
    ),
    Table(
        name="environment",
        free=True,
        meaning="Environment variables for whatever runs in a workspace: its set-up, agents and servers. They are "
        "kept in the record: no secrets. The person's file wins over the project's.",
    ),
    Table(
        name="task",
        meaning="What holds for a task unless it is said otherwise when it is asked for.",
    ),
    Table(
        name="sandbox",
        meaning="What runs are locked in: agents, set-up, checks, servers. The project's file can only narrow what "
        "yours says, but for `seen`, which counts once you trust the file.",
    ),
    Table(
        name="network",
        meaning="What runs can reach. There is no gateway yet: only `none` is kept, anything else leaves the network "
        "open, and every face says so.",
    ),
    Table(
        name="limits",
        meaning="What this machine gives, and keeps how long. Only your own file counts: these limits are "
        "shared by all projects.",
    ),
)

KEYS: tuple[Key, ...] = (
    *agents.KEYS,
    *checks.KEYS,
    *places.KEYS,
    *work.KEYS,
    *sandbox.KEYS,
)


def keys_of(table: str) -> dict[str, Key]:
    """The keys of a table by name."""
    return {key.name: key for key in KEYS if key.table == table}

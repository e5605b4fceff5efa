"""The keys of a machine's own file, `/etc/ropewalk/ropewalk.toml`."""

from ropewalk.core.settings import KEYS
from ropewalk.core.settings.kinds import Key, Table

MACHINE_TABLES: tuple[Table, ...] = (
    Table(name="sandbox", meaning="What every run on this machine is locked in at least."),
    Table(name="network", meaning="What runs may reach at most."),
    Table(name="agents", meaning="Which agents may run."),
    Table(name="providers", meaning="Whose models may be asked."),
    Table(name="budget", meaning="What may be spent at most, in whole dollars."),
)
"""The tables of the machine's own file."""


def _ours(table: str, *names: str) -> tuple[Key, ...]:
    return tuple(
        Key(table=x.table, name=x.name, kind=x.kind, choices=x.choices, meaning=x.meaning)
        for x in KEYS
        if x.table == table and x.name in names
    )


MACHINE_KEYS: tuple[Key, ...] = (
    *_ours("sandbox", "minimum", "nested", "logins", "memory_mb", "processes", "processors"),
    *_ours("sandbox", "files", "disk_mb"),
    *_ours("network", "preset"),
    Key(
        table="network",
        name="domains",
        kind="domains",
        meaning="The only hosts that a person or a project may name; empty: none.",
    ),
    Key(
        table="agents",
        name="allowed",
        kind="words",
        meaning="The only agents that may run, by name; empty: none.",
    ),
    Key(
        table="providers",
        name="allowed",
        kind="words",
        meaning="The only providers of models, by name; empty: none. Kept once there is a gateway.",
    ),
    *(
        Key(
            table="budget",
            name=f"{name}_usd",
            kind="count",
            meaning=f"What {words} may cost. Kept once there is a gateway.",
        )
        for name, words in (
            ("attempt", "an attempt"),
            ("task", "a task"),
            ("day", "all tasks of a person on one day"),
            ("month", "all tasks of a person in one month"),
        )
    ),
)


def machine_keys_of(table: str) -> dict[str, Key]:
    """The keys of a table of the machine's file, by name."""
    return {key.name: key for key in MACHINE_KEYS if key.table == table}

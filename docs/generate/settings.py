"""The page of `ropewalk.toml`."""

from docs.generate.markdown import head, table, text_of

from ropewalk.core.machinerules import MACHINE_FILE
from ropewalk.core.settings import KINDS, TABLES, Key, Table, keys_of
from ropewalk.core.settings.machine import MACHINE_TABLES, machine_keys_of

PLACES = (
    (
        "Two files have this form. The project's is `ropewalk.toml` in the root of the repository, as it is in the"
        " base commit: an uncommitted edit does not count. Yours is `config.toml` in the state directory, else, where"
        " `ROPEWALK_HOME` is not set, `~/.config/ropewalk/config.toml` (or below `XDG_CONFIG_HOME`). Both are optional."
    ),
    "Commands from a project's file run only after you have agreed to that very text, once for each change of it.",
)

MACHINE = (
    f"`{MACHINE_FILE}` holds for everybody on a machine, if root alone can write it; else it is ignored, and"
    " `ropewalk doctor` says so. It can only narrow: an empty list allows nothing, a key that is absent changes"
    " nothing. A key that is not known is an error, and then nothing runs."
)


def page() -> str:
    """Markdown."""
    lines = head("Configuration", *PLACES)
    for one in TABLES:
        lines += ["", f"## `{one.title}`", "", one.meaning, "", *_keys(one)]
    lines += ["", "## The machine's own file", "", MACHINE]
    for one in MACHINE_TABLES:
        lines += ["", f"### `{one.title}` of the machine", "", one.meaning, ""]
        keys = machine_keys_of(one.name).values()
        rows = [(f"`{key.name}`", _kind(key), key.meaning) for key in keys]
        lines += table(("key", "kind", "meaning"), rows)
    lines += ["", "## Kinds of values", ""]
    lines += table(("kind", "what it looks like"), KINDS.items())
    return text_of(lines)


def _keys(one: Table) -> list[str]:
    rows = [
        (f"`{key.name}`", _kind(key), f"`{key.default}`" if key.default else "–", key.meaning)
        for key in keys_of(one.name).values()
    ]
    return table(("key", "kind", "default", "meaning"), rows)


def _kind(key: Key) -> str:
    return ", ".join(f'`"{one}"`' for one in key.choices) if key.choices else key.kind

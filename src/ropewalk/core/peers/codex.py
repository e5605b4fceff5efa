"""The Codex app: `.codex/environments/NAME.toml`.

Its documentation says that such a file is kept below `.codex`, not what is in it; the form here is that of
the files that the app wrote in public repositories: `setup.script`, `cleanup.script`, each with a variant
for one system (`setup.linux.script`), and `[[actions]]` with `name`, `icon`, `command` and `platform`.
"""

from ropewalk.core.peers.reading import Files, Found, Table, read_toml

FOLDER = ".codex/environments/"
FIRST = f"{FOLDER}environment.toml"


def files_of(files: Files) -> list[str]:
    """The files that are there, the one that counts first."""
    found = [
        one
        for one in files.names
        if one.startswith(FOLDER) and one.endswith(".toml") and one.count("/") == 2
    ]
    return sorted(found, key=lambda one: (one != FIRST, one))


def read(files: Files, name: str) -> Found:
    """What the file says."""
    whole = read_toml(files, name)
    run, others = _run(files, whole)
    return Found(
        peer="codex",
        file=name,
        commands=files.script(_script(files, whole.table("setup"))),
        run=next(iter(files.script(run)), ()),
        teardown=files.script(_script(files, whole.table("cleanup"))),
        notes=(f"{name}: the actions {', '.join(others)} are not taken over.",) if others else (),
    )


def _script(files: Files, table: Table) -> str:
    return table.table(files.platform).text("script") or table.text("script")


def _run(files: Files, whole: Table) -> tuple[str, list[str]]:
    """The action that is marked as running, else the only one; and the names of the others."""
    actions = [
        one
        for one in whole.tables("actions")
        if one.text("command").strip() and one.text("platform") in ("", files.platform)
    ]
    marked = [one for one in actions if one.text("icon") == "run"] or actions[: len(actions) == 1]
    chosen = marked[0] if marked else None
    others = [one.text("name") or "without a name" for one in actions if one is not chosen]
    return chosen.text("command") if chosen else "", others

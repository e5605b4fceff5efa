"""Conductor: `.conductor/settings.toml`, and `conductor.json` from before.

Its documentation: scripts.setup, scripts.run, scripts.archive; in the TOML file also several runs by name
(`[scripts.run.NAME]` or `[tasks.NAME]` with `command` and `default`), `file_include_globs`, and
`[environment_variables]` with those of one place below it (`.local`, `.cloud`). Its scripts run in zsh; here
in the shell that is there.
"""

from ropewalk.core.peers.reading import Files, Found, Table, read_json, read_toml

TOML = ".conductor/settings.toml"
JSON = "conductor.json"
VARIABLES = "environment_variables"
PLACES = ("local", "cloud")
COPIES = (
    "Conductor copies .env* by itself, Ropewalk only what you name: "
    '[setup] bring = [".env*"], or a line in .worktreeinclude.'
)


def files_of(files: Files) -> list[str]:
    """The files that are there, the one that counts first."""
    return [one for one in (TOML, JSON) if one in files.names]


def read(files: Files, name: str) -> Found:
    """What the file says."""
    whole = read_toml(files, name) if name == TOML else read_json(files, name)
    scripts = whole.table("scripts")
    run, notes = _run(whole, scripts)
    environment, unset = _environment(whole)
    bring = tuple(whole.text("file_include_globs").split())
    return Found(
        peer="conductor",
        file=name,
        commands=files.script(scripts.text("setup")),
        environment=environment,
        bring=bring,
        run=next(iter(files.script(run)), ()),
        teardown=files.script(scripts.text("archive")),
        notes=(*notes, *unset, *_env(files, bring)),
    )


def _environment(whole: Table) -> tuple[dict[str, str], tuple[str, ...]]:
    """The variables of all places, then those of this machine's workspaces; those of its cloud are not ours."""
    shared, unset = whole.values(VARIABLES, without=PLACES)
    table = whole.table(VARIABLES)
    local, more = table.values("local") if table.has("local", dict) else ({}, ())
    return {**shared, **local}, (*unset, *more)


def _run(whole: Table, scripts: Table) -> tuple[str, list[str]]:
    """The one script, else the default of several, else the first of them by name."""
    if scripts.has("run", str):
        return scripts.text("run"), []
    several = [*scripts.tables("run"), *whole.tables("tasks")]
    several = [one for one in several if one.text("command") and _is_local(one)]
    several.sort(key=lambda one: one.content.get("default") is not True)
    if not several:
        return "", []
    others = [one.at.rstrip(".") for one in several[1:]]
    notes = [f"{whole.file}: {', '.join(others)} are not taken over: there is one [run]."]
    return several[0].text("command"), notes if others else []


def _is_local(one: Table) -> bool:
    return not one.content.get("available_in") or "local" in one.texts("available_in")


def _env(files: Files, bring: tuple[str, ...]) -> list[str]:
    """Conductor copies `.env*` where nothing says otherwise."""
    said = bring or ".worktreeinclude" in files.names
    return [] if said else [COPIES]

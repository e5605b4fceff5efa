"""The page of the environment variables. A test finds every variable in the code that is not here."""

from docs.generate.markdown import head, table, text_of

READ = {
    "ROPEWALK_HOME": "The state directory, which selects a whole instance. Also: `--home DIR`.",
    "XDG_STATE_HOME": "Without `ROPEWALK_HOME` the state is in `ropewalk` below this, else below `~/.local/state`.",
    "XDG_CONFIG_HOME": "Without `ROPEWALK_HOME` your configuration is in `ropewalk/config.toml` below this, else "
    "below `~/.config`.",
    "XDG_RUNTIME_DIR": "Where a socket is made whose usual path would be too long; else the directory for "
    "temporary files.",
    "NO_COLOR": "Not empty: no colour. Also: `--no-color`.",
    "TERM": "`dumb`: no colour.",
    "COLUMNS": "How wide output is that does not go to a terminal.",
    "VISUAL, EDITOR": "The editor of `edit` and `merge -e`; without them `vi`.",
    "PATH": "Where git is found, and, of the terminal where `run` is typed, agents and the programs of checks.",
    "PAGER": "Shows diffs on a terminal; without it `less`.",
    "LESS": "Options of `less`; without it `FRX`.",
    "SHELL": "The shell of `ropewalk shell`.",
    "ROPEWALK_IDLE_S": "Seconds after which a hub that nothing needs ends by itself (600). Read at the hub's start.",
    "ROPEWALK_KEEP_SPOOLS": "`1`: runs' spools are not deleted after they were read. For tests and benchmarks.",
    "ROPEWALK_ENGINE": "The engine of new workspaces, where the best one here makes trouble: `btrfs`, "
    "`overlay`, `reflink`, `clonefile` or `clone`. `ropewalk doctor` shows which there are.",
    "ROPEWALK_CONTAINMENT": "`cgroup` or `process-group`: the best that is to be used to hold a run's processes "
    "together, where a better one makes trouble.",
    "ROPEWALK_POSIX_ONLY": "`1`: hide what only Linux has, to test the other path.",
}

GIVEN = {
    "ROPEWALK_TASK": "agents, `shell`, `edit`: the task's number, `7`.",
    "ROPEWALK_ATTEMPT": "agents, `shell`, `edit`: the attempt's id, `7.2`.",
    "ROPEWALK_ATTEMPT_NUMBER": "agents: the attempt's number in its task, `2`.",
    "ROPEWALK_BASE": "agents: the commit that the attempt began from.",
    "ROPEWALK_BRANCH": "`shell`, `edit`: the attempt's branch in its workspace.",
    "ROPEWALK_SHOWN": "`shell`, `edit`: the names of variables that a program in the sandbox may see as well.",
    "ROPEWALK_CHECK": "checks: the check's name. Checks also get `CI=true`.",
}

TESTING = {
    "ROPEWALK_AGENT_STATE": "Where the scripted agent keeps its sessions.",
    "ROPEWALK_SOAK_SECONDS": "How long `make soak` runs.",
}

KEPT = (
    "An agent's environment is made, not inherited. From the terminal of `ropewalk run` come `PATH`, `VIRTUAL_ENV`,"
    " `LANG`, `LC_*`, `TZ`, `TERM`, `SHELL`, `HOME` and `USER`: these are kept with the task. Added are what the"
    " agent's table names in `environment` and `passes`. A variable in `passes` is taken from the terminal if its name"
    " ends in `_API_KEY`, `_AUTH_TOKEN` or `_OAUTH_TOKEN`, else from the environment that the hub was started with."
    " `say`, `resume` and `rebase` hand them over again, `resume` all that the attempt was promised. Values of `passes`"
    " are never stored, their names are: an attempt whose values are gone after a restart of the hub does not start"
    " without them, but needs you. Checks get what is kept with the task, no secrets."
)


def page() -> str:
    """Markdown."""
    lines = head("Environment variables")
    for title, names in (
        ("Read by Ropewalk", READ),
        ("Set by Ropewalk", GIVEN),
        ("For those who work on Ropewalk", TESTING),
    ):
        rows = [(f"`{name}`", meaning) for name, meaning in names.items()]
        lines += ["", f"## {title}", "", *table(("variable", "meaning"), rows)]
    return text_of([*lines, "", "## What agents and checks see", "", KEPT])

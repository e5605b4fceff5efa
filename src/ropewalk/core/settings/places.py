"""Keys of what makes a workspace ready, runs in it, and ends it."""

from ropewalk.core.settings.kinds import Key

KEYS: tuple[Key, ...] = (
    Key(
        table="setup",
        name="run",
        kind="commands",
        meaning="The commands, in this order; none of what follows runs after one that fails. `[]`: nothing is to be "
        "done. Without it, they are found.",
    ),
    Key(
        table="setup",
        name="inputs",
        kind="globs",
        default="[]",
        meaning="Files that decide what the commands do, beyond lock files, manifests, and scripts that a command "
        "names: when one changes, the set-up is done again.",
    ),
    Key(
        table="setup",
        name="bring",
        kind="patterns",
        meaning="Ignored files of your checkout that are copied into a workspace, such as `.env`. Without it, the "
        "lines of `.worktreeinclude` count.",
    ),
    Key(
        table="setup",
        name="limit",
        kind="duration",
        default='"30m"',
        meaning="When the whole set-up is ended, and has failed.",
    ),
    Key(
        table="setup",
        name="like",
        kind="choice",
        choices=("conductor", "superset", "cursor", "emdash", "codex"),
        meaning="The commands of all three tables see the variables of that tool too (CONDUCTOR_PORT, …): for "
        "scripts that were written for it.",
    ),
    Key(
        table="run",
        name="command",
        kind="command",
        meaning="How to start the server or whatever is to be looked at. {port}, {port+1}, …, {path}, {attempt} and "
        "{task} are filled in.",
    ),
    Key(
        table="run",
        name="ports",
        kind="count",
        meaning="How many ports each workspace has for itself, at most 1000 (10 where this is not set): {port}, "
        "{port+1}, ….",
    ),
    Key(
        table="teardown",
        name="run",
        kind="commands",
        meaning="The commands, in this order; one that fails keeps no other from running. Without it, those of the "
        "tool whose file is read, if any is.",
    ),
    Key(
        table="teardown",
        name="limit",
        kind="duration",
        default='"2m"',
        meaning="When each of the commands is ended. The workspace goes to the trash all the same.",
    ),
    Key(
        table="environment",
        name="NAME",
        kind="text",
        meaning="The value of the variable NAME. {port}, {port+1}, …, {path}, {attempt} and {task} are filled in. "
        "PATH, HOME, and what begins with GIT_, LD_, DYLD_ or ROPEWALK_ cannot be set.",
    ),
)

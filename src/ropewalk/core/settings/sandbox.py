"""Keys of what runs are locked in, and of what they reach."""

from ropewalk.core.box import RUNGS
from ropewalk.core.settings.kinds import Key

KEYS: tuple[Key, ...] = (
    Key(
        table="sandbox",
        name="rung",
        kind="choice",
        choices=RUNGS,
        meaning="The sandbox that is used, if the machine holds it. Only your own file can say it. Where it is not "
        "set, a `minimum` decides, and without one there is none. With none, you are asked for each agent.",
    ),
    Key(
        table="sandbox",
        name="minimum",
        kind="choice",
        choices=RUNGS,
        default='"none"',
        meaning="The weakest sandbox that will do. Where the machine holds less, nothing starts.",
    ),
    Key(
        table="sandbox",
        name="seen",
        kind="paths",
        default="[]",
        meaning="What is shown read-only besides the system and what is found by PATH. In your own file, also a "
        "directory of credentials, if you name it; in a project's, never one.",
    ),
    Key(
        table="sandbox",
        name="written",
        kind="paths",
        default="[]",
        meaning="Directories of yours that runs may change, as they are outside. Only your own file can say it.",
    ),
    Key(
        table="sandbox",
        name="hidden",
        kind="paths",
        default="[]",
        meaning="What is empty inside, though it lies in something that is shown.",
    ),
    Key(
        table="sandbox",
        name="nested",
        kind="flag",
        default="false",
        meaning="Whether what runs inside may make sandboxes of its own, as some agents and browsers do.",
    ),
    Key(
        table="sandbox",
        name="logins",
        kind="flag",
        default="true",
        meaning="Whether an agent that is logged in outside gets the directory that says so (`~/.claude`, `~/.codex`, "
        "…), to read and to write. With `false`, it has to get a key (`passes`).",
    ),
    Key(
        table="sandbox",
        name="memory_mb",
        kind="count",
        meaning="Memory that all processes of a run may take together, in MB (no bound where this is not set).",
    ),
    Key(
        table="sandbox",
        name="processes",
        kind="count",
        meaning="How many processes and threads a run may have (no bound where this is not set).",
    ),
    Key(
        table="sandbox",
        name="processors",
        kind="count",
        meaning="How many processors a run may keep busy. Not kept by any sandbox yet.",
    ),
    Key(
        table="sandbox",
        name="files",
        kind="count",
        meaning="How many files each process may have open (no bound of ours where this is not set).",
    ),
    Key(
        table="sandbox",
        name="disk_mb",
        kind="count",
        meaning="What a run may add to its workspace, in MB (no bound where this is not set).",
    ),
    Key(
        table="network",
        name="preset",
        kind="choice",
        choices=("none", "listed", "registries", "open"),
        default='"open"',
        meaning="`none`: nothing. `listed`: `domains`. `registries`: those, and where packages come from. `open`: "
        "everything.",
    ),
    Key(
        table="network",
        name="domains",
        kind="domains",
        default="[]",
        meaning="Hosts that may be reached.",
    ),
    Key(
        table="network",
        name="checks",
        kind="flag",
        default="false",
        meaning="Whether checks reach what agents reach. Without it, they reach nothing but themselves.",
    ),
)

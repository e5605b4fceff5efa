"""Keys of tasks, and of what this machine gives them."""

from ropewalk.core.settings.kinds import Key

KEYS: tuple[Key, ...] = (
    Key(
        table="task",
        name="agent",
        kind="text",
        meaning='The agents, as in --agent: "claude@opus:2,codex". Without it: the first one found here.',
    ),
    Key(
        table="task",
        name="count",
        kind="count",
        default="1",
        meaning="How many attempts, as in -n.",
    ),
    Key(
        table="task",
        name="limit",
        kind="duration",
        default='"1h"',
        meaning="How long an attempt may work on one turn; the time stands still while you are asked.",
    ),
    Key(
        table="task",
        name="merge",
        kind="choice",
        choices=("squash", "merge", "rebase"),
        default='"squash"',
        meaning="How a change is brought into a branch.",
    ),
    Key(
        table="limits",
        name="attempts",
        kind="count",
        meaning="How many attempts run at once (16 where this is not set); the others wait.",
    ),
    Key(
        table="limits",
        name="memory_keep_mb",
        kind="count",
        default="512",
        meaning="Memory that is kept free for everything else, in MB.",
    ),
    Key(
        table="limits",
        name="disk_keep_mb",
        kind="count",
        meaning="Disk that is kept free where workspaces live, in MB (2048 where this is not set, or a twentieth of "
        "a smaller disk): with less, no new workspace is made.",
    ),
    Key(
        table="limits",
        name="disk_mb",
        kind="count",
        meaning="What all workspaces, their bases and the trash may take together, in MB (no limit where this is not "
        "set): beyond it, no new workspace is made. Workspaces are measured when a turn ends.",
    ),
    Key(
        table="limits",
        name="keep_days",
        kind="count",
        default="30",
        meaning="How many days the trash is kept, and the texts (prompts, transcripts, output) of tasks that "
        "are closed. What was kept or merged stays for good.",
    ),
)

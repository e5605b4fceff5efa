"""Every table and key of `ropewalk.toml` as data: it drives the parsing and the reference in the docs."""

from dataclasses import dataclass
from typing import Literal

from ropewalk.core.box import RUNGS

Kind = Literal[
    "text",
    "choice",
    "words",
    "command",
    "commands",
    "globs",
    "patterns",
    "names",
    "values",
    "flag",
    "count",
    "duration",
    "paths",
    "domains",
]

KINDS: dict[Kind, str] = {
    "text": "a string",
    "choice": "one of the words named",
    "words": "a list of strings",
    "command": 'a list of strings, or one string that is split like a shell does ("pytest -q")',
    "commands": 'one command, or a list of them: each a string, or a list of strings (`["npm ci", ["sh", "-c", "…"]]`)',
    "globs": "a list of path patterns",
    "patterns": "a list of lines as in a `.gitignore`",
    "names": "a list of names of environment variables",
    "values": "a table of strings",
    "flag": "true or false",
    "count": "a whole number, 1 or more",
    "paths": "a list of paths, each absolute or beginning with `~/`",
    "domains": "a list of names of hosts, `*.` before one for all below it",
    "duration": 'seconds as a number, or "90s", "15m", "1h30m"',
}
"""What a value of each kind looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. `many`: its name is followed by one the person chooses, as in `[agents.NAME]`.

    `free`: its keys are names that the person chooses; what it has as a key here stands for all of them.
    """

    name: str
    meaning: str
    many: bool = False
    free: bool = False

    @property
    def title(self) -> str:
        """The table as it is written, with NAME for what the person chooses."""
        return f"[{self.name}.NAME]" if self.many else f"[{self.name}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of a table. `default` is written as in a file; empty: there is none."""

    table: str
    name: str
    kind: Kind
    meaning: str
    default: str = ""
    choices: tuple[str, ...] = ()


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
    Key(
        table="agents",
        name="command",
        kind="command",
        meaning="How to start the agent as a plain command. {prompt}, {model} and {file} are filled in; an "
        "argument that is only an unset placeholder goes, together with the option before it.",
    ),
    Key(
        table="agents",
        name="acp",
        kind="command",
        meaning="How to start the agent so that it speaks the Agent Client Protocol; instead of command.",
    ),
    Key(
        table="agents",
        name="prompt",
        kind="choice",
        choices=("argument", "stdin", "file"),
        default='"argument"',
        meaning="How a plain command gets its prompt: as {prompt} in its arguments, on its standard input, "
        "or in a file that {file} names.",
    ),
    Key(
        table="agents",
        name="resume",
        kind="command",
        meaning="How to start a plain command for a later turn; without it a later turn starts afresh.",
    ),
    Key(
        table="agents",
        name="model",
        kind="text",
        meaning="The model when none is named with NAME@MODEL.",
    ),
    Key(
        table="agents",
        name="models",
        kind="words",
        default="[]",
        meaning="The models that NAME@MODEL may name; empty: any.",
    ),
    Key(
        table="agents",
        name="environment",
        kind="values",
        default="{}",
        meaning="Environment variables for the agent. They are kept in the record: no secrets. {model} is "
        "filled in.",
    ),
    Key(
        table="agents",
        name="passes",
        kind="names",
        default="[]",
        meaning="Variables that are handed on from your own environment, such as keys; never stored. Only your "
        "own file can say it, also for an agent that the project's file describes.",
    ),
    Key(
        table="agents",
        name="memory_mb",
        kind="count",
        default="400",
        meaning="Memory that one such agent is expected to need, in MB; what does not fit waits.",
    ),
    Key(
        table="checks",
        name="run",
        kind="command",
        meaning="The command. {report} is the report's path.",
    ),
    Key(
        table="checks",
        name="required",
        kind="flag",
        default="true",
        meaning="Whether a change that fails it ranks below one that does not.",
    ),
    Key(
        table="checks",
        name="report",
        kind="choice",
        choices=("none", "junit", "go-json"),
        default='"none"',
        meaning="What it reports for each test: a JUnit XML file at {report}, `go test -json` on its output, "
        "or nothing.",
    ),
    Key(
        table="checks", name="limit", kind="duration", default='"15m"', meaning="When it is ended."
    ),
    Key(
        table="checks",
        name="tests",
        kind="globs",
        default="[]",
        meaning="The test files. A change that edits them is judged with the base's as well.",
    ),
    Key(
        table="checks",
        name="config",
        kind="globs",
        default="[]",
        meaning="Other files that decide what the check does; edits to them count as edits to tests.",
    ),
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
        meaning="How many processors a run may keep busy (no bound where this is not set).",
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


def keys_of(table: str) -> dict[str, Key]:
    """The keys of a table by name."""
    return {key.name: key for key in KEYS if key.table == table}


# --- the machine's -------------------------------------------------------------------------------

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

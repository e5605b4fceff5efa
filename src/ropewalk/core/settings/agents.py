"""Keys of the agents that may be asked for."""

from ropewalk.core.settings.kinds import Key

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
)

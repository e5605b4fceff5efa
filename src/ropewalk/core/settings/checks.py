"""Keys of the checks that judge a change."""

from ropewalk.core.settings.kinds import Key

KEYS: tuple[Key, ...] = (
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
)

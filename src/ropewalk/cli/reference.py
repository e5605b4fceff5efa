"""`python -m ropewalk.cli.reference`: the reference page of the command line, from the parser itself."""

import os
import sys

from ropewalk.cli.exits import MEANING
from ropewalk.cli.parser import build
from ropewalk.cli.verbs import VERBS


def page() -> str:
    """Markdown. Help is laid out for 80 columns, wherever it is made."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        return _page()
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


def _page() -> str:
    parser = build()
    verbs = next(one for one in parser._actions if one.dest == "verb")  # noqa: SLF001
    lines = [
        "# The command line",
        "",
        "Made by `python -m ropewalk.cli.reference`; do not edit.",
        "",
    ]
    lines += ["Ids: `7` is a task, `7.2` its second attempt, `7.2@3` a version of its change.", ""]
    lines += ["## Exit codes", "", "| code | meaning |", "|---|---|"]
    lines += [f"| {code} | {meaning} |" for code, meaning in MEANING.items()]
    lines += ["", "## `ropewalk`", "", *_block(parser.format_help())]
    choices = dict(verbs.choices.items() if isinstance(verbs.choices, dict) else ())
    for verb in VERBS:
        lines += ["", f"## `ropewalk {verb.name}`", "", *_block(choices[verb.name].format_help())]
    return "\n".join(lines) + "\n"


def _block(text: str) -> list[str]:
    return ["```text", *text.rstrip().splitlines(), "```"]


if __name__ == "__main__":
    sys.stdout.write(page())

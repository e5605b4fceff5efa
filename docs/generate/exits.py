"""The page of the exit codes."""

from docs.generate.markdown import head, table, text_of

from ropewalk.cli.exits import MEANING


def page() -> str:
    """Markdown."""
    lines = head(
        "Exit codes", "What a script can rely on. A message for a person goes to standard error."
    )
    rows = [(str(code), meaning) for code, meaning in MEANING.items()]
    return text_of([*lines, "", *table(("code", "meaning"), rows)])

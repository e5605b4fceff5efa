"""What a benchmark prints: a table for a person, then one line of JSON for a program."""

import json
from collections.abc import Sequence

Row = tuple[str, str, str]
"""What was measured, the value with its unit, and how (or a rival's value)."""


def table(title: str, rows: Sequence[Row]) -> str:
    """The rows in columns below a title."""
    widths = [max(len(row[place]) for row in rows) for place in range(2)]
    lines = [
        f"{one:<{widths[0]}}  {two:>{widths[1]}}  {three}".rstrip() for one, two, three in rows
    ]
    return "\n".join([title, *lines])


def report(title: str, rows: Sequence[Row], figures: dict[str, float | int]) -> None:
    """Print the table, and as the last line the figures as one flat JSON object."""
    print(table(title, rows))
    rounded = {k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()}
    print(json.dumps(rounded), flush=True)

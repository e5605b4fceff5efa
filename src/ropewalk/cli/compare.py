"""`compare`: the attempts of a task, ranked, with reasons."""

from argparse import Namespace

from ropewalk.cli import exits
from ropewalk.cli.rows import check_words, fork_words
from ropewalk.cli.session import Session
from ropewalk.cli.style import Style
from ropewalk.cli.table import table
from ropewalk.cli.text import money, plain, wrap
from ropewalk.core.views import Comparison, RankedRow

HEAD = (
    "rank",
    "attempt",
    "agent",
    "checks",
    "with base tests",
    "agrees with",
    "files",
    "lines",
    "cost",
    "why",
)


def run(args: Namespace) -> int:
    """Show each task's comparison."""
    session = Session(args)
    session.show([fetch(session, name) for name in args.ids], comparison_lines)
    return exits.OK


def fetch(session: Session, name: str) -> Comparison:
    """The comparison of a task, or of the task of an attempt."""
    return session.hub.get(f"/v1/compare/{name.partition('.')[0]}")


def comparison_lines(found: Comparison, columns: int, style: Style) -> list[str]:
    """The table, what stands out, and the next commands."""
    lines = [style("bold", f"{found['task']} · {plain(found['title'])}")]
    base = check_words(found["base_checks"])
    lines += [f"base: {base}"] if base else []
    one_agent = len({row["agent"] for row in found["rows"]}) < 2
    head, *rows = table(HEAD, [_cells(row, one_agent) for row in found["rows"]], columns)
    lines += [style("dim", head), *rows]
    for row in found["rows"]:
        lines += _below(row, columns, style)
    for note in [found["confidence"], *found["notes"]]:
        lines += ["  " + line for line in wrap(plain(note), columns - 2)]
    for step in found["next"]:
        lines.append(f"  {plain(step)}")
    return lines


def _cells(row: RankedRow, one_agent: bool) -> list[str]:
    agrees = ", ".join(row["agrees_with"]) or "–"
    return [
        str(row["rank"]),
        f"{row['alias']}@{row['version']}" if row["version"] > 1 else row["alias"],
        "" if one_agent else plain(row["agent"]),
        plain(row["checks"]) or "–",
        plain(row["with_base_tests"]),
        agrees,
        str(row["files"]),
        f"+{row['added']} −{row['removed']}",
        money(row["cost_usd"]),
        plain(row["why"]),
    ]


def _below(row: RankedRow, columns: int, style: Style) -> list[str]:
    lines: list[str] = []
    if row["fork"]:
        lines.append(f"  {row['alias']} goes on {fork_words(row['fork'])}")
    for colour, word, names in (
        ("red", "breaks", row["regressions"]),
        ("green", "fixes", row["fixed"]),
        ("yellow", "look", row["findings"]),
    ):
        for name in names[:5]:
            said = wrap(f"{row['alias']} {word}: {plain(name)}", columns - 2)
            lines += [style(colour, "  " + line) for line in said]
        if len(names) > 5:
            lines.append(f"  … and {len(names) - 5} more: ropewalk show {row['alias']}")
    return lines

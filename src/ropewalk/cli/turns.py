"""`turns`: what an attempt was asked, turn by turn, and what its files were after each."""

from argparse import Namespace

from ropewalk.cli import exits
from ropewalk.cli.rows import fork_words
from ropewalk.cli.session import Session
from ropewalk.cli.style import Style
from ropewalk.cli.table import table
from ropewalk.cli.text import clock, count, plain, wrap
from ropewalk.core.views import TurnsView, TurnView, VersionView

HEAD = ("turn", "version", "files", "lines", "asked by", "at", "took", "outcome", "prompt")


def run(args: Namespace) -> int:
    """Show each attempt's turns."""
    session = Session(args)
    session.show([fetch(session, name) for name in args.ids], turns_lines)
    return exits.OK


def fetch(session: Session, name: str) -> TurnsView:
    """The turns of an attempt."""
    return session.hub.get(f"/v1/turns/{name.partition('@')[0]}")


def turns_lines(found: TurnsView, columns: int, style: Style) -> list[str]:
    """The table, and how to go back."""
    origin = f"  {fork_words(found['fork'])}" if found["fork"] else ""
    lines = [style("bold", found["alias"]) + origin]
    rows = [row for one in found["turns"] for row in _rows(one)]
    head, *below = table(HEAD, rows, columns)
    lines += [style("dim", head), *below]
    name = found["alias"]
    lines += wrap(f"Set its files back: ropewalk rewind {name} --to TURN", columns)
    return [*lines, *wrap(f"Try again from there: ropewalk fork {name} --at TURN", columns)]


def _rows(turn: TurnView) -> list[list[str]]:
    return [_turn(turn), *(_between(one) for one in turn["then"])]


def _turn(turn: TurnView) -> list[str]:
    return [
        str(turn["number"]),
        _version(turn),
        count(turn["files"], "file") if turn["version"] else "",
        f"+{turn['added']} −{turn['removed']}" if turn["version"] else "",
        plain(turn["by"]).removeprefix("person:"),
        _at(turn["started"]),
        clock(turn["elapsed_s"]) if turn["started"] else "",
        plain(turn["outcome"]) or ("" if turn["files_are"] else "at work"),
        plain(turn["prompt"]) if turn["number"] else "what it began with",
    ]


def _version(turn: TurnView) -> str:
    held = f"@{turn['version']}" if turn["version"] else "base"
    words = {"": "", "nothing": f"{held}, no change", "lost": "not kept"}
    return words.get(turn["files_are"], held)


def _between(one: VersionView) -> list[str]:
    size = [count(one["files"], "file"), f"+{one['added']} −{one['removed']}"]
    return ["", f"@{one['number']}", *size, "", "", "", "", plain(one["note"])]


def _at(seconds: float) -> str:
    from time import localtime, strftime, time

    if not seconds:
        return ""
    when, today = localtime(seconds), localtime(time())
    return strftime("%H:%M" if when[:3] == today[:3] else "%Y-%m-%d %H:%M", when)

"""`doctor`: what this machine can do, and what is wrong."""

from argparse import Namespace

from ropewalk.cli import exits
from ropewalk.cli.session import Session
from ropewalk.cli.style import Style
from ropewalk.cli.text import plain, wrap
from ropewalk.core.views import Doctor

MARKS = {"ok": ("green", "✓"), "note": ("yellow", "•"), "problem": ("red", "✗")}


def run(args: Namespace) -> int:
    """Fails if there is a problem."""
    session = Session(args)
    found: Doctor = session.hub.get("/v1/doctor", {"directory": session.directory})
    if session.json:
        session.document(found)
    else:
        session.print(*doctor_lines(found, session.width, session.style))
    bad = any(one["state"] == "problem" for one in found["findings"])
    return exits.FAILED if bad else exits.OK


def doctor_lines(found: Doctor, columns: int, style: Style) -> list[str]:
    """A line for each finding, its hint below."""
    lines: list[str] = []
    for one in found["findings"]:
        colour, mark = MARKS[one["state"]]
        head, *rest = wrap(f"{plain(one['name'])}: {plain(one['text'])}", columns - 2) or [""]
        lines += [f"{style(colour, mark)} {head}", *("  " + line for line in rest)]
        lines += [style("dim", "    " + line) for line in wrap(plain(one["hint"]), columns - 4)]
    return lines

"""`diff`: what an attempt changed, or how two differ."""

import sys
from argparse import Namespace

from ropewalk.cli import exits
from ropewalk.cli.session import Session
from ropewalk.cli.style import Style
from ropewalk.cli.text import exact_lines


def run(args: Namespace) -> int:
    """Through the pager, harmless on any terminal; as it is elsewhere, so that git can apply it."""
    session = Session(args)
    found = session.hub.get("/v1/diff", {"a": args.a, "b": args.b})
    if session.json:
        session.document(found)
    elif not found["diff"]:
        print("There is no difference.", file=sys.stderr)
    elif session.interactive:
        from ropewalk.cli.editor import page

        page(painted(found["diff"], session.style))
    elif sys.stdout.isatty():
        sys.stdout.write(painted(found["diff"], session.style))
    else:
        sys.stdout.write(found["diff"])
    return exits.OK


def painted(diff: str, style: Style) -> str:
    """Harmless, complete and in colour, for a terminal."""
    return "".join(style(_colour(line), line) + "\n" for line in exact_lines(diff.rstrip("\n")))


def _colour(line: str) -> str:
    if line.startswith(("diff ", "index ", "--- ", "+++ ")):
        return "bold"
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")

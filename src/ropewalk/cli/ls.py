"""`ls`, and the bare `ropewalk`: the board."""

import sys
from argparse import Namespace

from ropewalk.cli import exits
from ropewalk.cli.rows import board_lines, next_lines
from ropewalk.cli.session import Session
from ropewalk.core.views import Board


def run(args: Namespace) -> int:
    """Show the board, once or as it changes."""
    session = Session(args)
    everything: bool = getattr(args, "all", False)
    if getattr(args, "watch", False):
        from ropewalk.cli.watch import watch

        return watch(session, everything=everything)
    board = fetch(session, everything=everything)
    if session.json:
        session.document(board)
        return exits.OK
    columns = session.width
    lines = board_lines(board, columns, session.style)
    if args.verb is None or not lines:
        lines += next_lines(board, columns)
    sys.stdout.write("\n".join(lines) + "\n")
    return exits.OK


def fetch(session: Session, *, everything: bool) -> Board:
    """The board of the project one stands in."""
    return session.hub.get("/v1/board", {"directory": session.directory, "all": int(everything)})

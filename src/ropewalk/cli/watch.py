"""`ls --watch`: the board, redrawn when something happened."""

import os
import select
import sys
import time

from ropewalk.cli import exits
from ropewalk.cli.ls import fetch
from ropewalk.cli.rows import board_lines
from ropewalk.cli.session import Session
from ropewalk.client.hub import Events

CALM_S = 0.5


def watch(session: Session, *, everything: bool) -> int:
    """Until Ctrl-C. Elsewhere than on a terminal (or with --json): the board anew after each change."""
    events = session.hub.events("", follow=True)
    try:
        while True:
            _show(session, everything=everything)
            if events.more() is None or not _calm(events):
                session.again()
                events.close()
                events = session.hub.events("", follow=True)
    except KeyboardInterrupt:
        return exits.OK
    finally:
        events.close()


def _calm(events: Events) -> bool:
    """Take in what comes within a moment, so that a storm is one redraw; False at the end."""
    end = time.monotonic() + CALM_S
    while (left := end - time.monotonic()) > 0 and select.select([events], [], [], left)[0]:
        if events.more() is None:
            return False
    return True


def _show(session: Session, *, everything: bool) -> None:
    board = fetch(session, everything=everything)
    if session.json:
        session.document(board)
    elif not sys.stdout.isatty():
        session.print(*board_lines(board, session.width, session.style), "")
    else:
        rows = os.get_terminal_size(sys.stdout.fileno()).lines or 24
        lines = board_lines(board, session.width, session.style)[: rows - 1]
        sys.stdout.write("\x1b[H\x1b[2J" + "\n".join(lines) + "\n")
    sys.stdout.flush()

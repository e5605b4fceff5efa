"""`wait`: until attempts have ended, are judged, or are decided."""

import time
from argparse import Namespace
from typing import Any

from ropewalk.cli import exits
from ropewalk.cli.rows import attempt_line
from ropewalk.cli.session import Session

LONGEST_S = 50.0


def run(args: Namespace) -> int:
    """Long polls, each shorter than the hub's own limit."""
    session = Session(args)
    end = time.monotonic() + args.timeout if args.timeout is not None else None
    while True:
        left = LONGEST_S if end is None else max(0.0, min(LONGEST_S, end - time.monotonic()))
        found = _poll(session, args, left)
        if found["done"] or (end is not None and time.monotonic() >= end):
            return _tell(session, found)


def _poll(session: Session, args: Namespace, seconds: float) -> Any:
    query = {"of": ",".join(args.ids), "for": args.until, "timeout_s": round(seconds, 3)}
    return session.hub.get("/v1/wait", query, seconds + 30)


def _tell(session: Session, found: Any) -> int:
    if session.json:
        session.document(found)
    else:
        columns = session.width
        session.print(*(attempt_line(one, columns, session.style) for one in found["attempts"]))
    good = found["done"] and all(one["outcome"] == "done" for one in found["attempts"])
    if not found["done"] and not session.json:
        session.print("Not all are through yet.")
    return exits.OK if good else exits.NOT_ALL

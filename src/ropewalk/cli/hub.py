"""`hub`: why the server is up and when it ends, its end, its log. Never starts one."""

import sys
import time
from argparse import Namespace
from pathlib import Path

from ropewalk.cli import exits
from ropewalk.cli.session import Session
from ropewalk.cli.text import clock, count, plain, plain_lines
from ropewalk.client.hub import Hub
from ropewalk.core.views import HubStatus

LOG_LINES = 200


def run(args: Namespace) -> int:
    """Status, stop or logs."""
    session = Session(args)
    if args.deed == "logs":
        return _logs(session)
    hub = Hub(session.home)
    seen = hub.seen()
    if seen is None:
        if session.json:
            session.document({"schema": 1, "running": False})
        else:
            session.print("The hub does not run; the next command starts it.")
        return exits.OK
    if args.deed == "stop":
        answer = hub.post("/v1/stop", {})
        _until_ended(session.home)
        if session.json:
            session.document(answer)
        else:
            session.print("The hub ends; agents go on. The next command starts it again.")
        return exits.OK
    if session.json:
        session.document(seen)
    else:
        session.print(*status_lines(seen, time.time()))
    return exits.OK


def _until_ended(home: str) -> None:
    """The next command finds no hub that is about to go."""
    from ropewalk.client.start import until_ended

    until_ended(home)


def status_lines(seen: HubStatus, now: float) -> list[str]:
    """Who it is, why it is up, when it ends."""
    up = clock(max(0.0, now - seen["started"]))
    lines = [
        f"hub {seen['version']} · up {up} · process {seen['pid']} · {count(seen['live_attempts'], 'live attempt')}",
        f"home {plain(seen['home'])}",
    ]
    lines += [f"up because: {plain(reason)}" for reason in seen["reasons"]]
    left = seen["ends_at"] - now
    return [
        *lines,
        f"ends by itself in {clock(max(0.0, left))}" if seen["ends_at"] else "no end is foreseen",
    ]


def _logs(session: Session) -> int:
    log = Path(session.home) / "hub" / "hub.log"
    try:
        lines = log.read_bytes().decode("utf-8", "replace").splitlines()[-LOG_LINES:]
    except FileNotFoundError:
        lines = []
    if session.json:
        session.document({"schema": 1, "path": str(log), "lines": lines})
        return exits.OK
    print(log, file=sys.stderr)
    session.print(*(one for line in lines for one in plain_lines(line)))
    return exits.OK

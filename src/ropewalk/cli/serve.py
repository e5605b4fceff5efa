"""`serve`: an attempt's work as it runs, at an address of its own."""

from argparse import Namespace
from typing import TYPE_CHECKING

from ropewalk.cli import exits
from ropewalk.cli.session import Session, actor
from ropewalk.cli.text import plain, plain_lines

if TYPE_CHECKING:
    from ropewalk.core.views import AttemptView, ServerLog, ServerView

WAIT_S = 20.0
TAIL_LINES = 12


def run(args: Namespace) -> int:
    """Start, stop or restart a server, or show its output."""
    session = Session(args)
    name = args.attempt.partition("@")[0]
    if args.follow and not args.logs:
        args.logs = True
    if args.logs:
        return _logs(session, name, follow=args.follow)
    deed = "stop" if args.stop else "restart" if args.restart else "start"
    body = {"actor": actor(), "deed": deed}
    one: AttemptView = session.hub.post(f"/v1/servers/{name}", body)
    if session.json:
        session.document(one)
    else:
        session.print(*_said(session, one))
    server = one["server"]
    fell = deed != "stop" and (server is None or server["state"] == "ended")
    return exits.FAILED if fell else exits.OK


def _said(session: Session, one: "AttemptView") -> list[str]:
    server, name = one["server"], one["alias"]
    if server is None:
        return [f"{name} has no server."]
    if server["state"] == "ended":
        said = f"{name} serves no more: {plain(server['reason'])}"
        return [said, *_last(session, name, server)]
    if server["state"] == "stopping":
        return [f"{name}'s server is being ended."]
    lines = [f"{name} is at {server['address']}"]
    if server["state"] == "starting":
        lines = [
            f"{name}'s server runs, but nothing takes connections at port {server['port']} yet."
        ]
        lines += [f"It will be at {server['address']}"]
    return [
        *lines,
        f"Its output: ropewalk serve {name} --logs · end it: ropewalk serve {name} --stop",
    ]


def _last(session: Session, name: str, server: "ServerView") -> list[str]:
    """The end of its output, where it fell."""
    if server["asked_to_stop"]:
        return []
    found: ServerLog = session.hub.get(f"/v1/servers/{name}/log", {"after": 0})
    return [f"  {line}" for line in plain_lines(found["text"].rstrip())[-TAIL_LINES:] if line]


def _logs(session: Session, name: str, *, follow: bool) -> int:
    """Print the output; with `follow` until the server is over."""
    after, rest = 0, ""
    while True:
        query = {"after": after, "wait_s": WAIT_S if follow else 0}
        found: ServerLog = session.hub.get(f"/v1/servers/{name}/log", query)
        if session.json:
            session.document(found)
        after, text = found["next"], rest + found["text"]
        more = follow and found["live"]
        text, rest = _lines(text) if more else (text, "")
        if text and not session.json:
            print("\n".join(plain_lines(text.rstrip("\n"))), flush=True)
        if not more:
            return exits.OK


def _lines(text: str) -> tuple[str, str]:
    """Whole lines, and the beginning of one whose end has not come."""
    head, end, rest = text.rpartition("\n")
    return head + end, rest

"""`try`: an attempt's state in your own checkout, and back."""

from argparse import Namespace
from typing import TYPE_CHECKING

from ropewalk.cli import exits
from ropewalk.cli.parser import UsageError
from ropewalk.cli.session import Session
from ropewalk.cli.text import plain

if TYPE_CHECKING:
    from ropewalk.core.views import TrialView


def run(args: Namespace) -> int:
    """Show it there, or take it back."""
    session = Session(args)
    if bool(args.attempt) == args.back:
        raise UsageError(
            "Name an attempt, or say --back.", "ropewalk try 7.2 · ropewalk try --back"
        )
    body = {**session.who(), "attempt": args.attempt or ""}
    found: TrialView = session.hub.post("/v1/trials", body)
    if session.json:
        session.document(found)
        return exits.OK
    session.print(plain(found["message"]))
    if not args.back:
        session.print("Take it back: ropewalk try --back")
    return exits.OK

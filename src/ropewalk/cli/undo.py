"""`undo`: names the last thing that was done here, then takes it back."""

from argparse import Namespace

from ropewalk.cli import exits
from ropewalk.cli.act import tell
from ropewalk.cli.consent import yes
from ropewalk.cli.session import Session
from ropewalk.cli.text import plain
from ropewalk.core.errors import Consent
from ropewalk.core.views import Undoable


def run(args: Namespace) -> int:
    """Ask first where it was not done from this terminal."""
    session = Session(args)
    last = _last(session)
    what = plain(last["what"])
    if not session.json:
        session.print(f"Takes back: {what}")
    if not (last["same_terminal"] or session.yes):
        question = f"It was not done from this terminal. Take back: {what}?"
        if not session.interactive:
            raise Consent(
                "It was not done from this terminal.",
                subject="undo",
                text=what,
                digest=last["action"],
                hint="Take it back all the same: ropewalk undo --yes",
            )
        if not yes(session, question):
            session.print("Nothing was taken back.")
            return exits.FAILED
    return tell(session, session.hub.post("/v1/undo", {**session.who(), "action": last["action"]}))


def _last(session: Session) -> Undoable:
    return session.hub.get("/v1/undo", session.who())

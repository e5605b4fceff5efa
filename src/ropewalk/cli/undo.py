"""`undo`: names the last thing that was done here, then takes it back."""

from argparse import Namespace

from ropewalk.cli import exits
from ropewalk.cli.act import tell
from ropewalk.cli.consent import yes
from ropewalk.cli.session import Session
from ropewalk.cli.text import plain
from ropewalk.core.errors import Consent
from ropewalk.core.views import Undoable

ELSEWHERE = "It was not done from this terminal."


def run(args: Namespace) -> int:
    """Ask first where it was not done from this terminal, or something that lasts came after it."""
    session = Session(args)
    last: Undoable = session.hub.get("/v1/undo", session.who())
    what, since = plain(last["what"]), plain(last.get("since", ""))
    if since:
        session.say_first(f"{since[:1].upper()}{since[1:]} came later and cannot be taken back.")
    if not session.json:
        session.print(f"Takes back: {what}")
    if not (session.yes or _agreed(session, last, since=since)):
        session.print("Nothing was taken back.")
        return exits.FAILED
    return tell(session, session.hub.post("/v1/undo", {**session.who(), "action": last["action"]}))


def _agreed(session: Session, last: Undoable, *, since: str) -> bool:
    """Whether the person wants it, asked where they may have meant something else."""
    what = plain(last["what"])
    if not last["same_terminal"]:
        if not session.interactive:
            raise Consent(
                ELSEWHERE,
                subject="undo",
                text=what,
                digest=last["action"],
                hint="Take it back all the same: ropewalk undo --yes",
            )
        return yes(session, f"{ELSEWHERE} Take back: {what}?")
    if since and session.interactive:
        return yes(session, f"Take back what was before it: {what}?")
    return True

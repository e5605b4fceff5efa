"""Asking the person before what needs their word; never without a terminal."""

from collections.abc import Callable
from typing import Any

from ropewalk.cli.session import Session
from ropewalk.cli.text import exact_lines, plain
from ropewalk.core.errors import Consent, Refused


def agreed(session: Session, ask: Callable[[], Any]) -> Any:
    """What `ask` answers, after every consent that the hub wants for it was given."""
    given: set[str] = set()
    while True:
        try:
            return ask()
        except Consent as wanted:
            marks = {f"{digest} {subject}" for subject, digest in wanted.agrees.items()}
            if marks <= given or not _agree(session, wanted):
                raise
            given |= marks
            for subject, digest in wanted.agrees.items():
                session.hub.post(
                    "/v1/consents", {**session.who(), "subject": subject, "digest": digest}
                )


def _agree(session: Session, wanted: Consent) -> bool:
    if session.trust if wanted.subject.startswith("file:") else session.yes:
        return True
    if not session.interactive:
        return False
    session.print(*("  " + line for line in exact_lines(wanted.text)))
    if yes(session, f"{plain(wanted.message)} Agree?"):
        return True
    raise Refused("Nothing was started.", hint="Agree when you run it again")


def yes(session: Session, question: str) -> bool:
    """A question that is answered with y or n; anything else is no."""
    try:
        answer = input(f"{question} [y/n] ")
    except EOFError:
        session.print()
        return False
    return answer.strip().lower() in ("y", "yes")

"""`fork`: a new attempt that goes on from the files of another one."""

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from ropewalk.cli import exits
from ropewalk.cli.consent import agreed
from ropewalk.cli.handing import promised, secrets
from ropewalk.cli.rows import fork_words
from ropewalk.cli.session import Session
from ropewalk.cli.text import plain

if TYPE_CHECKING:
    from ropewalk.core.views import AttemptView


def run(args: Namespace) -> int:
    """Start it, and say where to look."""
    session = Session(args)
    body = {
        **session.who(),
        "at": args.at or "",
        "agent": args.agent or "",
        "brief": " ".join(args.prompt).strip(),
        "environment": {"PATH": os.environ.get("PATH", "")},
        "secrets": secrets(promised(session, [args.attempt])),
        "trust": session.trust,
        "consent": session.yes,
    }
    path = f"/v1/forks/{args.attempt}"
    made: AttemptView = agreed(session, lambda: session.hub.post(path, body))
    if session.json:
        session.document(made)
        return exits.OK
    name = made["alias"]
    origin = fork_words(made["fork"]) if made["fork"] else ""
    session.print(
        f"{name} goes on {origin}: {plain(made['agent'])}, in files of its own.",
        "It has the files only, not the conversation.",
        f"Watch it: ropewalk log -f {name} · compare: ropewalk compare {made['task']}",
    )
    return exits.OK

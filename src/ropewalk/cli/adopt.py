"""`adopt`: an attempt made of a worktree or branch that somebody began elsewhere."""

from argparse import Namespace
from typing import TYPE_CHECKING

from ropewalk.cli import exits
from ropewalk.cli.consent import agreed
from ropewalk.cli.handing import secrets
from ropewalk.cli.run import environment
from ropewalk.cli.session import Session
from ropewalk.cli.text import count, plain

if TYPE_CHECKING:
    from ropewalk.core.views import AttemptView


def run(args: Namespace) -> int:
    """Make it, and say where to look."""
    session = Session(args)
    body = {
        **session.who(),
        "named": args.named,
        "brief": " ".join(args.prompt).strip(),
        "agents": [args.agent] if args.agent else [],
        "base": args.base,
        "checks": args.check,
        "unchecked": args.no_check,
        "environment": environment(),
        "secrets": secrets(),
        "trust": session.trust,
        "consent": session.yes,
    }
    made: AttemptView = agreed(session, lambda: session.hub.post("/v1/adoptions", body))
    if session.json:
        session.document(made)
        return exits.OK
    name = made["alias"]
    files = count(made["versions"][0]["files"], "file")
    session.print(
        f"{name} is a copy of {plain(args.named)}: {files} changed. The original stays as it is.",
        f"See it: ropewalk diff {name} · checks: ropewalk compare {made['task']}",
        f"Watch it: ropewalk log -f {name}"
        if body["brief"]
        else f'Let an agent go on: ropewalk say {name} "…"',
    )
    return exits.OK

"""`init`: a first `ropewalk.toml` from what the repository holds."""

import os
from argparse import Namespace

from ropewalk.cli import exits
from ropewalk.cli.session import Session
from ropewalk.cli.style import Style
from ropewalk.cli.text import exact_lines, plain, wrap
from ropewalk.core.views import Starter


def run(args: Namespace) -> int:
    """Write the file, or show it."""
    session = Session(args)
    body = {
        **session.who(),
        "path": os.environ.get("PATH", ""),
        "write": not args.only_print,
        "force": args.force,
    }
    found: Starter = session.hub.post("/v1/init", body)
    if session.json:
        session.document(found)
    elif args.only_print:
        session.print(*exact_lines(found["text"].rstrip("\n")))
    else:
        session.print(*told(found, session.width, session.style))
    return exits.OK


def told(found: Starter, columns: int, style: Style) -> list[str]:
    """What was written and why, then the next step."""
    commands = "; ".join(map(_shown, found["commands"])) or "nothing to do"
    facts = [
        f"set-up: {commands} (found: {found['source']})",
        f"checks: {', '.join(found['checks']) or 'none'}",
    ]
    lines = [f"Wrote {plain(found['file'])}"]
    for one in facts:
        lines += ["  " + line for line in wrap(plain(one), columns - 2)]
    for one in found["notes"]:
        lines += [style("dim", "  " + line) for line in wrap(plain(one), columns - 2)]
    return [*lines, "Read it, then commit it; an uncommitted one does not count:",
            '  git add ropewalk.toml && git commit -m "Say how workspaces are made"']  # fmt: skip


def _shown(argv: list[str]) -> str:
    """A command as somebody would type it; of a shell's the script."""
    return "; ".join(argv[2].strip().splitlines()) if argv[1:2] == ["-ec"] else " ".join(argv)

"""`secret`: what agents need and nobody should read. Values come from a hidden prompt or standard input."""

import sys
import time
from argparse import Namespace
from typing import TYPE_CHECKING

from ropewalk.cli import exits
from ropewalk.cli.gc import age
from ropewalk.cli.parser import UsageError
from ropewalk.cli.session import Session
from ropewalk.cli.table import table
from ropewalk.cli.text import plain, wrap

if TYPE_CHECKING:
    from ropewalk.core.views import SecretsView, SecretView

HEAD = ("name", "age", "agents", "kept in")
MOST = 1024 * 1024


def run(args: Namespace) -> int:
    """Set, list or let go."""
    session = Session(args)
    if (args.deed == "ls") == bool(args.name):
        raise UsageError(
            "Which secret?" if args.deed != "ls" else f"“{args.name}” is one too many.",
            "See how it goes: ropewalk help secret",
        )
    if args.command and args.deed != "set":
        raise UsageError("--command goes with set.", "See how it goes: ropewalk help secret")
    if args.deed == "ls":
        return _listed(session)
    path = f"/v1/secrets/{_named(args.name)}"
    if args.deed == "rm":
        said = session.hub.post(path, {"deed": "remove"})
        lines = [f"{args.name} is gone. Agents that have it already keep it until they end."]
    else:
        body = {"command": args.command} if args.command else {"value": _value(args.name)}
        said = session.hub.post(path, body)
        lines = wrap(_set_words(said), session.width)
    if session.json:
        session.document(said)
    else:
        session.print(*lines)
    return exits.OK


def _listed(session: Session) -> int:
    found: SecretsView = session.hub.get("/v1/secrets")
    if session.json:
        session.document(found)
    else:
        session.print(*secret_lines(found, session.width, time.time()))
    return exits.OK


def secret_lines(found: "SecretsView", columns: int, now: float) -> list[str]:
    """A row for each, without its value."""
    if not found["secrets"]:
        return ["There are no secrets. Keep one: ropewalk secret set ANTHROPIC_API_KEY"]
    rows = [
        (
            plain(one["name"]),
            age(now - one["since"]),
            ", ".join(map(plain, one["agents"])) or "none",
            _place(one),
        )
        for one in found["secrets"]
    ]
    return table(HEAD, rows, columns)


def _place(one: "SecretView") -> str:
    return f"what this prints: {plain(one['command'])}" if one["command"] else plain(one["place"])


def _set_words(one: "SecretView") -> str:
    """Where it is, and who gets it."""
    name = plain(one["name"])
    where = f"{name} is kept in {plain(one['place'])}."
    if one["command"]:
        where = f"{name} is what `{plain(one['command'])}` prints, each time that an agent starts."
    if one["agents"]:
        return f"{where} It goes to {', '.join(map(plain, one['agents']))}, as a variable."
    return (
        f"{where} No agent asks for it yet; say so in your own configuration: "
        f'[agents.NAME] passes = ["{name}"]'
    )


def _named(name: str) -> str:
    """The hub says what cannot be a name; here only what could not be part of a path."""
    if not name.isidentifier() or not name.isascii():
        raise UsageError(
            f"“{name}” cannot be the name of a secret.",
            "It is the name of the variable that an agent looks for: ANTHROPIC_API_KEY",
        )
    return name


def _value(name: str) -> str:
    """From a prompt that shows nothing, or all of standard input without the newline at its end."""
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass(f"{name} (nothing is shown): ")
    said = sys.stdin.buffer.read(MOST).decode("utf-8", "surrogateescape")
    return said.removesuffix("\n").removesuffix("\r")

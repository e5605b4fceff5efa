"""`shell` and `edit`: the person in an attempt's workspace."""

import os
import sys
from argparse import Namespace

from ropewalk.cli import desk
from ropewalk.cli.editor import call, editor
from ropewalk.cli.session import Session
from ropewalk.core.errors import Refused
from ropewalk.core.setup import inside
from ropewalk.core.views import AttemptView, VisitView


def run(args: Namespace) -> int:
    """One after the other; the last program's exit code."""
    session = Session(args)
    if args.verb == "edit" and (args.desk or args.done or args.discard or desk.graphical(editor())):
        return desk.run(session, args)
    code = 0
    for name in args.ids:
        one: AttemptView = session.hub.get(f"/v1/attempts/{name.partition('@')[0]}")
        if one["workspace"] != "ready":
            hint = (
                f"Bring it back: ropewalk resume {one['alias']}" if one["path"] else "ropewalk ls"
            )
            raise Refused(f"{one['alias']} has no workspace now.", hint=hint)
        if session.json:
            session.document(one)
            continue
        if args.verb == "shell" and args.command:
            code = visit(session, one, args.command)
            continue
        if not session.interactive:
            hint = f"Name a command: ropewalk shell {one['alias']} -- ls"
            raise Refused("There is no terminal here.", hint=hint)
        at = f"{one['alias']}: {one['path']}, branch {one['branch']}"
        beside = "; its agent is at work here, too" if one["turn_state"] == "working" else ""
        said = f"{at}{beside} (no sandbox yet: what you start here runs as you)"
        print(said, file=sys.stderr, flush=True)
        argv = [os.environ.get("SHELL") or "/bin/sh"] if args.verb == "shell" else [*editor(), "."]
        code = visit(session, one, argv)
    return code


def visit(session: Session, one: AttemptView, argv: list[str]) -> int:
    """Run a program where the attempt's files are; its exit code.

    The workspace is held for as long as the program, or one that it left behind, has the pipe open.
    """
    way: VisitView = session.hub.post(f"/v1/attempts/{one['alias']}/visit", {})
    pipe = os.open(way["pipe"], os.O_WRONLY | os.O_CLOEXEC) if way["pipe"] else -1
    handed = (pipe,) if pipe >= 0 else ()
    try:
        if pipe >= 0:
            os.write(pipe, b"x")
        directory = None if way["argv"] else one["path"]
        return call([*way["argv"], *argv], directory, _variables(way, session.home), handed)
    finally:
        if pipe >= 0:
            os.close(pipe)


def _variables(way: VisitView, home: str) -> dict[str, str]:
    """The workspace's variables; its virtual environment is active, as for its agent."""
    person = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
    shown = ",".join(way["environment"])
    return {
        **inside(person, way["environment"]),
        "ROPEWALK_HOME": home,
        "ROPEWALK_SHOWN": shown,
    }

"""Verbs that the hub does at once, for several ids: say, answer, stop, check, keep, drop, rewind, …"""

from argparse import Namespace
from typing import Any

from ropewalk.cli import exits
from ropewalk.cli.handing import promised, secrets
from ropewalk.cli.ids import split
from ropewalk.cli.parser import UsageError
from ropewalk.cli.session import Session
from ropewalk.cli.text import plain
from ropewalk.cli.verbs import lasting
from ropewalk.core.views import Acted

STARTS = ("say", "resume", "rebase")
"""The verbs after which an agent may start that needs keys."""


def run(args: Namespace) -> int:
    """Ask the hub and tell what became of each id."""
    session = Session(args)
    ids, more = _what(args)
    if not ids and not getattr(args, "all", False):
        raise UsageError(
            "No id was given.", f"ropewalk {args.verb} 7.2 · or: ropewalk {args.verb} --all"
        )
    if args.verb in STARTS:
        more["secrets"] = secrets(promised(session, ids) if args.verb == "resume" else ())
    session.say_first(lasting(args.verb))
    return tell(session, session.act(args.verb, ids, all=getattr(args, "all", False), **more))


def _what(args: Namespace) -> tuple[list[str], dict[str, Any]]:
    """The ids, and what the verb says beside them."""
    if args.verb == "say":
        return _say(args)
    if args.verb == "answer":
        ids, option = split(args.words, "answer 7.3 a")
        if not option and len(ids) > 1:
            ids, option = ids[:-1], ids[-1]
        if not option:
            raise UsageError(
                "No answer was given.", f"See what can be answered: ropewalk show {ids[0]}"
            )
        return ids, {"option": option, "question": args.question}
    if args.verb in ("keep", "drop"):
        ids, reason = split(args.words, f"{args.verb} 7.2")
        others = {"others": "keep" if args.keep_others else "drop"} if args.verb == "keep" else {}
        return ids, {"reason": reason, **others}
    if args.verb == "rewind":
        return [args.attempt], {"to": args.to}
    return args.ids, {"names": args.check} if args.verb == "check" else {}


def _say(args: Namespace) -> tuple[list[str], dict[str, Any]]:
    if args.all:
        return [], {"text": " ".join(args.words)}
    ids, text = split(args.words, "say 7.2 also round the total")
    if not text:
        raise UsageError("There is nothing to say.", f"ropewalk say {ids[0]} also round the total")
    return ids, {"text": text}


def tell(session: Session, acted: Acted) -> int:
    """One line a result, a line more where something is to be done."""
    if session.json:
        session.document(acted)
    for one in acted["results"] if not session.json else []:
        session.print(session.style("red" if one["error"] else "", plain(one["message"])))
        if one["hint"]:
            session.print(session.style("dim", "  " + plain(one["hint"])))
    if not acted["results"] and not session.json:
        session.print("There was nothing to do.")
    return exits.FAILED if any(one["error"] for one in acted["results"]) else exits.OK

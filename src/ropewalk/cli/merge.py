"""`merge`: brings a result into its branch and waits for the end of it."""

from argparse import Namespace
from typing import Any

from ropewalk.cli import exits
from ropewalk.cli.act import tell
from ropewalk.cli.ids import split
from ropewalk.cli.session import Session
from ropewalk.cli.text import plain, wrap
from ropewalk.core.views import Acted, EventView

ENDS = ("merge.done", "merge.bounced")


def run(args: Namespace) -> int:
    """One after the other, so that each is checked on what the one before left."""
    session = Session(args)
    ids, reason = split(args.words, "merge 7.2")
    code = exits.OK
    documents: list[Any] = []
    for name in ids:
        one, document = _merge(session, args, name, reason)
        documents.append(document)
        code = code or one
    if session.json:
        session.documents(documents)
    return code


def _merge(session: Session, args: Namespace, name: str, reason: str) -> tuple[int, Any]:
    message = _edited(session, args, name) if args.edit else None
    more = {"target": args.target, "mode": args.mode, "unchecked": args.unchecked}
    acted: Acted = session.act("merge", [name], reason=reason, message=message, **more)
    if any(one["error"] for one in acted["results"]):
        return exits.FAILED if session.json else tell(session, acted), acted
    if not session.json:
        tell(session, acted)
    event = _end_of(session, name, acted["seq"])
    if not session.json:
        session.print(*end_lines(event, name, session, unchecked=args.unchecked))
    return exits.FAILED if event["tag"] == "merge.bounced" else exits.OK, event


def _end_of(session: Session, name: str, after: int) -> EventView:
    """The event that ends the merge. Outside: the hub went away before it."""
    events = session.hub.events(name.partition("@")[0], after=after, follow=True)
    try:
        for event in events:
            if event["tag"] in ENDS:
                return event
    finally:
        events.close()
    raise _lost(name)


def _lost(name: str) -> Exception:
    from ropewalk.core.errors import Outside

    return Outside("The hub went away meanwhile.", hint=f"See how it ended: ropewalk show {name}")


def end_lines(
    event: EventView, name: str, session: Session, *, unchecked: bool = False
) -> list[str]:
    """How a merge ended. A required check that had not passed would have bounced it."""
    body = event["body"]
    if event["tag"] == "merge.done":
        attempt = session.hub.get(f"/v1/attempts/{name.partition('@')[0]}")
        judged = [plain(one["name"]) for one in attempt["checks"] if one["required"]]
        start = f"Checked again on {plain(body['target'])} as it is now ({body['before'][:7]})"
        said = f"{start}: {', '.join(judged)} passed. " if judged and not unchecked else ""
        away = body.get("checkout") == "moved"
        note = ["It is not checked out, so no file of yours changed."] if away else []
        end = f"{plain(body['target'])} is at {body['after'][:7]}. `ropewalk undo` takes it back."
        return [*wrap(said + end, session.width), *note]
    lines = wrap(f"{name} was not merged: {plain(str(body.get('reason', '')))}", session.width)
    lines += [f"  {plain(str(path))}" for path in body.get("conflicts") or ()]
    return [
        session.style("red", lines[0]),
        *lines[1:],
        *wrap(plain(str(body.get("hint", ""))), session.width),
    ]


def _edited(session: Session, args: Namespace, name: str) -> str:
    from ropewalk.cli.editor import edit_text
    from ropewalk.core.errors import Refused

    if not session.interactive:
        raise Refused("There is no terminal to edit on.", hint=f"ropewalk merge {name}")
    draft = session.hub.get(f"/v1/draft/{name}", {"mode": args.mode or ""})["message"]
    text = edit_text(draft)
    if not text:
        raise Refused("The message is empty; nothing was merged.", hint=f"ropewalk merge {name}")
    return text

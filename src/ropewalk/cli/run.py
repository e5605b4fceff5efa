"""`run`: a new task, then its attempts live until they are through."""

import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from ropewalk.cli import exits
from ropewalk.cli.consent import agreed
from ropewalk.cli.handing import secrets
from ropewalk.cli.parser import UsageError
from ropewalk.cli.session import Session
from ropewalk.cli.text import count, plain
from ropewalk.cli.verbs import lasting
from ropewalk.core.errors import Refused
from ropewalk.core.views import TaskView

KEPT = ("PATH", "VIRTUAL_ENV", "LANG", "TZ", "TERM", "SHELL", "HOME", "USER")


def run(args: Namespace) -> int:
    """Start the task; watch it unless --detach."""
    session = Session(args)
    body = {
        **session.who(),
        **wanted(args, session),
        "trust": session.trust,
        "consent": session.yes,
    }
    if not all(_scripted(one) for one in body["agents"] or [""]):
        session.say_first(lasting("run"))
    task: TaskView = agreed(session, lambda: session.hub.post("/v1/tasks", body))
    if args.detach:
        return _detached(session, task)
    if not session.json:
        session.print(*opening(task))
    from ropewalk.cli.live import follow

    return follow(session, task)


def _detached(session: Session, task: TaskView) -> int:
    if session.json:
        session.document(task)
        return exits.OK
    number = task["number"]
    session.print(*opening(task), f"See it: ropewalk ls · stop it: ropewalk stop {number}")
    return exits.OK


def opening(task: TaskView) -> list[str]:
    """What is known at the start: notices, then one line for the task."""
    sandboxes = sorted({one["sandbox"] for one in task["attempts"]})
    facts = [
        f"task {task['number']}",
        count(len(task["attempts"]), "attempt"),
        f"sandbox {', '.join(sandboxes)}" if sandboxes else "",
        f"base {task['base_name'] or task['base'][:7]}",
        f"checks {', '.join(one['name'] for one in task['base_checks']) or 'none'}",
    ]
    return [*map(plain, task["notices"]), " · ".join(plain(fact) for fact in facts if fact)]


def wanted(args: Namespace, session: Session) -> dict[str, Any]:
    """What is asked for, as the API wants it."""
    return {
        "brief": brief(args),
        "agents": [one for spec in args.agent for one in spec.split(",") if one],
        "count": args.count,
        "checks": args.check,
        "unchecked": args.no_check,
        "base": args.base,
        "on": args.on,
        "with_changes": args.with_changes,
        "limit_s": args.limit,
        "environment": environment(),
        "secrets": secrets(),
    }


def _scripted(spec: str) -> bool:
    """Whether an agent that was named costs nothing for certain: it is our own, without a model."""
    return spec.partition(":")[0].strip() == "scripted"


def environment() -> dict[str, str]:
    """What a task gets of the person's environment."""
    return {name: os.environ[name] for name in os.environ if _kept(name)}


def _kept(name: str) -> bool:
    return name in KEPT or name.startswith("LC_")


def brief(args: Namespace) -> str:
    """The prompt: words, a file, or standard input."""
    if args.file and args.prompt:
        raise UsageError("There is a prompt and a file.", "Give one of them: -f FILE, or PROMPT")
    source = args.file or ("-" if args.prompt == ["-"] else "")
    if source:
        return _read(source)
    text = " ".join(args.prompt).strip()
    if not text:
        raise UsageError("There is no prompt.", 'Say what to do: ropewalk run -n 2 "fix the total"')
    return text


def _read(source: str) -> str:
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        text = data.decode().strip()
    except OSError as error:
        raise Refused(
            f"{source} cannot be read ({error.strerror}).", hint="Name another file"
        ) from error
    except UnicodeDecodeError as error:
        raise Refused(
            f"{source} is no text in UTF-8.", hint="Convert it: iconv -t UTF-8"
        ) from error
    if not text:
        raise UsageError("The prompt is empty.", 'Say what to do: ropewalk run "fix the total"')
    return text

"""`show`: a task or an attempt in full."""

from argparse import Namespace
from typing import Any, cast

from ropewalk.cli import exits
from ropewalk.cli.rows import attempt_line, check_words, fork_words, keys_line, task_line
from ropewalk.cli.session import Session
from ropewalk.cli.style import Style
from ropewalk.cli.text import clock, count, money, plain, plain_lines, wrap
from ropewalk.core.views import AttemptView, CheckCell, TaskView


def run(args: Namespace) -> int:
    """Show each id."""
    session = Session(args)
    found = [fetch(session, name) for name in args.ids]
    if session.json:
        session.documents(found)
        return exits.OK
    for at, one in enumerate(found):
        if at:
            session.print()
        lines = task_lines if "attempts" in one else attempt_lines
        session.print(*lines(cast("Any", one), session.width, session.style))
    return exits.OK


def fetch(session: Session, name: str) -> TaskView | AttemptView:
    """A task for `7`, an attempt for anything else."""
    name = name.partition("@")[0]
    return session.hub.get(
        f"/v1/tasks/{name}" if name.isdigit() and len(name) < 16 else f"/v1/attempts/{name}"
    )


def task_lines(task: TaskView, columns: int, style: Style) -> list[str]:
    """The task, its base, and a line for each attempt."""
    lines = [task_line(task, columns, style)]
    facts = {
        "project": task["project_name"],
        "base": " ".join(word for word in (task["base_name"], task["base"][:10]) if word),
        "target": task["target"],
        "asked by": task["by"],
        "limit": f"{clock(task['limit_s'])} a turn" if task["limit_s"] else "none",
    }
    lines += [f"  {name:<9} {plain(value)}" for name, value in facts.items() if value]
    lines += ["  " + line for note in task["notices"] for line in wrap(plain(note), columns - 2)]
    lines += _checks("base", task["base_checks"], columns, style)
    lines += [attempt_line(one, columns, style) for one in task["attempts"]]
    return lines


def attempt_lines(one: AttemptView, columns: int, style: Style) -> list[str]:
    """Everything about an attempt."""
    lines = [f"{style('bold', one['alias'])}  {style.group(one['group'], plain(one['status']))}"]
    lines += [f"  {name:<9} {plain(value)}" for name, value in _facts(one).items() if value]
    lines += [
        "  " + line
        for text in (one["reason"], one["hint"])
        for line in wrap(plain(text), columns - 2)
    ]
    for question in one["questions"]:
        lines += ["  " + line for line in wrap(f"asks: {plain(question['title'])}", columns - 2)]
        lines += [
            "    " + line[: columns - 4] for line in plain_lines(question["detail"])[:20] if line
        ]
        lines += [f"    {keys_line(question)}   ropewalk answer {one['alias']} KEY"]
    for version in one["versions"]:
        size = f"{count(version['files'], 'file')} +{version['added']} −{version['removed']}"
        how = f"  {plain(version['note'])}" if version["note"] else ""
        lines.append(f"  @{version['number']:<8} {version['commit'][:10]}  {size}{how}")
        lines += [" " * 12 + line for line in wrap(plain(version["summary"]), columns - 12)]
    lines += _checks("", one["checks"], columns, style)
    for word, items in (("look", one["edits"]), ("conflict", one["conflicts"])):
        for item in items:
            lines += [
                style("yellow", "  " + line) for line in wrap(f"{word}: {plain(item)}", columns - 2)
            ]
    return [*lines, *([f"Next: {plain(one['next'])}"] if one["next"] else [])]


def _facts(one: AttemptView) -> dict[str, str]:
    tokens = one["input_tokens"] + one["output_tokens"]
    spent = [clock(one["elapsed_s"]), money(one["cost_usd"]), f"{tokens} tokens" if tokens else ""]
    agent = f"{one['agent']}@{one['model']}" if one["model"] else one["agent"]
    return {
        "agent": f"{agent} · sandbox {one['sandbox']}",
        "doing": one["detail"] if one["detail"] != one["reason"] else "",
        "turn": f"{one['turn']} · {one['turn_state']} {one['outcome']}".rstrip(),
        "process": f"{one['process']} · start {one['epoch']}",
        "spent": " · ".join(word for word in spent if word),
        "gets": ", ".join(one.get("keys", [])),
        "waiting": f"{one['inbox']} said, not yet read" if one["inbox"] else "",
        "decision": one["decision"] if one["decision"] != "none" else "",
        "merge": one["merge"],
        "goes on": fork_words(one["fork"]) if one["fork"] else "",
        "branch": one["branch"],
        "files": _files(one),
        "ports": f"{one['port']} and the next ones" if one["port"] else "",
        "serves": _serves(one),
    }


def _files(one: AttemptView) -> str:
    """Where the files are; those of an overlay are seen by what runs in the workspace, and by nobody else."""
    if one["workspace"] != "ready" or one["engine"] != "overlay":
        return one["path"]
    return f"ropewalk shell {one['alias']} · its own runs see them at {one['path']}"


def _serves(one: AttemptView) -> str:
    server = one.get("server")
    if server is None or server["state"] in ("stopping", "ended"):
        return ""
    return server["address"] + (" (starting)" if server["state"] == "starting" else "")


def _checks(word: str, cells: list[CheckCell], columns: int, style: Style) -> list[str]:
    lines: list[str] = []
    for cell in cells:
        colour = {"passed": "green", "failed": "red", "timed-out": "red"}.get(
            cell["standing"], "dim"
        )
        said = f"{word} {cell['name']}: {cell['standing']}".strip()
        facts = [said, check_words([cell]), f"{cell['duration_s']:.1f} s", cell["reason"]]
        facts += [] if cell["required"] else ["not required"]
        shown = wrap(" · ".join(plain(fact) for fact in facts if fact), columns - 2)
        lines += [style(colour, "  " + line) for line in shown]
        for name in cell["failures"]:
            lines += ["    " + line for line in wrap("✗ " + plain(name), columns - 4)]
        for name in cell["flaky"]:
            lines += ["    " + line for line in wrap("flaky " + plain(name), columns - 4)]
    return lines

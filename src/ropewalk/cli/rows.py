"""The board and the attempts as lines of text: pure, for any width."""

from collections.abc import Sequence

from ropewalk.cli.style import Style
from ropewalk.cli.text import clock, count, cut, money, pad, plain, width, wrap
from ropewalk.core.views import AttemptView, Board, CheckCell, ForkView, QuestionView, TaskView

ORDER = ("needs you", "working", "ready", "done")
MARKS = {"passed": "✓", "failed": "✗", "timed-out": "✗", "running": "…", "wanted": "…"}


def check_words(cells: Sequence[CheckCell]) -> str:
    """214 ✓ 1 ✗, or the marks of checks that count nothing; outdated evidence says so."""
    shown = [cell for cell in cells if cell["standing"] != "none"]
    passed, failed = sum(one["passed"] for one in shown), sum(one["failed"] for one in shown)
    marks = {MARKS.get(one["standing"], "?") for one in shown}
    words = [f"{passed} ✓"] if passed else []
    words += [f"{failed} ✗"] if failed else []
    words += sorted(mark for mark in marks if mark not in " ".join(words))
    if any(one["outdated"] for one in shown):
        words.append("outdated")
    return " ".join(words)


def size_words(one: AttemptView) -> str:
    """+18 −4 of the newest version."""
    if not one["versions"]:
        return ""
    last = one["versions"][-1]
    return f"+{last['added']} −{last['removed']}"


def fork_words(fork: ForkView) -> str:
    """From 7.2 at turn 3."""
    when = f"at turn {fork['turn']}" if fork["turn"] else "at its beginning"
    return f"from {plain(fork['of'])} {when}"


def keys_line(question: QuestionView) -> str:
    """a: allow once  n: no."""
    return "  ".join(f"{plain(one['key'])}: {plain(one['label'])}" for one in question["options"])


def attempt_line(
    one: AttemptView, columns: int, style: Style, *, elapsed: float | None = None
) -> str:
    """One attempt in one line: id, status, time, cost, and what it does as far as there is room."""
    spent = clock(one["elapsed_s"] if elapsed is None else elapsed)
    status = "needs you" if one["questions"] else plain(one["status"])
    left = f"  {pad(one['alias'], 5)} {pad(status, 10)} {spent:>5} {money(one['cost_usd']):>6}"
    facts = " ".join(word for word in (check_words(one["checks"]), size_words(one)) if word)
    room = columns - width(left) - 2
    origin = fork_words(one["fork"]) if one["fork"] else ""
    said = "  ".join(word for word in (facts, origin, plain(one["detail"])) if word)
    keys = keys_line(one["questions"][0]) if one["questions"] else ""
    if keys and width(said) + 3 + width(keys) <= room:
        said += " " * (room - width(said) - width(keys)) + keys
    line = cut(f"{left}  {cut(said, room)}" if room > 8 else left, columns)
    head = f"  {pad(one['alias'], 5)} {pad(status, 10)}"
    line = line.rstrip()
    if not line.startswith(head):
        return line
    return (
        f"  {pad(one['alias'], 5)} {style.group(one['group'], pad(status, 10))}{line[len(head) :]}"
    )


def task_line(task: TaskView, columns: int, style: Style, *, project: bool = False) -> str:
    """A task's number and title."""
    where = f"{plain(task['project_name'])} · " if project else ""
    return style("bold", cut(f"{task['number']} · {where}{plain(task['title'])}", columns))


def board_lines(board: Board, columns: int, style: Style) -> list[str]:
    """The whole board in its groups; a task stands under its most urgent attempt."""
    lines: list[str] = []
    many = not board["project"]
    for group in ORDER:
        tasks = [task for task in board["tasks"] if task["group"] == group]
        if not tasks:
            continue
        number = board["counts"].get(group, 0)
        lines += ["", style.group(group, f"{group.upper()} {number or ''}".rstrip())]
        for task in tasks:
            lines.append(task_line(task, columns, style, project=many))
            lines += [attempt_line(one, columns, style) for one in task["attempts"]]
    if board["hidden_done"]:
        lines += [
            "",
            style("dim", f"{count(board['hidden_done'], 'task')} more done: ropewalk ls --all"),
        ]
    return lines[1:] if lines and not lines[0] else lines


def next_lines(board: Board, columns: int) -> list[str]:
    """The step that a person would take now."""
    for group in ("needs you", "ready"):
        for task in board["tasks"]:
            for one in task["attempts"]:
                if one["group"] == group and one["next"]:
                    return ["", *wrap(f"Next: {plain(one['next'])}", columns)]
    if not board["tasks"]:
        return ['Nothing here yet. Start with: ropewalk run -n 2 "what is to be done"']
    return []

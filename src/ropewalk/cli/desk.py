"""`edit` with an editor that has windows of its own: on the project's desk, from where edits are brought home."""

from argparse import Namespace
from pathlib import PurePath
from typing import TYPE_CHECKING

from ropewalk.cli import exits
from ropewalk.cli.editor import call, editor
from ropewalk.cli.session import Session, actor
from ropewalk.cli.text import plain, wrap

if TYPE_CHECKING:
    from ropewalk.core.views import DeskView

_WAITS = {
    "--wait": (
        "code",
        "code-insiders",
        "codium",
        "cursor",
        "windsurf",
        "zed",
        "zeditor",
        "subl",
        "idea",
    ),
    "-w": ("mate", "atom"),
    "-f": ("gvim", "mvim"),
    "": ("gedit", "kate", "geany", "emacsclient", "xed", "nova", "bbedit"),
}
_JETBRAINS = (
    "pycharm",
    "webstorm",
    "goland",
    "clion",
    "rubymine",
    "phpstorm",
    "rider",
    "rustrover",
)
WAITS = {name: option for option, names in _WAITS.items() for name in names}
WAITS |= dict.fromkeys(_JETBRAINS, "--wait")
"""Editors with windows of their own, each with the option that lets them wait until the person is done."""


def graphical(argv: list[str]) -> bool:
    """Whether an editor's command opens a window; emacs does unless it is told not to."""
    name = PurePath(argv[0]).name
    if {"-nw", "-t", "--tty", "--no-window-system"} & set(argv[1:]):
        return False
    return name in WAITS


def run(session: Session, args: Namespace) -> int:
    """Open the editor on the desk, or only bring or let go of what was edited."""
    codes = [_one(session, args, name.partition("@")[0]) for name in args.ids]
    return max(codes)


def _one(session: Session, args: Namespace, name: str) -> int:
    if args.done or args.discard:
        return _tell(session, _ask(session, name, "done" if args.done else "discard"))
    laid = _ask(session, name, "open")
    if session.json:
        return _tell(session, laid)
    argv = editor()
    option = WAITS.get(PurePath(argv[0]).name, "")
    waits = not option or option in argv
    session.print(f"{name} is on the desk: {plain(laid['path'])}", *_lines(session, laid))
    code = call([*argv, *([] if waits else [option]), laid["path"]])
    if not option and option not in argv:
        session.print(f"When you are done: ropewalk edit {name} --done")
        return code
    return max(code, _tell(session, _ask(session, name, "done")))


def _ask(session: Session, name: str, deed: str) -> "DeskView":
    return session.hub.post(f"/v1/desks/{name}", {"actor": actor(), "deed": deed})


def _tell(session: Session, found: "DeskView") -> int:
    if session.json:
        session.document(found)
    else:
        session.print(*_lines(session, found))
    return exits.FAILED if found["conflicts"] else exits.OK


def _lines(session: Session, found: "DeskView") -> list[str]:
    lines = wrap(plain(found["message"]), session.width) if found["message"] else []
    if found["conflicts"]:
        done = f"Resolve {', '.join(map(plain, found['conflicts']))}; then: ropewalk edit {found['alias']} --done"
        lines += wrap(done, session.width)
    return lines

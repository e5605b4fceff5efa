"""Into a workspace: its mount is made, or joined where a run has made it already.

As a program (`enter FD`) it reads {"mount", "join", "argv", "cwd", "environment"} from a descriptor and becomes
that command inside of the workspace; its standard streams are the command's.
"""

from __future__ import annotations

import json
import os

from ropewalk.runner import mounts
from ropewalk.runner.child import reset_signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def enter(mount: dict[str, Any] | None, joined: dict[str, int] | None) -> dict[str, int]:
    """Enter a workspace, if there is one to enter; the descriptors to keep, by name. OSError: not allowed."""
    if joined:
        for fd in joined.values():
            os.set_inheritable(fd, False)
        mounts.join(joined)
        return joined
    return mounts.make(mount) if mount else {}


def main(source: int) -> NoReturn:
    """Become a command in a workspace. Exit status 125: it cannot be entered, 126: not started."""
    with open(source, encoding="utf-8") as file:
        order = json.load(file)
    try:
        kept = enter(order["mount"], order["join"])
        if mounts.LOCK in kept:
            os.set_inheritable(kept[mounts.LOCK], True)
        reset_signals()
        os.chdir(order["cwd"])
    except OSError as error:
        os.write(2, f"{error}\n".encode())
        os._exit(125)
    try:
        os.execvpe(order["argv"][0], order["argv"], order["environment"])  # noqa: S606
    except OSError as error:
        os.write(2, f"{error}\n".encode())
        os._exit(126)

"""Into a workspace: its mount is made, or joined where a run has made it already.

As a program (`enter FD`) it reads {"mount", "join", "argv", "cwd", "environment"} from a descriptor and becomes
that command inside of the workspace; its standard streams are the command's.
"""

from __future__ import annotations

import json
import os

from ropewalk.runner import mounts, privileges
from ropewalk.runner.child import reset_signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def enter(
    mount: dict[str, Any] | None, joined: dict[str, int] | None, owner: int = -1
) -> dict[str, int]:
    """Enter a workspace, if there is one to enter; the descriptors to keep, by name. OSError: not allowed.

    `owner` as in `mounts.make`. Mixed: it is mounted for others than that.
    """
    if not joined:
        return mounts.make(mount, owner) if mount else {}
    for fd in joined.values():
        os.set_inheritable(fd, False)
    mounts.join(joined)
    if mount and mounts.mapped(mount["at"]) != (owner >= 0):
        raise mounts.Mixed("runs with and without a sandbox cannot be in one workspace at once")
    return joined


def main(source: int) -> NoReturn:
    """Become a command in a workspace. Exit status 125: it cannot be entered, 126: not started."""
    with open(source, encoding="utf-8") as file:
        order = json.load(file)
    try:
        kept = order["join"] or {}
        if kept:
            mounts.join(kept)
        else:
            kept = enter(order["mount"], None)
        if mounts.LOCK in kept:
            os.set_inheritable(kept[mounts.LOCK], True)
        reset_signals()
        if os.geteuid() == 0 and order["mount"] and mounts.mapped(order["mount"]["at"]):
            privileges.become_owner()
        os.chdir(order["cwd"])
    except OSError as error:
        os.write(2, f"{error}\n".encode())
        os._exit(125)
    try:
        os.execvpe(order["argv"][0], order["argv"], order["environment"])  # noqa: S606
    except OSError as error:
        os.write(2, f"{error}\n".encode())
        os._exit(126)

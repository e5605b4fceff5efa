"""Which boxes this machine can hold, tried out, and for each that it cannot: why."""

from __future__ import annotations

import os

from ropewalk.runner import box as boxes
from ropewalk.runner import confined as confined_box
from ropewalk.runner import containment, kernel, landlock, linux, privileges, programs, seccomp
from ropewalk.runner.view import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

OTHER = "this version does not build sandboxes with bubblewrap"
NOTHING = {"memory_mb": 0, "processes": 0, "processors": 0.0, "files": 0, "disk_mb": 0}


def rungs() -> dict[str, str]:
    """For each rung the reason why it cannot be had here; empty: it can."""
    return {"full": full(), "bubblewrap": OTHER, "landlock": confined(), "none": ""}


def full() -> str:
    """Builds a whole one in a process that ends then."""
    if linux.hidden():
        return "this system has no namespaces"
    if kernel.machine() not in seccomp.ARCHITECTURES:
        return f"no filter of system calls is known for {kernel.machine()}"
    return _tried(_build)


def confined() -> str:
    """Whether Landlock and a filter are to be had."""
    if linux.hidden():
        return "this system has no Landlock"
    if kernel.machine() not in seccomp.ARCHITECTURES:
        return f"no filter of system calls is known for {kernel.machine()}"
    known = landlock.version()
    if not known:
        return (
            "this kernel has no Landlock, or it is not in use (lsm= of the kernel's command line)"
        )
    if known < confined_box.NEEDED:
        return "this kernel's Landlock does not know of connections (Linux 6.7 has one that does)"
    return ""


def _build() -> None:
    owner = privileges.owner_map() if os.geteuid() == 0 else -1
    if containment.enter() != containment.PID_NAMESPACE:
        raise OSError("no new pid namespace is to be had")
    said = _tried(lambda: _inside(owner))
    if said:
        raise OSError(said)


def _inside(owner: int) -> None:
    home = os.path.expanduser("~")
    box = {"rung": "full", "home": home, "seen": [], "hidden": [], "kept": [], "gateway": 0}
    box |= {"ports": [0, 0], "bounds": NOTHING, "nested": False}
    shown = view(box, "", (programs.FOLDER,))
    boxes.build(box, shown, owner)
    boxes.lock(boxes.writable(shown), nested=False)


def _tried(action: Callable[[], None]) -> str:
    """What stands in the way of something, tried in a process that ends then; empty: nothing."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        said = "it died"
        try:
            action()
            said = ""
        except (OSError, ValueError) as error:
            said = str(error)
        finally:
            os.write(writer, said.encode())
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as file:
        said = file.read().decode()
    os.waitpid(child, 0)
    return said

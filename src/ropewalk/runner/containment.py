"""How a run's process tree is held together, best first; and what this machine has of it.

`pid-namespace`: the kernel ends every process of the run with its init, and the init ends with the
runner. `cgroup`: every process of the run can be found and killed, by the init or by the host.
`process-group`: the init kills what it can find; a process that left its session and whose parents are
gone may be missed, above all where there is no /proc.
"""

from __future__ import annotations

import os
import time

from ropewalk.runner import linux

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PID_NAMESPACE = "pid-namespace"
CGROUP = "cgroup"
PROCESS_GROUP = "process-group"
CGROUPS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
DYING = 200


def enter(*, privileged: bool = False) -> str:
    """Make the next child of this process the init of a new pid namespace; else the best there is.

    `privileged`: this process is in a user namespace of ours already.
    """
    if linux.hidden():
        return PROCESS_GROUP
    if _at_most() != PID_NAMESPACE:
        return CGROUP if cgroup_parent() else PROCESS_GROUP
    try:
        if os.geteuid() == 0 or privileged:
            linux.unshare(linux.NEW_PIDS)
            return PID_NAMESPACE
        if _in_a_child(_enter_as_user):  # there is no way back from half of it
            _enter_as_user()
            return PID_NAMESPACE
    except OSError:
        pass
    return CGROUP if cgroup_parent() else PROCESS_GROUP


def _enter_as_user() -> None:
    uid, gid = os.geteuid(), os.getegid()
    linux.unshare(linux.NEW_USER | linux.NEW_PIDS)
    linux.map_identity(uid, gid)


def _in_a_child(action: Callable[[], None]) -> bool:
    """Whether something succeeds, tried out in a process that ends then."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            action()
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def _at_most() -> str:
    """`ROPEWALK_CONTAINMENT` names what is to be used at best, where a better one makes trouble."""
    return os.environ.get("ROPEWALK_CONTAINMENT", PID_NAMESPACE)


def containment() -> str:
    """What `enter` would come to here, tried out in a child process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        answer = PROCESS_GROUP
        try:
            answer = enter()
            if answer == PID_NAMESPACE:
                grandchild = os.fork()
                if grandchild == 0:
                    os._exit(0)
                os.waitpid(grandchild, 0)
        except OSError:
            answer = CGROUP if cgroup_parent() else PROCESS_GROUP
        finally:
            os.write(writer, answer.encode())
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as file:
        answer = file.read().decode()
    os.waitpid(child, 0)
    return answer


def cgroup_parent() -> str:
    """The folder of our own cgroup (version 2) if we may make cgroups below it; else empty."""
    if linux.hidden() or _at_most() == PROCESS_GROUP:
        return ""
    try:
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            own = next(line[3:].strip() for line in file if line.startswith("0::"))
    except (OSError, StopIteration):
        return ""
    for root in CGROUPS:
        folder = root + own.rstrip("/")
        if os.path.exists(folder + "/cgroup.procs") and os.access(folder, os.W_OK):
            return folder
    return ""


def make_cgroup(parent: str, name: str) -> str:
    """A new cgroup that can be killed as a whole; empty: it cannot be had."""
    folder = f"{parent}/ropewalk-{name}"
    try:
        os.mkdir(folder)
    except OSError:
        return ""
    if os.path.exists(folder + "/cgroup.kill"):
        return folder
    os.rmdir(folder)
    return ""


def join_cgroup(folder: str) -> None:
    """Put this process, and all that it starts from now on, into a cgroup."""
    with open(folder + "/cgroup.procs", "wb") as file:
        file.write(b"0")


def kill_cgroup(folder: str) -> None:
    """Kill all of a cgroup's processes and remove it. OSError: it is not there, or they do not die."""
    with open(folder + "/cgroup.kill", "wb") as file:
        file.write(b"1")
    for _ in range(DYING):
        try:
            os.rmdir(folder)
        except OSError:
            time.sleep(0.01)
        else:
            return
    os.rmdir(folder)

"""How a run's process tree is held together, best first; and what this machine has of it.

`pid-namespace`: the kernel ends every process of the run with its init, and the init ends with the
runner. `cgroup`: every process of the run can be found and killed, by the init or by the host.
`process-group`: the init kills what it can find; a process that left its session and whose parents are
gone may be missed, above all where there is no /proc.
"""

import os

from ropewalk.runner import linux

PID_NAMESPACE = "pid-namespace"
CGROUP = "cgroup"
PROCESS_GROUP = "process-group"
CGROUPS = "/sys/fs/cgroup"


def enter() -> str:
    """Make the next child of this process the init of a new pid namespace; else the best there is."""
    if linux.hidden():
        return PROCESS_GROUP
    try:
        if os.geteuid() == 0:
            linux.unshare(linux.NEW_PIDS)
        else:
            uid, gid = os.geteuid(), os.getegid()
            linux.unshare(linux.NEW_USER | linux.NEW_PIDS)
            linux.map_identity(uid, gid)
    except OSError:
        return CGROUP if cgroup_parent() else PROCESS_GROUP
    return PID_NAMESPACE


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
    with open(reader, encoding="ascii") as file:
        answer = file.read()
    os.waitpid(child, 0)
    return answer


def cgroup_parent(root: str = CGROUPS) -> str:
    """The folder of our own cgroup (version 2) if we may make cgroups below it; else empty."""
    if linux.hidden():
        return ""
    try:
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            own = next(line[3:].strip() for line in file if line.startswith("0::"))
    except (OSError, StopIteration):
        return ""
    folder = root + own.rstrip("/")
    usable = os.path.exists(folder + "/cgroup.procs") and os.access(folder, os.W_OK)
    return folder if usable else ""


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
    with open(folder + "/cgroup.procs", "w", encoding="ascii") as file:
        file.write("0")


def kill_cgroup(folder: str) -> None:
    """Kill all of a cgroup's processes and remove it. OSError: it is not there, or not empty yet."""
    with open(folder + "/cgroup.kill", "w", encoding="ascii") as file:
        file.write("1")
    os.rmdir(folder)

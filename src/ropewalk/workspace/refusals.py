"""Why a system refuses overlays, and the one command of root that allows ours and nothing else.

A switch for the whole machine is never proposed. Where the system knows no exception, the command makes a volume
on which workspaces are copies that share blocks; those need no namespaces.
"""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ropewalk.runner import launcher

SYS_ADMIN = 1 << 21
"""CAP_SYS_ADMIN, from Linux' include/uapi/linux/capability.h."""
NO_UPPER = ("overlay", "nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "vfat", "exfat", "ecryptfs")
"""File systems that cannot hold an upper layer, or not safely."""
PROFILE = Path("/etc/apparmor.d/ropewalk")
IMAGE = Path("/var/lib/ropewalk.img")
VOLUME = Path("/srv/ropewalk")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not offered, and what would change that; empty: nothing is known."""

    why: str
    remedy: str = ""


def explain(words: str, folder: Path, proc: Path = Path("/proc")) -> Refusal:
    """What the system means by `words`, its refusal to mount an overlay whose layers are below `folder`.

    `proc` is where the system tells about itself.
    """
    found = next(_causes(folder, proc), None)
    if found is None:
        return Refusal(words)
    return Refusal(f"{found.why} ({words})", found.remedy)


def _causes(folder: Path, proc: Path) -> Iterator[Refusal]:
    if "overlay" not in _text(proc / "filesystems").split():
        yield Refusal("This kernel has not loaded overlays.", "sudo modprobe overlay")
    kind = kind_of(folder, proc)
    if kind in NO_UPPER or kind.startswith("fuse"):
        yield _no_upper(kind)
    if os.geteuid():
        yield from _namespaces(proc)
    if "\nSeccomp:\t2" in _text(proc / "self/status") or _unable(proc):
        yield Refusal(
            "This container may not mount anything.",
            "Start it with `docker run --cap-add SYS_ADMIN --security-opt apparmor=unconfined …` "
            "if its isolation matters less to you than fast workspaces.",
        )


def _namespaces(proc: Path) -> Iterator[Refusal]:
    """What forbids user namespaces to everybody but root."""
    if _text(proc / "sys/user/max_user_namespaces").strip() == "0":
        why = "User namespaces are forbidden here (user.max_user_namespaces=0)."
        yield Refusal(why, volume())
    if _text(proc / "sys/kernel/unprivileged_userns_clone").strip() == "0":
        why = "User namespaces are only root's here (kernel.unprivileged_userns_clone=0)."
        yield Refusal(why, volume())
    if _text(proc / "sys/kernel/apparmor_restrict_unprivileged_userns").strip() == "1":
        yield Refusal(
            "AppArmor lets only named programs make user namespaces here "
            "(kernel.apparmor_restrict_unprivileged_userns=1).",
            profile(),
        )


def _no_upper(kind: str) -> Refusal:
    where = "Give ROPEWALK_HOME a directory on a local disk"
    if kind == "overlay":
        where = "Give ROPEWALK_HOME a volume: docker run -v ropewalk:/ropewalk -e ROPEWALK_HOME=/ropewalk …"
    return Refusal(f"Overlays cannot keep their changes on a file system of type {kind}.", where)


def _unable(proc: Path) -> bool:
    """Whether we are root without root's power to mount."""
    for one in _text(proc / "self/status").splitlines():
        if one.startswith("CapEff:"):
            return os.geteuid() == 0 and not int(one.split()[1], 16) & SYS_ADMIN
    return False


def kind_of(folder: Path, proc: Path = Path("/proc")) -> str:
    """The type of the file system that holds a directory; empty if it is unknown."""
    path, best, kind = os.path.realpath(folder), "", ""
    for one in _text(proc / "self/mountinfo").splitlines():
        place, _, about = one.partition(" - ")
        at = place.split(" ")[4].replace("\\040", " ")
        inside = path == at or path.startswith(at.rstrip("/") + "/")
        if inside and len(at) >= len(best):
            best, kind = at, about.split(" ")[0]
    return kind


def profile(file: Path = PROFILE, folder: str = launcher.FOLDER) -> str:
    """The command of root that lets a copy of our interpreter make user namespaces, by a profile of AppArmor.

    The profile names a file that only root can replace and only this user's group can run. Whoever runs it can
    make user namespaces: that is all it allows.
    """
    text = (
        "abi <abi/4.0>,",
        "include <tunables/global>",
        f"profile ropewalk {folder}/bin/python flags=(unconfined) {{",
        "  userns,",
        "}",
    )
    write = ["sh", "-c", 'printf \'%s\\n\' "$@" > "$0"', str(file), *text]
    return _as_root([*launcher.installing(folder), write, ["apparmor_parser", "-r", str(file)]])


def volume(image: Path = IMAGE, at: Path = VOLUME) -> str:
    """The command of root that makes a volume on which workspaces need no namespaces."""
    own = at / str(os.getuid())
    steps = [
        ["truncate", "-s", "50G", str(image)],
        ["mkfs.btrfs", "-q", str(image)],
        ["mkdir", "-p", str(at)],
        ["mount", "-o", "loop,user_subvol_rm_allowed", str(image), str(at)],
        ["install", "-d", "-o", str(os.getuid()), "-m", "0700", str(own)],
    ]
    return f"{_as_root(steps)}; export ROPEWALK_HOME={shlex.quote(str(own))}"


def _as_root(steps: list[list[str]]) -> str:
    return f"sudo sh -c {shlex.quote(' && '.join(map(shlex.join, steps)))}"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""

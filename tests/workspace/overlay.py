"""Edits in an overlay, made by a process of its own: the mount is in its namespace and ends with it.

Run as a program it becomes who it shall be, mounts and applies edits; imported, it starts that program.
"""

import contextlib
import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

NOBODY = 65534
Edit = Sequence[str]
"""What, the name, and what else it takes (another name, or a content); text holds bytes as surrogates."""


# --- the edits, in the current directory -----------------------------------------------------


def clear(name: bytes) -> None:
    if os.path.isdir(name) and not os.path.islink(name):
        shutil.rmtree(name)
    elif os.path.lexists(name):
        os.unlink(name)


def room(name: bytes) -> None:
    """A place for a name: whatever is there, or a file where a directory must be, goes."""
    parts = name.split(b"/")
    for at in range(1, len(parts)):
        above = b"/".join(parts[:at])
        if os.path.islink(above) or os.path.isfile(above):
            os.unlink(above)
    clear(name)
    if len(parts) > 1:
        os.makedirs(b"/".join(parts[:-1]), exist_ok=True)


def is_file(name: bytes) -> bool:
    parts = name.split(b"/")
    ways = [b"/".join(parts[: at + 1]) for at in range(len(parts))]
    return os.path.isfile(name) and not any(map(os.path.islink, ways))


def is_folder(name: bytes) -> bool:
    parts = name.split(b"/")
    ways = [b"/".join(parts[: at + 1]) for at in range(len(parts))]
    return os.path.isdir(name) and not any(map(os.path.islink, ways))


def copied(name: bytes, other: bytes) -> None:
    """A directory renamed, as `mv` does it where the system cannot."""
    if is_folder(name) and not (other + b"/").startswith(name + b"/"):
        if (name + b"/").startswith(other + b"/"):
            return
        room(other)
        if is_folder(name):
            shutil.copytree(name, other, symlinks=True)
            shutil.rmtree(name)


def deepen(name: bytes, levels: int) -> None:
    """A path that is too long to be named at once, and a file at its end."""
    top = os.open(".", os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name)
        os.chdir(name)
    Path("file").write_text("deep\n")
    os.fchdir(top)
    os.close(top)


def apply(what: str, name: bytes, other: bytes) -> None:
    if what == "write":
        room(name)
        with open(name, "wb") as file:
            file.write(other)
    elif what == "append" and is_file(name):
        with open(name, "ab") as file:
            file.write(other)
    elif what == "delete":
        clear(name)
    elif what == "mkdir":
        room(name)
        os.mkdir(name)
    elif what == "symlink":
        room(name)
        os.symlink(other, name)
    elif what == "mode" and is_file(name):
        os.chmod(name, int(other, 8))
        os.utime(name)
    elif what == "touch" and is_file(name):
        os.utime(name)
    elif what == "link" and is_file(name) and name != other:
        room(other)
        if is_file(name):
            os.link(name, other)
            os.utime(name)
    elif what == "rename" and is_file(name) and name != other:
        room(other)
        if is_file(name):
            os.rename(name, other)
    elif what == "move":
        copied(name, other)
    elif what == "fifo":
        room(name)
        os.mkfifo(name)
    elif what == "deepen":
        deepen(name, int(other))
    elif what == "shell":
        subprocess.run(["sh", "-ec", name], check=True)


def apply_all(edits: Iterable[Edit]) -> None:
    for what, name, *other in edits:
        apply(what, os.fsencode(name), os.fsencode(other[0]) if other else b"")


# --- the process -----------------------------------------------------------------------------


LIBC = ctypes.CDLL(None, use_errno=True)
NEW_MOUNTS, NEW_USER = 0x20000, 0x10000000
PRIVATE = 0x4000 | 0x40000
DUMPABLE = 4


def asked(answer: int, what: str) -> None:
    if answer:
        raise OSError(ctypes.get_errno(), what)


def become_nobody() -> None:
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    asked(LIBC.prctl(DUMPABLE, 1, 0, 0, 0), "prctl")


def enter_user_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    asked(LIBC.unshare(NEW_USER), "no user namespace")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text)


def mount(words: str, target: str) -> None:
    asked(LIBC.unshare(NEW_MOUNTS), "no mount namespace")
    asked(LIBC.mount(b"none", b"/", None, PRIVATE, None), "the mounts cannot be made private")
    done = LIBC.mount(b"overlay", os.fsencode(target), b"overlay", 0, os.fsencode(words))
    asked(done, f"no overlay: {words}")


def main() -> None:
    edits = json.load(sys.stdin)
    how, target, words = sys.argv[1:]
    if how == "user":
        if os.geteuid() == 0:
            become_nobody()
        enter_user_namespace()
    mount(words, target)
    os.chdir(target)
    apply_all(edits)


class Overlay:
    """An overlay workspace below `home`, edited as root (`trusted`) or in a user namespace."""

    def __init__(self, home: Path, layers: Sequence[Path], *, trusted: bool) -> None:
        self.layers = list(layers)
        self.upper = home / "upper"
        self._work = home / "work"
        self._merged = home / "merged"
        self._trusted = trusted
        for one in (self.upper, self._work, self._merged):
            one.mkdir()
            if not trusted and os.geteuid() == 0:
                os.chown(one, NOBODY, NOBODY)

    @property
    def prefix(self) -> str:
        return "trusted.overlay." if self._trusted else "user.overlay."

    def edit(self, edits: Iterable[Edit]) -> None:
        """Mount, edit, and end."""
        lower = ":".join(map(str, self.layers))
        words = f"lowerdir={lower},upperdir={self.upper},workdir={self._work}"
        words += ",metacopy=off,redirect_dir=nofollow" if self._trusted else ",userxattr"
        _run(["root" if self._trusted else "user", str(self._merged), words], edits)


def edit_plain(folder: Path, edits: Iterable[Edit]) -> None:
    """The same edits in an ordinary directory."""
    with contextlib.chdir(folder):
        apply_all(edits)


def _run(arguments: list[str], edits: Iterable[Edit]) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", __file__, *arguments],
        input=json.dumps(list(edits)),
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the edits failed, or this machine mounts no overlay: {done.stderr}")


if __name__ == "__main__":
    main()

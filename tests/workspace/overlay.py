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


def clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.is_symlink() or path.exists():
        path.unlink()


def room(path: Path) -> None:
    """A place for a name: whatever is there, or a file where a directory must be, goes."""
    for above in [*reversed(path.parents)][1:]:
        if above.is_symlink() or above.is_file():
            above.unlink()
    clear(path)
    path.parent.mkdir(parents=True, exist_ok=True)


def linked(path: Path) -> bool:
    return any(one.is_symlink() for one in (path, *path.parents))


def is_file(path: Path) -> bool:
    return path.is_file() and not linked(path)


def is_folder(path: Path) -> bool:
    return path.is_dir() and not linked(path)


def write(path: Path, other: str) -> None:
    room(path)
    path.write_bytes(os.fsencode(other))


def append(path: Path, other: str) -> None:
    """Nothing appended is nothing done to a checkout, but a copy in a layer, which git would read anew."""
    if is_file(path) and other:
        with path.open("ab") as file:
            file.write(os.fsencode(other))


def delete(path: Path, _: str) -> None:
    clear(path)


def mkdir(path: Path, _: str) -> None:
    room(path)
    path.mkdir()


def symlink(path: Path, other: str) -> None:
    room(path)
    path.symlink_to(other)


def mode(path: Path, other: str) -> None:
    if is_file(path):
        path.chmod(int(other, 8))
        os.utime(path)


def touch(path: Path, _: str) -> None:
    if is_file(path):
        os.utime(path)


def link(path: Path, other: str) -> None:
    if is_file(path) and path != Path(other):
        room(Path(other))
        if is_file(path):
            os.link(path, other)
            os.utime(path)


def rename(path: Path, other: str) -> None:
    if is_file(path) and path != Path(other):
        room(Path(other))
        if is_file(path):
            path.rename(other)


def move(path: Path, other: str) -> None:
    """A directory renamed, as `mv` does it where the system cannot."""
    target = Path(other)
    if is_folder(path) and path not in (target, *target.parents) and target not in path.parents:
        room(target)
        if is_folder(path):
            shutil.copytree(path, target, symlinks=True)
            shutil.rmtree(path)


def fifo(path: Path, _: str) -> None:
    room(path)
    os.mkfifo(path)


def deepen(path: Path, other: str) -> None:
    """A path that is too long to be named at once, and a file at its end."""
    top = os.open(".", os.O_RDONLY)
    for _ in range(int(other)):
        path.mkdir()
        os.chdir(path)
    Path("file").write_text("deep\n")
    os.fchdir(top)
    os.close(top)


def shell(path: Path, other: str) -> None:
    path.mkdir(parents=True, exist_ok=True)
    subprocess.run(["sh", "-ec", other], check=True, cwd=path)


def attribute(path: Path, other: str) -> None:
    name, value = other.split("=")
    os.setxattr(path, name, value.encode())


DOING = {
    one.__name__: one
    for one in (
        *(write, append, delete, mkdir, symlink, mode, touch, link, rename, move),
        *(fifo, deepen, shell, attribute),
    )
}


def apply_all(edits: Iterable[Edit]) -> None:
    for what, name, *other in edits:
        DOING[what](Path(name), other[0] if other else "")


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

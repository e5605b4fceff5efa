"""From a program's place to the directories that it needs beside it."""

import os
import re
import stat
from pathlib import Path

from ropewalk.sandbox.house import STORES, House, below
from ropewalk.sandbox.managers import of_manager

BIN = ("bin", "sbin", ".bin", "shims", "scripts", "libexec")
AROUND = ("lib", "lib64", "libexec", "pyvenv.cfg", "conda-meta", "node_modules", "package.json")
"""What lies beside a `bin` that belongs to an installation."""
SOURCES = ("pyproject.toml", "package.json", "Cargo.toml", "go.mod", "setup.py")
MOST_BYTES = 65536
_HOME = re.compile(r"^home\s*=\s*(.+?)\s*$", re.MULTILINE)


def around(place: str, house: House) -> tuple[str, ...]:
    """What is to be shown so that the program, or the directory of programs, at `place` works; empty: nothing."""
    if house.system(place) or house.locked(place):
        return ()
    store = next((one for one in STORES if below(place, one)), "")
    if store:
        return (store,)
    if (managed := of_manager(place, house)) is not None:
        return managed
    for found in (_package, _shared, _installation):
        if shown := found(place, house):
            return shown
    folder = place if os.path.isdir(place) else ""
    if folder:
        return () if house.wide(folder) else (folder,)
    return (place,) if os.path.isfile(place) else ()


def _package(place: str, house: House) -> tuple[str, ...]:
    """All packages around a file of one of Node's, or the Python package around a module."""
    before, found, _ = place.partition("/node_modules/")
    if found and not house.wide(before + "/node_modules"):
        return (before + "/node_modules",)
    folder = os.path.dirname(place)
    if not place.endswith(".py") or not os.path.exists(f"{folder}/__init__.py"):
        return ()
    while os.path.exists(f"{os.path.dirname(folder)}/__init__.py"):
        folder = os.path.dirname(folder)
    return () if house.wide(folder) else (folder,)


def _shared(place: str, house: House) -> tuple[str, ...]:
    """`~/.local/share/NAME` of a program that installed itself there."""
    shared = house.at(".local/share") + "/"
    name = place.removeprefix(shared).split("/", 1)[0] if place.startswith(shared) else ""
    folder = shared + name
    return (folder,) if name and os.path.isdir(folder) and folder != place else ()


def _installation(place: str, house: House) -> tuple[str, ...]:
    """The prefix of an installation, or a checkout that a program is run from."""
    folder = place if os.path.isdir(place) else os.path.dirname(place)
    prefix = os.path.dirname(folder)
    if os.path.basename(folder) in BIN and any(os.path.exists(f"{prefix}/{one}") for one in AROUND):
        if not house.wide(prefix):
            return (prefix,)
        if prefix == house.at(".local"):
            return tuple(one for one in (folder, f"{prefix}/lib") if os.path.isdir(one))
    source = any(os.path.exists(f"{folder}/{one}") for one in SOURCES)
    return (folder,) if source and os.path.isfile(place) and not house.wide(folder) else ()


# --- Python --------------------------------------------------------------------------------------


def behind(prefix: str) -> list[str]:
    """What a virtual environment at `prefix` leads to: its interpreter, and what was installed from elsewhere."""
    home = _HOME.search(_text(Path(prefix, "pyvenv.cfg")))
    if home is None:
        return []
    lines = [
        line.strip()
        for file in sorted(Path(prefix).glob("lib/python*/site-packages/*.pth"))
        for line in _text(file).splitlines()
    ]
    return [home[1], *(line for line in lines if line.startswith("/") and os.path.isdir(line))]


def first_bytes(path: str, most: int) -> bytes:
    """The beginning of a regular file; empty: there is none. A pipe with nobody at its other end keeps nobody."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        return b""
    try:
        return os.read(fd, most) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(fd)


def _text(path: Path) -> str:
    return first_bytes(str(path), MOST_BYTES).decode("utf-8", "replace")


# --- links and first lines -----------------------------------------------------------------------


def hops(path: str) -> list[str]:
    """Where a link leads, step by step, and in the end for good; empty: it is none, or leads nowhere."""
    found: list[str] = []
    at = path
    while os.path.islink(at) and len(found) < 40:
        at = os.path.normpath(os.path.join(os.path.dirname(at), os.readlink(at)))
        found.append(at)
    real = os.path.realpath(path)
    return [*found, real] if os.path.exists(real) and real != path else []


def interpreter(path: str) -> str:
    """The interpreter that a script's first line names; empty: none, or one that PATH finds."""
    start = first_bytes(path, 256)
    line = start.partition(b"\n")[0].decode("utf-8", "replace")
    words = line[2:].split() if line.startswith("#!") else []
    return words[0] if words and words[0].startswith("/") else ""

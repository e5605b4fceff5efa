"""Commits that an agent made in its workspace, into the attempts store; no git runs on what is the agent's.

Its object files are copied out first: git would follow the `info/alternates` of a foreign object directory,
and links in it, to repositories that the agent has no right to read. What is copied is read beside the base
store alone, so that an id of a sibling's leads nowhere.
"""

import os
import re
import stat
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from ropewalk.core.errors import Outside
from ropewalk.git.packs import PACK, pour, tips
from ropewalk.git.process import GitFailed, call, git
from ropewalk.git.stores import ALTERNATES, SHALLOW

BYTES = 1024 * 1024 * 1024
"""As much as this, packed or not, is taken from one workspace at a time."""
FILES = 200_000
CHUNK = 1024 * 1024
MEMORY = {"GIT_ALLOC_LIMIT": "512m"}
"""No object may make git take more at a time; a few bytes can promise gigabytes."""
ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
HEADER = re.compile(rb"(blob|commit|tag|tree) (\d{1,12})\0")
FANOUT = re.compile(r"[0-9a-f]{2}")
LOOSE = re.compile(r"[0-9a-f]{38}([0-9a-f]{24})?")
PACKED = re.compile(r"pack-[0-9a-f]{1,64}\.pack")
LINKS = 5
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def harvest(
    own: Path,
    *,
    base: Path,
    root: Path,
    commit: str,
    ref: str,
    objects: str = ".git/objects",
    limit: int = BYTES,
) -> None:
    """Bring `commit`, and what it reaches beyond the base store, into the attempts store `own`, held by `ref`.

    `root` is the directory of a workspace's files (with an overlay: its upper layer), which is ours up to
    its name; `objects` is where the object directory lies below it. Outside: the commit is not whole there,
    git finds it malformed, or there is more than `limit` bytes; nothing is held then.
    """
    if not ID.fullmatch(commit):
        raise _unfit(f"{commit[:80]!r} is no commit id")
    with tempfile.TemporaryDirectory(dir=own.parent, prefix=".new-") as folder:
        copy = Path(folder, "objects")
        (copy / "info").mkdir(parents=True)
        (copy / "pack").mkdir()
        (copy.parent / ALTERNATES).write_bytes(os.fsencode(base / "objects") + b"\n")
        _Copier(copy, limit).copy(root, objects)
        reading = {"GIT_OBJECT_DIRECTORY": str(copy), **_cut(own), **MEMORY}
        try:
            _bring(own, base, copy, commit, reading, limit)
        except GitFailed as failed:
            raise _unfit(failed.words) from failed
    git("update-ref", ref, commit, git_dir=own)


def tip(read: Callable[[str], bytes | None]) -> str:
    """The commit that HEAD of an agent's git directory names; empty where it names none.

    `read` answers with a file below that directory, read through no link, or None.
    """
    name = "HEAD"
    for _ in range(LINKS):
        text = (read(name) or _packed(read, name)).decode("utf-8", "replace").strip()
        if ID.fullmatch(text):
            return text
        if not text.startswith("ref: refs/"):
            break
        name = text.removeprefix("ref: ")
    return ""


def _packed(read: Callable[[str], bytes | None], name: str) -> bytes:
    rows = [one.split(b" ", 1) for one in (read("packed-refs") or b"").splitlines()]
    return next((one[0] for one in rows if one[1:] == [os.fsencode(name)]), b"")


def _unfit(reason: str) -> Outside:
    return Outside(
        f"The agent's own commits could not be taken: {reason}.",
        hint="Its files are kept as a version all the same.",
    )


def _cut(own: Path) -> dict[str, str]:
    """Where history is cut off, as the attempts store knows it."""
    return {"GIT_SHALLOW_FILE": str(own / SHALLOW)} if (own / SHALLOW).is_file() else {}


def _bring(
    own: Path, base: Path, copy: Path, commit: str, reading: dict[str, str], limit: int
) -> None:
    for one in (copy / "pack").glob("*.pack"):
        git("index-pack", str(one), git_dir=base, extra=reading)
    git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", git_dir=base, extra=reading)
    pour(
        call(*PACK, git_dir=base, extra=reading),
        own,
        [commit, *(f"^{one}" for one in tips(base))],
        extra=MEMORY,
        checks=("--strict", f"--max-input-size={limit}"),
    )


class _Copier:
    """Copies the object files of a directory that an agent wrote, through no link, as far as a limit."""

    def __init__(self, into: Path, limit: int) -> None:
        """`limit` holds for the bytes on disk and, of single objects, for those they promise to be."""
        self._into = into
        self._left = self._promised = limit
        self._files = FILES

    def copy(self, root: Path, objects: str) -> None:
        """Loose objects and packs; the indexes of packs are made anew. Outside: they are too many."""
        with _folder(root, PurePosixPath(objects).parts) as top:
            for name in _names(top):
                if FANOUT.fullmatch(name):
                    self._loose(top, name)
            self._packs(top)

    def _loose(self, top: int, name: str) -> None:
        with suppress(OSError), _beneath(top, name) as folder:
            for one in _names(folder):
                if LOOSE.fullmatch(one):
                    (self._into / name).mkdir(exist_ok=True)
                    self._file(folder, one, self._into / name / one, check=True)

    def _packs(self, top: int) -> None:
        with suppress(FileNotFoundError, NotADirectoryError), _beneath(top, "pack") as folder:
            for number, one in enumerate(filter(PACKED.fullmatch, _names(folder))):
                self._file(folder, one, self._into / "pack" / f"pack-{number:040x}.pack")

    def _file(self, folder: int, name: str, into: Path, *, check: bool = False) -> None:
        self._files -= 1
        try:
            source = os.open(name, FILE, dir_fd=folder)
        except OSError:
            return
        with os.fdopen(source, "rb") as file:
            if not stat.S_ISREG(os.fstat(source).st_mode):
                return
            if check and not self._promise(file.read(512)):
                return
            file.seek(0)
            with into.open("wb") as copy:
                while self._left >= 0 and (part := file.read(CHUNK)):
                    self._left -= len(part)
                    copy.write(part)
        if min(self._left, self._promised, self._files) < 0:
            raise _unfit("there is too much of them")

    def _promise(self, beginning: bytes) -> bool:
        """Count what a loose object says that it holds; git believes it, and nothing beyond it."""
        try:
            found = HEADER.match(zlib.decompressobj().decompress(beginning, 64))
        except zlib.error:
            return False
        if found:
            self._promised -= int(found[2])
        return bool(found)


@contextmanager
def _folder(root: Path, parts: tuple[str, ...]) -> Iterator[int]:
    """The directory below `root`, whose every step is a directory and no link. Outside: it is none."""
    try:
        folder = os.open(root, FOLDER)
        for part in parts:
            outer = folder
            try:
                folder = os.open(part, FOLDER, dir_fd=outer)
            finally:
                os.close(outer)
    except OSError as error:
        raise _unfit(f"its object directory is not there ({error.strerror})") from None
    try:
        yield folder
    finally:
        os.close(folder)


@contextmanager
def _beneath(folder: int, name: str) -> Iterator[int]:
    inner = os.open(name, FOLDER, dir_fd=folder)
    try:
        yield inner
    finally:
        os.close(inner)


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [one.name for one in entries]

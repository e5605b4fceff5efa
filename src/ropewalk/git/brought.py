"""Ignored files of the person's checkout that a task brings along: copied once, then put where they are wanted.

`HOME/brought/DIGEST` holds `list` (JSON, see `Entry`) and `files/SHA256` for each content. It is written whole
or not at all, and never changes. Nothing is followed: neither a link in the checkout nor one in a workspace.
"""

import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from ropewalk.core.errors import Refused
from ropewalk.core.ignored import chosen
from ropewalk.git.process import git, git_of_person
from ropewalk.git.stores import store
from ropewalk.ports import Brought

MOST_BYTES = 100 * 1024 * 1024
MOST_FILES = 10_000
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Entry(NamedTuple):
    """A file or link. `mode`: its permissions; `content`: its digest, empty for a link, which leads to `link`."""

    path: str
    mode: int
    content: str
    link: str


def bring(home: Path, root: str, project: str, commit: str, lines: Sequence[str]) -> Brought:
    """Copy the ignored files of a checkout that `lines` choose. Refused: they are too many, or too large.

    Left out, in words: what the commit's own `.gitignore` files do not ignore, so that it would get into a
    version; links that lead out of the checkout; what is no file, or cannot be read.
    """
    paths = _listed(root, lines)
    safe = _ignored(store(home, project), commit, paths)
    out = [
        f"{one} is not brought along: no .gitignore of {commit[:10]} names it"
        for one in paths
        if one not in safe
    ]
    if not safe:
        return Brought(digest="", files=0, notices=tuple(_few(out)))
    (home / "brought").mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home / "brought", prefix=".new-") as folder:
        fresh = Path(folder, "all")
        (fresh / "files").mkdir(parents=True, mode=0o700)
        entries = _copied(root, [one for one in paths if one in safe], fresh / "files", out)
        digest = _kept(home, fresh, entries) if entries else ""
    return Brought(digest=digest, files=len(entries), notices=tuple(_few(out)))


def put(home: Path, digest: str, project: str, commit: str, into: Path) -> None:
    """Put what was brought along below a directory, whose files are those of `commit`, unless they are there.

    An empty digest: nothing. Refused: it is no longer kept.
    """
    if not digest:
        return
    try:
        text = (home / "brought" / digest / "list").read_text(encoding="utf-8")
    except OSError:
        raise Refused(
            "The ignored files that this task brought along are no longer kept.",
            hint="Start a new task.",
        ) from None
    names = git("ls-tree", "-r", "-z", "--name-only", commit, git_dir=store(home, project))
    tracked = {os.fsdecode(one) for one in names.split(b"\0")}
    for row in json.loads(text):
        entry = Entry(*row)
        if entry.path not in tracked:
            with suppress(FileExistsError, NotADirectoryError):
                _put(home / "brought" / digest / "files", entry, into)


def forget(home: Path, kept: Sequence[str], before: float) -> None:
    """Remove what no task needs and was brought before a time (seconds since the epoch)."""
    for one in (home / "brought").glob("*"):
        with suppress(OSError):
            if one.name not in kept and one.stat().st_mtime < before:
                shutil.rmtree(one)


# --- what there is -------------------------------------------------------------------------------


def _listed(root: str, lines: Sequence[str]) -> list[str]:
    asked = ("ls-files", "--others", "--ignored", "--exclude-standard", "-z")
    found = (os.fsdecode(one) for one in git_of_person(*asked, root=root).split(b"\0") if one)
    files = [one for one in found if not one.endswith("/") and ".git" not in one.split("/")]
    return sorted(chosen(files, lines))


def _ignored(own: Path, commit: str, paths: Sequence[str]) -> set[str]:
    """Those of the paths that the commit's own `.gitignore` files name."""
    if not paths:
        return set()
    with tempfile.TemporaryDirectory(prefix="ropewalk-ignored-") as folder:
        tree = Path(folder, "tree")
        tree.mkdir()
        for row in git("ls-tree", "-r", "-z", commit, git_dir=own).split(b"\0")[:-1]:
            about, name = row.split(b"\t", 1)
            mode, _, blob = about.decode().split(" ")
            if PurePosixPath(os.fsdecode(name)).name == ".gitignore" and mode.startswith("100"):
                file = tree / os.fsdecode(name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(git("cat-file", "blob", blob, git_dir=own))
        extra = {"GIT_WORK_TREE": str(tree), "GIT_INDEX_FILE": str(Path(folder, "index"))}
        out = git(
            "check-ignore", "--no-index", "-z", "--stdin",
            git_dir=own, extra=extra, accept=(0, 1),
            input=b"".join(os.fsencode(one) + b"\0" for one in paths),
        )  # fmt: skip
    return {os.fsdecode(one) for one in out.split(b"\0") if one}


# --- copying -------------------------------------------------------------------------------------


def _copied(root: str, paths: Sequence[str], files: Path, out: list[str]) -> list[Entry]:
    entries: list[Entry] = []
    size = 0
    for path in paths:
        try:
            entry, more = _copy(root, path, files, MOST_BYTES - size)
        except _LeftOut as left:
            out.append(f"{path} is not brought along: {left}")
            continue
        size += more
        entries.append(entry)
        if size > MOST_BYTES or len(entries) > MOST_FILES:
            raise Refused(
                f"What is to be brought along is more than {MOST_BYTES // 2**20} MB"
                f" or {MOST_FILES} files; at {path} it was too much.",
                hint="Name fewer in `bring` of [setup] (bring = [] names none): its commands install dependencies.",
            )
    return entries


class _LeftOut(Exception):
    """Why a file is left out."""


def _copy(root: str, path: str, files: Path, most: int) -> tuple[Entry, int]:
    """One file, its content below `files`, and its size; of one with more than `most` bytes only a part."""
    *above, name = path.split("/")
    try:
        with _folder(root, above, make=False) as folder:
            about = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISLNK(about.st_mode):
                return Entry(path, 0, "", _inner(path, os.readlink(name, dir_fd=folder))), 0
            if not stat.S_ISREG(about.st_mode):
                raise _LeftOut("it is no file")
            with os.fdopen(os.open(name, FILE, dir_fd=folder), "rb") as source:
                content, size = _content(source, files, most)
    except OSError as error:
        raise _LeftOut(error.strerror or "it cannot be read") from None
    return Entry(path, stat.S_IMODE(about.st_mode) & 0o777, content, ""), size


def _content(source: IO[bytes], files: Path, most: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=files, prefix=".new-", delete=False) as target:
        while size <= most and (piece := source.read(1024 * 1024)):
            digest.update(piece)
            size += len(piece)
            target.write(piece)
    name = digest.hexdigest()
    Path(target.name).replace(files / name)
    return name, size


def _inner(path: str, link: str) -> str:
    """The link, if it leads to somewhere in the checkout, whatever it is put into."""
    aim = os.path.normpath(os.path.join(os.path.dirname(path), link))  # noqa: PTH118, PTH120
    if link.startswith("/") or aim == ".." or aim.startswith("../"):
        raise _LeftOut("it is a link that leads out of the checkout")
    return link


def _kept(home: Path, fresh: Path, entries: Sequence[Entry]) -> str:
    text = json.dumps(entries, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    (fresh / "list").write_text(text, encoding="utf-8")
    place = home / "brought" / digest
    with suppress(OSError):
        fresh.rename(place)
    os.utime(place)
    return digest


def _put(files: Path, entry: Entry, into: Path) -> None:
    *above, name = entry.path.split("/")
    with _folder(str(into), above, make=True) as folder:
        if entry.link:
            os.symlink(entry.link, name, dir_fd=folder)
            return
        with (
            os.fdopen(os.open(name, FRESH, 0o600, dir_fd=folder), "wb") as target,
            (files / entry.content).open("rb") as source,
        ):
            shutil.copyfileobj(source, target)
            os.fchmod(target.fileno(), entry.mode)


@contextmanager
def _folder(root: str, names: Sequence[str], *, make: bool) -> Iterator[int]:
    """A directory below a root, through no link; made if asked."""
    here = os.open(root, FOLDER)
    try:
        for name in names:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, 0o755, dir_fd=here)
            inner = os.open(name, FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        yield here
    finally:
        os.close(here)


def _few(words: Sequence[str]) -> list[str]:
    more = [f"… and {len(words) - 5} more files"] if len(words) > 5 else []
    return [*words[:5], *more]

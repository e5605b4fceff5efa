"""Upkeep of an attempts store: refs that nobody needs any more, and the objects that no ref needs.

Whoever puts objects there and then a ref on them is `writing`; upkeep keeps everybody out for as long. Of the
base store nothing ever goes (see `git/stores.py`). What was written or found again within `YOUNG_S` stays, too.
"""

import fcntl
import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ropewalk.core.errors import Outside
from ropewalk.git.packs import tips
from ropewalk.git.process import git

LOCK = "upkeep.lock"
PATIENCE_S = 5.0
PAUSE_S = 0.05
YOUNG_S = 86_400
ATTEMPTS = "refs/ropewalk/attempts/"


@dataclass(frozen=True, slots=True)
class Held:
    """The refs of an attempt, and when the newest commit that one of them names was made."""

    refs: tuple[str, ...]
    since: float


@contextmanager
def writing(own: Path) -> Iterator[None]:
    """Many at once. What whoever is inside has found there stays."""
    lock = _open(own)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


@contextmanager
def alone(own: Path, patience_s: float) -> Iterator[int]:
    """Nobody writes; the lock, for those whom we start. Outside: somebody was writing all the time."""
    lock = _open(own)
    try:
        _take(lock, patience_s)
        yield lock
    finally:
        os.close(lock)


def _open(own: Path) -> int:
    return os.open(own / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _take(lock: int, patience_s: float) -> None:
    end = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise Outside("Versions are being written.", hint="Try again.") from None
            time.sleep(PAUSE_S)
        else:
            return


# --- refs ----------------------------------------------------------------------------------------


def held(own: Path) -> dict[str, Held]:
    """What the refs of each attempt hold, by its permanent id."""
    listed = "%(refname) %(committerdate:unix)"
    found: dict[str, Held] = {}
    for row in git("for-each-ref", f"--format={listed}", ATTEMPTS, git_dir=own).splitlines():
        ref, _, date = row.decode().partition(" ")
        key = ref.removeprefix(ATTEMPTS).partition("/")[0]
        known = found.get(key, Held((), 0.0))
        found[key] = Held((*known.refs, ref), max(known.since, float(date or 0)))
    return found


def weigh(own: Path, base: Path, attempts: Collection[str]) -> int:
    """The bytes of disk that only the refs of these attempts hold."""
    out = git("for-each-ref", "--format=%(refname) %(objectname)", git_dir=own).decode()
    refs = dict(row.split(" ") for row in out.splitlines())
    prefixes = tuple(f"{ATTEMPTS}{one}/" for one in attempts)
    going = {refs[one] for one in refs if one.startswith(prefixes)}
    stays = {refs[one] for one in refs if not one.startswith(prefixes)} | set(tips(base))
    if not going:
        return 0
    options = ("rev-list", "--objects", "--disk-usage", "--stdin")
    return int(git(*options, git_dir=own, input=_revisions(going, stays)).strip() or 0)


def let_go(own: Path, attempt: str) -> None:
    """Remove the refs of an attempt, all or none. What they held is there until `clean`."""
    if known := held(own).get(attempt):
        orders = "".join(f"delete {one}\n" for one in known.refs)
        git("update-ref", "--stdin", git_dir=own, input=f"start\n{orders}commit\n".encode())


# --- objects -------------------------------------------------------------------------------------


def spare(own: Path, base: Path) -> int:
    """The bytes of objects that no ref needs, and that are not young."""
    needed = _needed(own, base)
    young = time.time() - YOUNG_S
    return sum(size for key, size, at in _local(own) if key not in needed and at < young)


def clean(own: Path, patience_s: float = PATIENCE_S) -> None:
    """Remove what `spare` counts. Who dies over it has lost nothing, and may call it again. Outside."""
    with alone(own, patience_s) as lock:
        for one in (own / "objects" / "pack").glob(".tmp-*"):
            one.unlink(missing_ok=True)
        when = f"{YOUNG_S}.seconds.ago"
        repack = ("repack", "-A", "-d", "-l", "-q", f"--unpack-unreachable={when}")
        for step in (repack, ("prune", f"--expire={when}"), ("pack-refs", "--all")):
            git(*step, git_dir=own, holds=(lock,))


def _needed(own: Path, base: Path) -> set[str]:
    """The objects that refs reach, but for those that the base store has anyway."""
    options = ("rev-list", "--objects", "--no-object-names", "--stdin")
    asked = _revisions(tips(own), tips(base))
    return set(git(*options, git_dir=own, input=asked).decode().split())


def _revisions(wanted: Collection[str], without: Collection[str]) -> bytes:
    return "".join(f"{one}\n" for one in [*wanted, *(f"^{one}" for one in without)]).encode()


def _local(own: Path) -> Iterator[tuple[str, int, float]]:
    """The objects in the store itself: id, bytes, and when they were written or found again last."""
    objects = own / "objects"
    for folder in objects.glob("[0-9a-f][0-9a-f]"):
        for one in folder.iterdir():
            about = one.stat()
            yield folder.name + one.name, about.st_blocks * 512, about.st_mtime
    for pack in (objects / "pack").glob("*.pack"):
        yield from _packed(own, pack)


def _packed(own: Path, pack: Path) -> Iterator[tuple[str, int, float]]:
    about = pack.stat()
    listed = git("show-index", git_dir=own, input=pack.with_suffix(".idx").read_bytes()).decode()
    rows = [one.split() for one in listed.splitlines()]
    starts = sorted((int(one[0]), one[1]) for one in rows)
    ends = [start for start, _ in starts[1:]] + [about.st_size]
    for (start, key), end in zip(starts, ends, strict=True):
        yield key, end - start, about.st_mtime

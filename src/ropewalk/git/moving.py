"""Letting the files of a checkout follow its branch from one commit to another, losing nothing."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ropewalk.core.errors import Refused
from ropewalk.git.process import GitFailed, git_of_person

GONE = b"000000"
FILES = (b"100644", b"100755")


@dataclass(frozen=True, slots=True)
class Step:
    """One path that differs between two commits: mode and id before and after."""

    path: bytes
    old: tuple[bytes, bytes]
    new: tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """A checkout, the environment in which git works there, and open files of ours that git holds meanwhile."""

    path: str
    extra: Mapping[str, str]
    holds: tuple[int, ...] = ()

    def git(
        self,
        *arguments: str,
        extra: Mapping[str, str] | None = None,
        input: bytes | None = None,
        accept: Sequence[int] = (0,),
    ) -> bytes:
        """Git in this checkout."""
        more = {**self.extra, **(extra or {})}
        return git_of_person(
            *arguments, root=self.path, extra=more, input=input, accept=accept, holds=self.holds
        )


def follow(
    path: str, branch: str, old: str, new: str, *, journal: Path, extra: Mapping[str, str]
) -> None:
    """Bring index and files of the checkout at `path` from `old` to `new`, as a fast-forward would.

    Refused, with nothing changed, if that would overwrite uncommitted work: modified or staged content,
    untracked files, and (unlike git) ignored files. Files that are as in `new` already, left by a call
    that died, are taken over; so a repeated call finishes. `journal` is a file of ours that says which
    move is under way: only then is a file that holds the beginning of its new content one that git had
    not finished writing. `extra` is added to git's environment.
    """
    place = Place(path, extra)
    steps = steps_between(place, old, new)
    entry = f"{old} {new}"
    again = journal.is_file() and journal.read_text(encoding="utf-8") == entry
    if again:
        _remove_unfinished(place, steps)
    journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    journal.write_text(entry, encoding="utf-8")
    try:
        _follow(place, branch, steps, old, new)
    except Refused:
        if not again:
            journal.unlink(missing_ok=True)
        raise
    journal.unlink(missing_ok=True)


def _remove_unfinished(place: Place, steps: list[Step]) -> None:
    for one in steps:
        path = Path(place.path, os.fsdecode(one.path))
        if one.new[0] not in FILES or _leads_out(place, path) or not path.is_file():
            continue
        whole = place.git("cat-file", "blob", one.new[1].decode())
        begun = path.read_bytes()
        if len(begun) < len(whole) and whole.startswith(begun):
            path.unlink()


def _leads_out(place: Place, path: Path) -> bool:
    """Whether a link is on the way to a file of the checkout, or is that file."""
    top = Path(place.path)
    return any((top / one).is_symlink() for one in _ways(path.relative_to(top)))


def _ways(path: Path) -> list[Path]:
    """A relative path and every directory on the way to it."""
    return [path, *path.parents[:-1]]


def _follow(place: Place, branch: str, steps: list[Step], old: str, new: str) -> None:
    there = as_in_new(place, steps)
    index = _index(place)
    in_way = [one.path for one in steps if _in_way(place, one, there, index)]
    if in_way:
        names = ", ".join(os.fsdecode(one) for one in in_way[:5])
        raise _refused(place, branch, names)
    _take_over(place, [one for one in steps if one.path in there], index)
    try:
        place.git("read-tree", "-m", "-u", old, new)
    except GitFailed as failed:
        if ".lock" in failed.words:
            raise
        raise _refused(place, branch, failed.words) from failed


def _refused(place: Place, branch: str, what: str) -> Refused:
    return Refused(
        f"{branch} is checked out in {place.path}, and uncommitted work there is in the way: {what}",
        hint="Commit, stash or move it, then try again.",
    )


def steps_between(place: Place, old: str, new: str) -> list[Step]:
    out = place.git("diff-tree", "-r", "-z", "--no-renames", "--raw", old, new)
    parts = out.split(b"\0")
    found: list[Step] = []
    for head, path in zip(parts[0::2], parts[1::2], strict=False):
        before, after, was, now, _ = head[1:].split(b" ")
        found.append(Step(path, (before, was), (after, now)))
    return found


def as_in_new(place: Place, steps: list[Step]) -> set[bytes]:
    """The paths whose files are as in the new commit already."""
    wanted = [one for one in steps if one.new[0] not in (GONE, b"160000")]
    top = os.fsencode(place.path)
    present = [one for one in wanted if os.path.lexists(os.path.join(top, one.path))]  # noqa: PTH118
    if not present:
        return set()
    with tempfile.TemporaryDirectory(prefix="ropewalk-index-") as folder:
        extra = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        _enter(place, present, extra)
        refresh = ("update-index", "-q", "--refresh")
        place.git(*refresh, extra=extra, accept=(0, 1))
        out = place.git("diff-files", "--name-only", "-z", extra=extra)
    return {one.path for one in present} - set(out.split(b"\0"))


def _enter(place: Place, steps: list[Step], extra: dict[str, str]) -> None:
    lines = [b" ".join(one.new) + b"\t" + one.path + b"\0" for one in steps]
    arguments = ("update-index", "-z", "--index-info")
    place.git(*arguments, extra=extra, input=b"".join(lines))


def _index(place: Place) -> dict[bytes, tuple[bytes, bytes]]:
    out = place.git("ls-files", "--stage", "-z")
    found: dict[bytes, tuple[bytes, bytes]] = {}
    for one in out.split(b"\0")[:-1]:
        head, path = one.split(b"\t", 1)
        mode, key, _ = head.split(b" ")
        found[path] = (mode, key)
    return found


def _in_way(
    place: Place, step: Step, there: set[bytes], index: dict[bytes, tuple[bytes, bytes]]
) -> bool:
    """Whether a file that git does not track lies where a new one must go."""
    if step.old[0] != GONE or step.path in there or step.path in index:
        return False
    parts = step.path.split(b"/")
    for count in range(1, len(parts) + 1):
        name = b"/".join(parts[:count])
        path = os.path.join(os.fsencode(place.path), name)  # noqa: PTH118
        whole = count == len(parts)
        if os.path.islink(path) or (os.path.lexists(path) and (whole or not os.path.isdir(path))):  # noqa: PTH112, PTH114
            return name not in index and not _only_tracked(path, name, index)
    return False


def _only_tracked(path: bytes, name: bytes, index: dict[bytes, tuple[bytes, bytes]]) -> bool:
    """Whether a directory holds tracked files only; git itself judges those."""
    if not os.path.isdir(path) or os.path.islink(path):  # noqa: PTH112, PTH114
        return False
    below = [
        os.path.relpath(os.path.join(folder, file), path)  # noqa: PTH118
        for folder, _, files in os.walk(path)
        for file in files
    ]
    return all(name + b"/" + one in index for one in below)


def _take_over(place: Place, steps: list[Step], index: dict[bytes, tuple[bytes, bytes]]) -> None:
    stale = [one for one in steps if index.get(one.path, (GONE, one.old[1])) == one.old]
    if stale:
        _enter(place, stale, {})

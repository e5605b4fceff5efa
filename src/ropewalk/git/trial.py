"""Trials: an attempt's state in the person's own checkout for a while, and taken back without a trace.

Only files are written, by the person's git, so that filters and line ends are theirs. Index, refs and objects
of the repository stay as they are: objects are borrowed from the store. What was there is known by HEAD, and
our own directory has the rest.
"""

import fcntl
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ropewalk.core.errors import Conflict, NotFound, Refused
from ropewalk.git.moving import GONE, Place, Step, as_in_new, steps_between
from ropewalk.git.process import git, git_of_person, line
from ropewalk.git.stores import base_path, store_path

SUBMODULE = b"160000"
NAMED = 5


class GitTrials:
    """Implements the port `Trials`."""

    def __init__(self, home: Path) -> None:
        """What is tried is noted below `home/trials`."""
        self._home = home

    def begin(self, *, root: str, project: str, commit: str, name: str) -> list[str]:
        """See `ports.Trials.begin`."""
        with self._alone(root) as lock:
            if self._file(root).exists():
                self._back(root, lock)
            return self._begin(root, project, commit, name, lock)

    def _begin(self, root: str, project: str, commit: str, name: str, lock: int) -> list[str]:
        place = self._place(root, project, lock)
        head = _head(place)
        steps = steps_between(place, head, commit)
        self._may_be_written(place, steps)
        about = {
            "project": project,
            "name": name,
            "head": head,
            "commit": commit,
            "were": _were(place, steps),
            "step": "writing",
        }
        _save(place, steps, self._saved(root))
        self._note(root, about)
        git("update-ref", self._ref(root), commit, git_dir=store_path(self._home, project))
        _write(place, steps)
        self._note(root, {**about, "step": "shown"})
        return [os.fsdecode(one.path) for one in steps]

    def back(self, *, root: str) -> tuple[str, list[str]]:
        """See `ports.Trials.back`. A trial that was interrupted in the middle is taken back as well."""
        with self._alone(root) as lock:
            return self._back(root, lock)

    def _back(self, root: str, lock: int) -> tuple[str, list[str]]:
        about = self._about(root)
        if about is None:
            shutil.rmtree(self._saved(root), ignore_errors=True)
            raise NotFound("Nothing is tried here.", hint="ropewalk try 7.2")
        place = self._place(root, about["project"], lock)
        if _head(place) != about["head"]:
            raise Conflict(
                f"HEAD moved since {about['name']} was tried.",
                hint=f"Go back to {about['head'][:12]} first: git switch or git reset --soft",
            )
        steps = steps_between(place, about["head"], about["commit"])
        back = [_turned(one) for one in steps]
        mine = _unlike(place, steps) & _unlike(place, back)
        if about.get("step", "shown") != "shown":
            mine -= _unfinished(place, steps, mine, self._saved(root))
        staged = _staged(place, about["head"]) & {one.path for one in steps}
        if mine | staged:
            raise Refused(
                f"You changed what is tried: {_names(mine | staged)}",
                hint="Commit elsewhere, stash or undo that; then: ropewalk try --back",
            )
        self._note(root, {**about, "step": "back"})
        _write(place, back)
        _bring_back(place, steps, self._saved(root))
        _restore(place, about["were"])
        git("update-ref", "-d", self._ref(root), git_dir=store_path(self._home, about["project"]))
        self._file(root).unlink()
        shutil.rmtree(self._saved(root), ignore_errors=True)
        return about["name"], [os.fsdecode(one.path) for one in steps]

    def _may_be_written(self, place: Place, steps: list[Step]) -> None:
        """Refused: something of the person's is in the way."""
        links = [one.path for one in steps if SUBMODULE in (one.old[0], one.new[0])]
        if links:
            raise Refused(f"A submodule differs: {_names(set(links))}", hint="Try it by hand.")
        back = [_turned(one) for one in steps]
        dirty = _unlike(place, back) | (_staged(place, _head(place)) & {one.path for one in steps})
        dirty |= {one.path for one in steps if _led_astray(place, one.path, steps)}
        if dirty:
            raise Refused(
                f"Your checkout has work of its own there: {_names(dirty)}",
                hint="Commit, stash or move it, then try again.",
            )

    @contextmanager
    def _alone(self, root: str) -> Iterator[int]:
        """Wait for the gits of those who died over this checkout; the lock, for those whom we start."""
        file = self._file(root).with_suffix(".lock")
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            file.with_suffix(".new").unlink(missing_ok=True)
            yield lock
        finally:
            os.close(lock)

    def _place(self, root: str, project: str, lock: int) -> Place:
        lenders = (store_path(self._home, project), base_path(self._home, project))
        objects = os.pathsep.join(str(one / "objects") for one in lenders)
        quiet = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "core.hooksPath",
            "GIT_CONFIG_VALUE_0": os.devnull,
        }
        return Place(root, {"GIT_ALTERNATE_OBJECT_DIRECTORIES": objects, **quiet}, (lock,))

    def _file(self, root: str) -> Path:
        return self._home / "trials" / hashlib.sha256(os.fsencode(root)).hexdigest()[:32]

    def _ref(self, root: str) -> str:
        """Holds what is tried in the store, whatever becomes of the attempt."""
        return f"refs/ropewalk/trials/{self._file(root).name}"

    def _saved(self, root: str) -> Path:
        return self._file(root).with_suffix(".saved")

    def _about(self, root: str) -> dict[str, Any] | None:
        try:
            return json.loads(self._file(root).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def _note(self, root: str, about: dict[str, Any]) -> None:
        """On the disk before any file is touched."""
        file = self._file(root)
        fresh = file.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as made:
            json.dump(about, made)
            made.flush()
            os.fsync(made.fileno())
        fresh.replace(file)


def _head(place: Place) -> str:
    return line(git_of_person("rev-parse", "--verify", "HEAD^{commit}", root=place.path))


def _turned(step: Step) -> Step:
    return Step(step.path, step.new, step.old)


def _names(paths: set[bytes]) -> str:
    shown = [os.fsdecode(one) for one in sorted(paths)]
    more = f" and {len(shown) - NAMED} more" if len(shown) > NAMED else ""
    return ", ".join(shown[:NAMED]) + more


def _unlike(place: Place, steps: list[Step]) -> set[bytes]:
    """The paths whose files are not as after the steps."""
    same = as_in_new(place, steps)
    coming = {_at(place, one.path) for one in steps if one.new[0] != GONE}
    gone = {
        one.path for one in steps if one.new[0] == GONE and _is_free(_at(place, one.path), coming)
    }
    return {one.path for one in steps} - same - gone


def _unfinished(place: Place, steps: list[Step], paths: set[bytes], saved: Path) -> set[bytes]:
    """Those of the paths whose files we, or git, had begun to write: gone, or the beginning of what was to come."""
    return {
        one.path
        for number, one in enumerate(steps)
        if one.path in paths and _is_begun(place, one, saved / str(number))
    }


def _is_begun(place: Place, step: Step, saved: Path) -> bool:
    path = _at(place, step.path)
    if not os.path.lexists(path):
        return True
    if path.is_symlink() or not path.is_file():
        return False
    begun = path.read_bytes()
    wholes = [_checked_out(place, step.path, one) for one in (step.old, step.new) if one[0] != GONE]
    if saved.is_file():
        wholes.append(saved.read_bytes())
    return any(whole.startswith(begun) for whole in wholes)


def _checked_out(place: Place, path: bytes, entry: tuple[bytes, bytes]) -> bytes:
    """What git would write there, by the rules of now."""
    named = f"--path={os.fsdecode(path)}"
    return place.git("cat-file", "--filters", named, entry[1].decode())


def _is_free(path: Path, known: set[Path]) -> bool:
    """Whether nothing is at a path but a directory of known files."""
    if not os.path.lexists(path):
        return True
    if path.is_symlink() or not path.is_dir():
        return False
    return all(Path(folder, one) in known for folder, _, files in os.walk(path) for one in files)


def _staged(place: Place, head: str) -> set[bytes]:
    """The paths whose index entry is another than in HEAD."""
    out = place.git("diff-index", "--cached", "--name-only", "--no-renames", "-z", head)
    return set(out.split(b"\0")[:-1])


def _at(place: Place, path: bytes) -> Path:
    return Path(place.path, os.fsdecode(path))


def _above(place: Place, path: bytes) -> list[Path]:
    """The directories on the way to a path, below the checkout, the nearest first."""
    top = Path(place.path)
    return [top / one for one in _at(place, path).relative_to(top).parents[:-1]]


def _led_astray(place: Place, path: bytes, steps: list[Step]) -> bool:
    """Whether something that is no directory, and does not go, stands on the way to a path."""
    going = {_at(place, one.path) for one in steps if one.new[0] == GONE}
    return any(
        one.is_symlink() or (one.exists() and not one.is_dir())
        for one in _above(place, path)
        if one not in going
    )


def _were(place: Place, steps: list[Step]) -> dict[str, list[int]]:
    """Times and modes of the files and directories that are about to change; text holds bytes as surrogates."""
    known: dict[str, list[int]] = {}
    for one in steps:
        for path in (_at(place, one.path), *_above(place, one.path), Path(place.path)):
            with suppress(OSError):
                about = path.lstat()
                known[str(path)] = [about.st_atime_ns, about.st_mtime_ns, about.st_mode]
    return known


def _write(place: Place, steps: list[Step]) -> None:
    """Let the files be as after the steps; directories that are empty then go."""
    for one in steps:
        if one.new[0] == GONE:
            path = _at(place, one.path)
            with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                path.unlink()
            for folder in _above(place, one.path):
                with suppress(OSError):
                    folder.rmdir()
    there = [one for one in steps if one.new[0] != GONE]
    if not there:
        return
    with tempfile.TemporaryDirectory(prefix="ropewalk-index-") as folder:
        extra = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        rows = [b" ".join(one.new) + b"\t" + one.path + b"\0" for one in there]
        place.git("update-index", "-z", "--index-info", extra=extra, input=b"".join(rows))
        names = b"".join(one.path + b"\0" for one in there)
        place.git("checkout-index", "--force", "-z", "--stdin", extra=extra, input=names)


def _save(place: Place, steps: list[Step], folder: Path) -> None:
    """Copies of the files as they are: git may have checked them out by other rules than those of now."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    for number, one in enumerate(steps):
        path = _at(place, one.path)
        if path.is_file() and not path.is_symlink():
            shutil.copyfile(path, folder / str(number))


def _bring_back(place: Place, steps: list[Step], folder: Path) -> None:
    for number, one in enumerate(steps):
        saved, path = folder / str(number), _at(place, one.path)
        if saved.is_file() and not path.is_symlink():
            shutil.copyfile(saved, path)


def _restore(place: Place, were: dict[str, list[int]]) -> None:
    """Directories, modes and times as they were; the deepest first, since each write touches what is above."""
    for name, (_, _, mode) in were.items():
        if stat.S_ISDIR(mode):
            Path(name).mkdir(parents=True, exist_ok=True)
    for name, (read, written, mode) in sorted(were.items(), reverse=True):
        with suppress(OSError):
            if not stat.S_ISLNK(mode):
                Path(name).chmod(stat.S_IMODE(mode))
            os.utime(name, ns=(read, written), follow_symlinks=False)

"""Trials: an attempt's state in the person's own checkout for a while, and taken back without a trace.

Only files are written, by the person's git, so that filters and line ends are theirs. Index, refs and objects
of the repository stay as they are: objects are borrowed from the store. What was there is known by HEAD, and
our own directory has the rest.
"""

import hashlib
import json
import os
import shutil
import stat
import tempfile
from contextlib import suppress
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
        if self._file(root).exists():
            self.back(root=root)
        place = self._place(root, project)
        head = _head(place)
        steps = steps_between(place, head, commit)
        self._may_be_written(place, steps)
        about = {
            "project": project,
            "name": name,
            "head": head,
            "commit": commit,
            "were": _were(place, steps),
        }
        git("update-ref", self._ref(root), commit, git_dir=store_path(self._home, project))
        _save(place, steps, self._saved(root))
        self._note(root, about)
        _write(place, steps)
        return [os.fsdecode(one.path) for one in steps]

    def back(self, *, root: str) -> tuple[str, list[str]]:
        """See `ports.Trials.back`. A trial that was interrupted in the middle is taken back as well."""
        about = self._about(root)
        if about is None:
            raise NotFound("Nothing is tried here.", hint="ropewalk try 7.2")
        place = self._place(root, about["project"])
        if _head(place) != about["head"]:
            raise Conflict(
                f"HEAD moved since {about['name']} was tried.",
                hint=f"Go back to {about['head'][:12]} first: git switch or git reset --soft",
            )
        steps = steps_between(place, about["head"], about["commit"])
        back = [_turned(one) for one in steps]
        mine = _unlike(place, steps) & _unlike(place, back)
        staged = _staged(place, about["head"]) & {one.path for one in steps}
        if mine | staged:
            raise Refused(
                f"You changed what is tried: {_names(mine | staged)}",
                hint="Commit elsewhere, stash or undo that; then: ropewalk try --back",
            )
        _write(place, back)
        _bring_back(place, steps, self._saved(root))
        _restore(place, about["were"])
        self._file(root).unlink()
        shutil.rmtree(self._saved(root), ignore_errors=True)
        git("update-ref", "-d", self._ref(root), git_dir=store_path(self._home, about["project"]))
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

    def _place(self, root: str, project: str) -> Place:
        lenders = (store_path(self._home, project), base_path(self._home, project))
        objects = os.pathsep.join(str(one / "objects") for one in lenders)
        quiet = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "core.hooksPath",
            "GIT_CONFIG_VALUE_0": os.devnull,
        }
        return Place(root, {"GIT_ALTERNATE_OBJECT_DIRECTORIES": objects, **quiet})

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
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=file.parent, delete=False, encoding="utf-8"
        ) as made:
            json.dump(about, made)
            made.flush()
            os.fsync(made.fileno())
        Path(made.name).replace(file)


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
            with suppress(OSError):
                for folder in _above(place, one.path):
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

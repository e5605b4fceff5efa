"""Bases: immutable files of a commit with its set-up, on which any number of overlays stand.

`bases/KEY/tree` is one layer: of the first base all files and a small git directory, of a later one only what differs
from the nearest base there was (`below`). A base of an attempt's own commit is `private`: nothing else stands on
it, so that nobody reads a sibling's work. A base is `filling` while its files are written, `filled` when a set-up
has to run in it, and `ready` for good then. One that is not ready is never taken for one that is.
"""

import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ropewalk.core.errors import Conflict, NotFound, Outside
from ropewalk.git.brought import put
from ropewalk.git.process import Call, call, git
from ropewalk.git.stores import base_store, has_commit, store
from ropewalk.ports import Stranger
from ropewalk.workspace.engine import Entering, Plan
from ropewalk.workspace.inner import borrow_objects, make_git_dir, stand_on
from ropewalk.workspace.inside import run_inside
from ropewalk.workspace.leaving import away, finish
from ropewalk.workspace.noticing import make_older, settled, teach
from ropewalk.workspace.places import Mark, Places, marked, new_folder, read_mark, write_mark
from ropewalk.workspace.strangers import strangers
from ropewalk.workspace.trash import is_free
from ropewalk.workspace.turnstile import Turnstile

INDEX = "index"
DEEPEST = 10
"""Layers of a base; the next one is made from scratch."""
LOOKED_AT = 8
"""How many of the newest bases may be the nearest."""


@dataclass(frozen=True, slots=True)
class Found:
    """A base by its key, and whether it is ready."""

    key: str
    ready: bool


class Bases:
    """The bases of a host."""

    def __init__(self, places: Places, entering: Entering) -> None:
        """`entering` leads to a base in which a set-up runs."""
        self._places = places
        self._entering = entering
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self.turnstile = Turnstile()
        """Whoever makes something that stands on a base is in it until its mark says so."""

    def key(self, project: str, commit: str, setup: str) -> str:
        """The name of a base."""
        words = "\0".join((project, commit, setup))
        return "base-" + hashlib.sha256(words.encode()).hexdigest()[:32]

    def begin(self, project: str, commit: str, setup: str, brought: str = "") -> Found:
        """The files of a base, made if there are none; whoever asks for the same one waits for the first.

        Ready at once where there is no set-up to run. Outside: it could not be made; nothing is left of it.
        """
        key = self.key(project, commit, setup)
        with self._alone(key):
            state = self._state(key)
            if state in ("", "filling"):
                self._remove(key)
                self._make(key, project, commit, setup, brought)
                state = self._state(key)
        return Found(key, ready=state == "ready")

    def finish(self, key: str) -> None:
        """Its set-up has succeeded: it is ready, and never changes again."""
        with self._alone(key):
            folder = self._places.bases / key
            mark = read_mark(folder)
            if mark["state"] != "ready":
                self._settle(key, mark)
                _clear_work(folder)
                write_mark(folder, {**mark, "state": "ready"})

    def discard(self, key: str) -> None:
        """Its set-up has failed: it is made anew next time."""
        with self._alone(key):
            if self._state(key) != "ready":
                self._remove(key)

    def ready(self, project: str, commit: str, setup: str, brought: str = "") -> str:
        """The key of a base that is ready; one without a set-up is made. Outside: its set-up has not run."""
        key = self.key(project, commit, setup)
        if self._state(key) == "ready":
            os.utime(self._places.bases / key)  # the time of its last use
            return key
        found = self.begin(project, commit, setup, brought)
        if not found.ready:
            raise Outside("The set-up of the base has not run yet.")
        return found.key

    def layers(self, key: str) -> list[Path]:
        """The layers of a base, top first. Outside: one of them is gone."""
        found: list[Path] = []
        while key:
            try:
                mark = read_mark(self._places.bases / key)
            except NotFound:
                raise Outside(f"The base {key} of this workspace is gone.") from None
            found.append(self._places.bases / key / "tree")
            key = mark["below"]
        return found

    def path(self, key: str) -> Path:
        """Where a set-up finds a base."""
        return self._places.at(read_mark(self._places.bases / key)["project"])

    def plan(self, key: str) -> Plan:
        """How a base is mounted while its set-up runs."""
        return self._plan(key, read_mark(self._places.bases / key))

    # --- what is there -------------------------------------------------------------------------

    def all(self) -> list[tuple[Path, Mark]]:
        """Every base, with its mark."""
        return [one for one in marked(self._places.bases) if "below" in one[1]]

    def used_by(self, key: str) -> list[str]:
        """The workspaces, in the trash too, and the bases that stand on one."""
        aside = self._places.trash.glob("*~*")
        folders = (self._places.live, self._places.trash, *aside)
        found = [
            path.name
            for each in folders
            for path, mark in marked(each)
            if mark.get("layers") == key
        ]
        return found + [path.name for path, mark in self.all() if mark["below"] == key]

    def take_out(self, key: str) -> Path:
        """Move one out of sight for good, for `leaving.finish`. Conflict: something stands on it. NotFound."""
        with self.turnstile.cleaning():
            folder = self._places.bases / key
            read_mark(folder)
            is_free(folder / "lock")
            if users := self.used_by(key):
                raise Conflict(f"{users[0]} stands on {key}.", hint="Look again: ropewalk gc")
            return away(folder, self._places.trash)

    def strangers(self) -> list[Stranger]:
        """See `ports.Disk.strangers`."""
        found = strangers(self._places, self._entering)
        return [Stranger(id=one, pid=pid) for one, pid in found]

    # --- making --------------------------------------------------------------------------------

    def _make(self, key: str, project: str, commit: str, setup: str, brought: str) -> None:
        folder = self._places.bases / key
        (self._places.bases / "empty").mkdir(mode=0o700, parents=True, exist_ok=True)
        below = self._nearest(project, commit, setup, brought)
        mark: Mark = {
            "project": project,
            "commit": commit,
            "setup": setup,
            "brought": brought,
            "below": below,
            "private": not has_commit(base_store(self._places.home, project), commit),
            "state": "filling",
        }
        fresh = new_folder(self._places.bases)
        write_mark(fresh, mark)
        fresh.rename(folder)
        try:
            self._fill(key, mark)
        except BaseException:
            self._remove(key)
            raise
        ready = self._is_set_up(mark)
        if ready:
            _clear_work(folder)
        write_mark(folder, {**mark, "state": "ready" if ready else "filled"})

    def _is_set_up(self, mark: Mark) -> bool:
        """Whether there is nothing to be run: no set-up at all, or the same one has run in the base below."""
        if not mark["setup"]:
            return True
        return bool(mark["below"]) and self._mark(mark["below"])["setup"] == mark["setup"]

    def _mark(self, key: str) -> Mark:
        return read_mark(self._places.bases / key)

    def _fill(self, key: str, mark: Mark) -> None:
        """Check the commit out, on top of the nearest base if there is one: git compares, and writes what differs."""
        folder = self._places.bases / key
        home = self._places.home
        tree, at = folder / "tree", self._places.at(mark["project"])
        tree.mkdir(mode=0o755)
        (folder / "work").mkdir(mode=0o755)
        if mark["below"]:
            stand_on(tree / ".git", commit=mark["commit"], branch="")
            borrow_objects(tree / ".git", home, mark["project"], commit=mark["commit"])
            shutil.copyfile(self._index(mark["below"]), folder / INDEX)
        else:
            make_git_dir(tree / ".git", home, mark["project"], commit=mark["commit"], branch="")
            teach(tree / ".git", at)
        with self._entering(key) as held:
            plan = self._plan(key, mark)
            asked = self._asked(mark, folder, "read-tree", "--reset", "-u", mark["commit"])
            run_inside(plan, held, asked.argv, environment=asked.environment)
        if mark["brought"] and not (mark["below"] and self._mark(mark["below"]).get("brought")):
            put(home, mark["brought"], mark["project"], mark["commit"], tree)
        self._settle(key, mark)

    def _settle(self, key: str, mark: Mark) -> None:
        """Let the index say of all files how they are now, so that no workspace has to look.

        A set-up may have written to the one that it sees; ours is beside the tree.
        """
        folder = self._places.bases / key
        make_older(folder / "tree")
        with self._entering(key) as held:
            for step in (("update-index", "-q", "--refresh"), settled(folder)):
                asked = self._asked(mark, folder, *step)
                run_inside(self._plan(key, mark), held, asked.argv, environment=asked.environment)
        inner = folder / "tree" / ".git"
        shutil.copyfile(folder / INDEX, inner / "index.new")
        (inner / "index.new").rename(inner / "index")

    def _asked(self, mark: Mark, folder: Path, *arguments: str) -> Call:
        """A git on the files of a base, with an index that only we write."""
        extra = {
            "GIT_INDEX_FILE": str(folder / INDEX),
            "GIT_WORK_TREE": str(self._places.at(mark["project"])),
            "GIT_OPTIONAL_LOCKS": "1",
        }
        return call(*arguments, git_dir=store(self._places.home, mark["project"]), extra=extra)

    def _index(self, key: str) -> Path:
        return self._places.bases / key / "tree" / ".git" / INDEX

    def _plan(self, key: str, mark: Mark) -> Plan:
        folder = self._places.bases / key
        lower = self.layers(mark["below"]) or [self._places.bases / "empty"]
        return {
            "at": str(self._places.at(mark["project"])),
            "lower": [str(one) for one in lower],
            "upper": str(folder / "tree"),
            "work": str(folder / "work"),
            "lock": str(folder / "lock"),
        }

    def _nearest(self, project: str, commit: str, setup: str, brought: str) -> str:
        """The base from which least is to be done; empty: none is near. Files brought along must not be others."""
        own = store(self._places.home, project)
        found: list[tuple[bool, int, str]] = []
        for key, mark in self._newest(project):
            if mark.get("brought", "") in ("", brought) and len(self.layers(key)) < DEEPEST:
                differ = git(
                    "diff-tree", "-r", "--name-only", "-z", mark["commit"], commit, git_dir=own
                )
                found.append((mark["setup"] != setup, differ.count(b"\0"), key))
        return min(found)[2] if found else ""

    def _newest(self, project: str) -> list[tuple[str, Mark]]:
        marks = [(one, read_mark(self._places.bases / one)) for one in self._known()]
        ready = [
            (key, mark)
            for key, mark in marks
            if mark["project"] == project and mark["state"] == "ready" and not mark["private"]
        ]
        ready.sort(key=lambda one: (self._places.bases / one[0]).stat().st_mtime, reverse=True)
        return ready[:LOOKED_AT]

    def _known(self) -> list[str]:
        return [one.name for one, _ in self.all() if one.name.startswith("base-")]

    def _state(self, key: str) -> str:
        folder = self._places.bases / key
        return read_mark(folder)["state"] if (folder / "mark").is_file() else ""

    def _remove(self, key: str) -> None:
        if (self._places.bases / key).is_dir():
            finish(away(self._places.bases / key, self._places.trash))

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            yield


def _clear_work(folder: Path) -> None:
    """Remove the kernel's own directory, whose inner one nobody may enter."""
    work = folder / "work"
    for one in (work, work / "work"):
        if one.is_dir():
            one.chmod(0o700)
    shutil.rmtree(work, ignore_errors=True)
    for name in ("lock", "settled", INDEX):
        (folder / name).unlink(missing_ok=True)
    os.utime(folder)

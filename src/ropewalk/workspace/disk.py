"""What a host has on its disk, and removing it for good. Implements the port `Disk`; measures only when asked."""

import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ropewalk.core.errors import Refused, RopewalkError
from ropewalk.git.stores import store
from ropewalk.ports import Cleared, Contents, Usage
from ropewalk.workspace.bases import Bases
from ropewalk.workspace.engine import Engine
from ropewalk.workspace.holding import examine, hold
from ropewalk.workspace.ignored import KEPT
from ropewalk.workspace.leaving import GONE, away, finish, leftovers
from ropewalk.workspace.places import UNFINISHED, Mark, Places, marked, read_mark, sweep_marks
from ropewalk.workspace.removing import remove
from ropewalk.workspace.sizes import known, measure
from ropewalk.workspace.trash import Trash, trash_stamp
from ropewalk.workspace.upper import UNFINISHED as MINIATURE
from ropewalk.workspace.versions import Versions

AT_ONCE = 4
OVERLAY = "overlay"
PROBES = ".probe-"
PROBE = {"at", "lower", "upper", "work", "lock"}
OLD_S = 3600.0


@dataclass(frozen=True, slots=True)
class _Thing:
    """Something whose directory is to be measured."""

    usage: Usage
    path: Path


class Disk:
    """The disk of a host."""

    def __init__(
        self,
        places: Places,
        bases: Bases,
        trash: Trash,
        engine: Callable[[Mark], Engine],
        best: str,
    ) -> None:
        """`engine` knows who made a workspace; `best` names who makes new ones."""
        self._best = best
        self._versions = Versions(places)
        self._places = places
        self._bases = bases
        self._trash = trash
        self._engine = engine

    # --- seeing --------------------------------------------------------------------------------

    def usage(self, *, measured: bool) -> list[Usage]:
        """See `ports.Disk.usage`. To measure, all of it is walked."""
        things = [*self._workspaces(), *self._trashed(), *self._of_bases(), *self._others()]
        versions = [*self._versions.usages(measured=measured)]
        if not measured:
            return [*(one.usage for one in things), *versions]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            sizes = pool.map(lambda one: measure(one.path), things)
            sized = [
                one.usage.sized(files=size.files, bytes=size.bytes)
                for one, size in zip(things, sizes, strict=True)
            ]
        return [*sized, *versions]

    def taken(self) -> int:
        """See `ports.Disk.taken`. What is still being made does not count yet."""
        bases = [path for path, mark in self._bases.all() if mark["state"] == "ready"]
        things = [*self._workspaces(), *self._trashed()]
        return sum(map(known, [*bases, *(one.path for one in things)]))

    def weigh(self, project: str, attempts: Collection[str]) -> int:
        """See `ports.Disk.weigh`."""
        return self._versions.weigh(project, attempts)

    def examine(self, kind: str, id: str) -> Contents:
        """See `ports.Disk.examine`."""
        folder, mark = self._find(kind, id)
        own = store(self._places.home, mark["project"])
        return examine(_attempt(id), folder, mark, self._engine(mark), own)

    def _find(self, kind: str, id: str) -> tuple[Path, Mark]:
        if kind == "trash":
            return self._trash.find(id)
        if kind != "workspace":
            raise Refused(f"A {kind} cannot be examined.")
        folder = self._places.live / id
        return folder, read_mark(folder)

    def _workspaces(self) -> Iterator[_Thing]:
        for path, mark in marked(self._places.live):
            if "project" in mark:
                yield _Thing(_workspace("workspace", path.name, mark, _changed(path)), path)

    def _trashed(self) -> Iterator[_Thing]:
        for name, path, mark in self._trash.content():
            since = mark.get("trashed") or _changed(path)
            yield _Thing(_workspace("trash", name, mark, since), path)

    def _of_bases(self) -> Iterator[_Thing]:
        for path, mark in self._bases.all():
            engine = mark.get("engine", OVERLAY if path.name.startswith("base-") else "")
            usage = Usage(
                kind="base",
                engine=engine,
                spare=engine != self._best,
                id=path.name,
                project=mark["project"],
                commit=mark["commit"],
                since=_changed(path),
                private=mark["private"],
                used_by=tuple(self._bases.used_by(path.name)),
            )
            yield _Thing(usage, path)

    def _others(self) -> Iterator[_Thing]:
        projects = self._places.home / "projects"
        for path in sorted(projects.glob("*.git")):
            project = path.name.removesuffix(".git").removesuffix(".base")
            usage = Usage(kind="store", id=path.name, project=project, since=_changed(path))
            yield _Thing(usage, path)
        for path in sorted((self._places.host / "runs").glob("[!.]*")):
            yield _Thing(_spool(path), path)

    # --- removing ------------------------------------------------------------------------------

    def clear(self, kind: str, id: str, stamp: str) -> Cleared:
        """See `ports.Disk.clear`: held first, out of sight then, removed last."""
        if kind == "versions":
            self._versions.let_go(id)
            return Cleared(bytes=0, contents=Contents(held=False))
        if kind == "objects":
            return Cleared(bytes=self._versions.clean(id), contents=Contents(held=True))
        if kind == "base":
            gone, contents = self._bases.take_out(id), Contents(held=True)
        elif kind == "trash":
            folder, mark = self._trash.find(id)
            own = store(self._places.home, mark["project"])
            contents = hold(_attempt(id), folder, mark, self._engine(mark), own)
            gone = self._trash.take_out(id, stamp)
        else:
            raise Refused(f"A {kind} is not removed.", hint="Drop its attempt: ropewalk drop ID")
        size = measure(gone)
        finish(gone)
        return Cleared(bytes=size.bytes, contents=contents)

    # --- mending -------------------------------------------------------------------------------

    def mend(self) -> None:
        """Take away what died half-made, as long as nobody else makes anything."""
        for folder in (self._places.live, self._places.bases):
            for one in leftovers(folder, UNFINISHED):
                away(one, self._places.trash)
        for one, mark in self._bases.all():
            if mark["state"] == "filling":
                away(one, self._places.trash)
        for path, _ in (*marked(self._places.live), *self._bases.all()):
            sweep_marks(path)
        for room in self._rooms():
            remove(room)
        for one in leftovers(self._places.trash, GONE):
            with suppress(RopewalkError, OSError):
                finish(one)
        self._trash.drop_empty()
        self._drop_probes()

    def _rooms(self) -> list[Path]:
        """What snapshots, and the keeping of ignored files, left where they died."""
        owners = [path for path, _ in marked(self._places.live)]
        owners += [path for _, path, _ in self._trash.content()]
        return [
            room
            for path in owners
            for room in (*path.glob(f"{MINIATURE}*"), *path.glob(f"{KEPT}/{UNFINISHED}*"))
        ]

    def _drop_probes(self) -> None:
        """What trying the machine left long ago; somebody may be trying it now."""
        for one in self._places.host.glob(f"{PROBES}*"):
            with suppress(OSError):
                old = time.time() - one.lstat().st_mtime > OLD_S
                if old and {each.name for each in one.iterdir()} <= PROBE:
                    remove(one)


def _workspace(kind: str, name: str, mark: Mark, since: float) -> Usage:
    return Usage(
        kind=kind,
        id=name,
        project=mark["project"],
        commit=mark["base"],
        engine=mark.get("engine", "clone"),
        since=since,
        stamp=trash_stamp(mark),
    )


def _spool(path: Path) -> Usage:
    """Small enough to be measured always."""
    size = measure(path)
    usage = Usage(kind="spools", id=path.name, since=_changed(path))
    return usage.sized(files=size.files, bytes=size.bytes)


def _attempt(name: str) -> str:
    """The id of the workspace that a name in the trash, or among the living, stands for."""
    return name.rpartition("/")[2]


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0

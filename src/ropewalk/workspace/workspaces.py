"""Makes and keeps workspaces, each by the engine that its mark names. Implements the ports `Workspaces` and `Bases`."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from ropewalk.core.errors import Bug, Outside
from ropewalk.git.inspect import counts
from ropewalk.git.process import git, line, message_bytes
from ropewalk.git.stores import store
from ropewalk.git.upkeep import writing
from ropewalk.ports import (
    Base,
    BroughtBack,
    Cleared,
    Contents,
    Order,
    Place,
    Snapshot,
    Stranger,
    Usage,
)
from ropewalk.workspace.bases import Bases, Found
from ropewalk.workspace.blocks import Blocks
from ropewalk.workspace.disk import Disk
from ropewalk.workspace.engine import Engine, Plan
from ropewalk.workspace.leaving import away, finish
from ropewalk.workspace.places import Mark, Places, new_folder, read_mark, write_mark
from ropewalk.workspace.sizes import forget
from ropewalk.workspace.trash import Trash


class Workspaces:
    """The workspaces of a host."""

    def __init__(
        self, places: Places, engines: Mapping[str, Engine], best: str, bases: Bases
    ) -> None:
        """`best` names the engine of new workspaces. Directories are made on first use."""
        self._places = places
        self._engines = engines
        self._best = engines[best]
        self._bases = bases
        self.trashed = Trash(places)
        self._ports = Blocks(places)
        self._disk = Disk(places, bases, self.trashed, self._engine, best)

    # --- ports ---------------------------------------------------------------------------------

    async def prepare(self, order: Order) -> Place:
        """See `ports.Workspaces.prepare`."""
        return await asyncio.to_thread(self._prepare, order)

    async def snapshot(
        self, *, id: str, project: str, base: str, parent: str, ref: str, message: str
    ) -> Snapshot:
        """See `ports.Workspaces.snapshot`."""
        return await asyncio.to_thread(self._snapshot, id, project, base, parent, ref, message)

    async def replace(self, *, id: str, project: str, commit: str, ref: str) -> None:
        """See `ports.Workspaces.replace`."""
        await asyncio.to_thread(self._replace, id, project, commit, ref)

    async def keep(self, *, id: str, name: str) -> bool:
        """See `ports.Workspaces.keep`."""
        return await asyncio.to_thread(self._keep, id, name)

    async def bring_back(self, *, id: str, name: str, saved: str) -> BroughtBack:
        """See `ports.Workspaces.bring_back`."""
        return await asyncio.to_thread(self._bring_back, id, name, saved)

    async def trash(self, *, id: str, forever: bool = False) -> bool:
        """See `ports.Workspaces.trash`."""
        return await asyncio.to_thread(self._trash, id, forever=forever)

    async def restore(self, *, id: str) -> bool:
        """See `ports.Workspaces.restore`."""
        return await asyncio.to_thread(self._restore, id)

    async def read(self, *, id: str, path: str, limit: int) -> bytes | None:
        """See `ports.Workspaces.read`."""
        return await asyncio.to_thread(self._read, id, path, limit)

    async def begin(self, *, project: str, commit: str, setup: str, brought: str = "") -> Base:
        """See `ports.Bases.begin`. An engine without bases runs the set-up in each workspace."""
        if not self._best.shared:
            return Base(key="", ready=True, shared=False, path="")
        found = await asyncio.to_thread(self._begin, project, commit, setup, brought)
        return Base(
            key=found.key, ready=found.ready, shared=True, path=str(self._bases.path(found.key))
        )

    async def finish(self, *, key: str) -> None:
        """See `ports.Bases.finish`."""
        await asyncio.to_thread(self._bases.finish, key)

    async def discard(self, *, key: str) -> None:
        """See `ports.Bases.discard`."""
        await asyncio.to_thread(self._bases.discard, key)

    async def usage(self, *, measured: bool = True) -> list[Usage]:
        """See `ports.Disk.usage`."""
        return await asyncio.to_thread(self._disk.usage, measured=measured)

    async def taken(self) -> int:
        """See `ports.Disk.taken`."""
        return await asyncio.to_thread(self._disk.taken)

    async def examine(self, *, kind: str, id: str) -> Contents:
        """See `ports.Disk.examine`."""
        return await asyncio.to_thread(self._disk.examine, kind, id)

    async def strangers(self) -> list[Stranger]:
        """See `ports.Disk.strangers`."""
        return await asyncio.to_thread(self._bases.strangers)

    async def weigh(self, *, project: str, attempts: Sequence[str]) -> int:
        """See `ports.Disk.weigh`."""
        return await asyncio.to_thread(self._disk.weigh, project, attempts)

    async def clear(self, *, kind: str, id: str, stamp: str) -> Cleared:
        """See `ports.Disk.clear`."""
        return await asyncio.to_thread(self._disk.clear, kind, id, stamp)

    def mend(self) -> None:
        """Take away what died half-made. Only before anything is asked of this host."""
        self._ports.sweep()
        self._disk.mend()

    # --- mounts --------------------------------------------------------------------------------

    def plan(self, id: str) -> Plan | None:
        """How a workspace, or a base whose set-up runs, is mounted; None: it needs no mount. NotFound."""
        if (self._places.bases / id / "mark").is_file():
            return self._bases.plan(id)
        folder = self._places.live / id
        mark = read_mark(folder)
        return self._engine(mark).plan(folder, mark)

    def home_of(self, id: str) -> Path | None:
        """Where the home of what runs in a workspace, or sets a base up, is to be; None: there is no such one."""
        folders = (self._places.live / id, self._places.bases / id)
        return next((one / "home" for one in folders if (one / "mark").is_file()), None)

    # --- making --------------------------------------------------------------------------------

    def _engine(self, mark: Mark) -> Engine:
        name = mark.get("engine", "clone")
        if name not in self._engines:
            raise Outside(
                f"This workspace was made as {name}, which this machine does not offer now.",
                hint="See `ropewalk doctor`.",
            )
        return self._engines[name]

    def _marked(self, id: str) -> tuple[Path, Mark, Engine]:
        folder = self._places.live / id
        mark = read_mark(folder)
        return folder, mark, self._engine(mark)

    def _prepare(self, order: Order) -> Place:
        folder = self._places.live / order.id
        if not folder.is_dir():
            self._make(folder, order)
        _, mark, engine = self._marked(order.id)
        return Place(
            id=order.id,
            path=str(engine.path(folder, mark)),
            branch=mark["branch"],
            engine=engine.name,
            shared=engine.shared,
            port=mark.get("port", 0),
        )

    def _make(self, folder: Path, order: Order) -> None:
        made = new_folder(self._places.live)
        try:
            with self._bases.turnstile.making():
                self._fill(made, folder, order)
        except OSError as error:
            if not folder.is_dir():
                raise Outside(
                    f"The workspace could not be made: {error}",
                    hint="Is the disk full? ropewalk gc",
                ) from error
        finally:
            if made.exists():
                finish(away(made, self._places.trash))

    def _fill(self, made: Path, folder: Path, order: Order) -> None:
        """Whole, with its mark, before it has its name."""
        about = self._best.fill(made, order)
        mark: Mark = {
            "engine": self._best.name,
            "project": order.project,
            "base": order.base,
            "branch": order.branch,
            "ports": order.ports,
            "port": self._ports.take(folder.name, order.ports) if order.ports else 0,
        }
        write_mark(made, {**mark, **about})
        made.rename(folder)

    def _begin(self, project: str, commit: str, setup: str, brought: str) -> Found:
        with self._bases.turnstile.making():
            return self._bases.begin(project, commit, setup, brought)

    def _trash(self, id: str, *, forever: bool) -> bool:
        folder = self._places.live / id
        port = read_mark(folder).get("port", 0) if folder.is_dir() else 0
        gone = self.trashed.put(id, forever=forever)
        if port:
            self._ports.release(id, port)
        return gone

    # --- files ---------------------------------------------------------------------------------

    def _snapshot(
        self, id: str, project: str, base: str, parent: str, ref: str, message: str
    ) -> Snapshot:
        own = store(self._places.home, project)
        with writing(own):
            return self._shot(own, id, base, parent, ref, message)

    def _shot(self, own: Path, id: str, base: str, parent: str, ref: str, message: str) -> Snapshot:
        folder, mark, engine = self._marked(id)
        tree, left_out = engine.write_tree(folder, mark, own, parent)
        was = line(git("rev-parse", "--verify", f"{parent}^{{tree}}", git_dir=own))
        commit = parent
        if tree != was:
            body = message_bytes(message)
            made = git("commit-tree", tree, "-p", parent, "-F", "-", git_dir=own, input=body)
            commit = line(made)
        git("update-ref", ref, commit, git_dir=own)
        _remember(folder, mark, commit)
        forget(folder)
        files, added, removed, paths = counts(own, base, commit)
        return Snapshot(
            commit=commit,
            tree=tree,
            files=files,
            added=added,
            removed=removed,
            paths=paths,
            left_out=left_out,
        )

    def _replace(self, id: str, project: str, commit: str, ref: str) -> None:
        folder, mark, engine = self._marked(id)
        own = store(self._places.home, project)
        _keep_older(own, ref)
        before = self._snapshot(id, project, commit, commit, ref, "before its files were replaced")
        engine.replace(folder, mark, own, before.tree, commit)
        _remember(folder, mark, commit)

    def _keep(self, id: str, name: str) -> bool:
        folder, mark, engine = self._marked(id)
        return engine.keep(folder, store(self._places.home, mark["project"]), name)

    def _bring_back(self, id: str, name: str, saved: str) -> BroughtBack:
        folder, mark, engine = self._marked(id)
        return engine.bring_back(folder, store(self._places.home, mark["project"]), name, saved)

    def _restore(self, id: str) -> bool:
        """Out of the trash, with ports that nobody else has got meanwhile."""
        if not self.trashed.take_back(id):
            return False
        folder, mark, _ = self._marked(id)
        if mark.get("ports") and not self._ports.holds(id, mark["port"]):
            write_mark(folder, {**mark, "port": self._ports.take(id, mark["ports"])})
        return True

    def _read(self, id: str, path: str, limit: int) -> bytes | None:
        try:
            folder, mark, engine = self._marked(id)
        except (Bug, Outside):
            return None
        return engine.read(folder, mark, path, limit)


def _keep_older(own: Path, ref: str) -> None:
    """What a call that died half-way held by a ref stays held, by a name of its own."""
    older = git("for-each-ref", "--format=%(objectname)", ref, git_dir=own).decode().strip()
    if older:
        git("update-ref", f"{ref}-{older[:12]}", older, git_dir=own)


def _remember(folder: Path, mark: Mark, commit: str) -> None:
    """Which commit was made of a workspace last."""
    if mark.get("last") != commit:
        write_mark(folder, {**mark, "last": commit})

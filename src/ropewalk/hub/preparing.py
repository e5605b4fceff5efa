"""Preparing: from a commit to a workspace whose set-up has succeeded, for attempts and checks alike."""

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass

from ropewalk.core import events as e
from ropewalk.core.errors import Refused, RopewalkError
from ropewalk.core.placeholders import Filling
from ropewalk.core.setup import input_files, setup_hash
from ropewalk.core.state import Task
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.settingup import Bench, Building, Hearer, Lost, SettingUp, Unwanted
from ropewalk.ports import Base, Bases, Order, Place, RepositoryReader, Workspaces

INPUT_BYTES = 64 * 1024 * 1024
"""Of a larger file that decides what a set-up does, only that it is too large counts."""
NOBODY = Hearer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A workspace that is wanted: its id, the commit, the branch (empty: none), what it is called, its ports."""

    id: str
    commit: str
    branch: str
    name: str
    ports: int = 0


class Preparing:
    """Makes workspaces ready. Whoever needs the same base waits for the one who sets it up."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        setting_up: SettingUp,
        workspaces: Workspaces,
        bases: Bases,
        repository: RepositoryReader,
    ) -> None:
        """All that a workspace is made with."""
        self._ledger = ledger
        self._setting_up = setting_up
        self._workspaces = workspaces
        self._bases = bases
        self._repository = repository
        self._building: dict[str, Building] = {}
        self._digests: dict[tuple[str, str], str] = {}

    async def workspace(self, task: Task, wanted: Wanted, hearer: Hearer = NOBODY) -> Place:
        """The workspace, ready to work in. Refused: its set-up failed; `hearer` has heard how it went.

        Unwanted: nobody waits any more. When the place is recorded, call `done`.
        """
        setup = task.setup
        digest = await self._digest(task, wanted.commit) if setup.once or setup.brought else ""
        base = await self._base(task, wanted, digest, hearer)
        place = await self._workspaces.prepare(
            Order(
                id=wanted.id,
                project=task.project,
                base=wanted.commit,
                branch=wanted.branch,
                setup=digest if base is None or base.shared else "",
                ports=wanted.ports,
                brought=setup.brought,
            )
        )
        commands = setup.each if place.shared else setup.commands
        if commands:
            bench = Bench(
                key=_key(wanted.id),
                workspace=wanted.id,
                filling=self._filling(task, place, wanted.name),
                name=wanted.name,
            )
            try:
                await self._setting_up.run(task, bench, commands, hearer)
            except (Refused, Lost, Unwanted):
                with suppress(RopewalkError):
                    await self._workspaces.trash(id=wanted.id, forever=True)
                raise
        return place

    async def done(self, task: Task, workspace: str) -> None:
        """A workspace is recorded as ready, or gone: nobody asks for its set-up again."""
        await self._setting_up.forget(_key(workspace), len(task.setup.commands))

    async def tear_down(
        self, task: Task, workspace: str, filling: Filling, name: str
    ) -> list[e.Event]:
        """Run what is to be done before a workspace goes, once; what came of it. Then call `torn_down`."""
        bench = Bench(
            key=f"teardown-{workspace}",
            workspace=workspace,
            filling=filling,
            name=name,
            kind="teardown",
        )
        return await self._setting_up.tear_down(task, bench)

    async def torn_down(self, task: Task, workspace: str) -> None:
        """The workspace is recorded as gone."""
        await self._setting_up.forget(f"teardown-{workspace}", len(task.setup.teardown))

    async def close(self) -> None:
        """Wait for nothing any more; runs go on, and are found again."""
        for one in [one.work for one in self._building.values() if one.work]:
            one.cancel()
            with suppress(asyncio.CancelledError, RopewalkError):
                await one

    def environment(self, task: Task, place: Place, name: str) -> dict[str, str]:
        """The variables of whatever runs in a workspace that has no attempt."""
        return self._setting_up.environment(task, self._filling(task, place, name), name)

    def _filling(self, task: Task, place: Place, name: str) -> Filling:
        return Filling(path=place.path, port=place.port, attempt=name, task=str(task.number))

    # --- the digest ----------------------------------------------------------------------------

    async def _digest(self, task: Task, commit: str) -> str:
        """The digest of what the set-up of a commit does."""
        key = (task.id, commit)
        if key not in self._digests:
            self._digests[key] = await asyncio.to_thread(self._digest_now, task, commit)
        return self._digests[key]

    def _digest_now(self, task: Task, commit: str) -> str:
        names = self._repository.names(project=task.project, commit=commit)
        inputs = input_files(task.setup, names)
        found = self._repository.files(
            project=task.project, commit=commit, paths=inputs, limit=INPUT_BYTES
        )
        digests = {
            name: hashlib.sha256(content or b"").hexdigest() for name, content in found.items()
        }
        return setup_hash(task.setup, digests)

    # --- bases ---------------------------------------------------------------------------------

    async def _base(self, task: Task, wanted: Wanted, digest: str, hearer: Hearer) -> Base | None:
        """The base, set up; None: there is nothing to set up in it."""
        if not digest:
            return None
        while True:
            base = await self._bases.begin(
                project=task.project, commit=wanted.commit, setup=digest, brought=task.setup.brought
            )
            if base.ready or not base.shared:
                return base
            try:
                await self._joined(task, base, hearer)
            except Unwanted:
                if not hearer.wanted():
                    raise
            else:
                return base

    async def _joined(self, task: Task, base: Base, hearer: Hearer) -> None:
        """Wait for the base's set-up, which is begun if nobody did."""
        building = self._building.get(base.key)
        if building is None:
            building = self._building[base.key] = Building()
            work = self._build(task, base, building)
            building.work = asyncio.create_task(work, name=f"set up {base.key}")
            building.work.add_done_callback(lambda work: self._built(base.key, work))
        await building.join(hearer)
        if building.work is not None:
            await self._setting_up.waited(building.work, hearer.wanted)
            building.work.result()

    def _built(self, key: str, work: asyncio.Task[None]) -> None:
        """It is over, and how is known even where nobody asks."""
        self._building.pop(key, None)
        if not work.cancelled():
            work.exception()

    async def _build(self, task: Task, base: Base, building: Building) -> None:
        """Run the set-up of a base, which is ready then or gone."""
        bench = Bench(
            key=_key(base.key), workspace=base.key, filling=Filling(path=base.path), name="base"
        )
        everybody = Hearer(tell=building.tell, wanted=building.wanted)
        try:
            await self._setting_up.run(task, bench, task.setup.once, everybody)
        except (Refused, Lost, Unwanted):
            await self._bases.discard(key=base.key)
            raise
        await self._bases.finish(key=base.key)
        await self._setting_up.forget(bench.key, len(task.setup.once))


def _key(workspace: str) -> str:
    """What the names of the runs begin with that set up a workspace or a base."""
    return f"setup-{workspace}"

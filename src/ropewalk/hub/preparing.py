"""Preparing: from a commit to a workspace whose set-up has succeeded, for attempts and checks alike."""

import asyncio
import hashlib
import shlex
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ropewalk.core import events as e
from ropewalk.core.errors import Outside, Refused
from ropewalk.core.payload import Payload
from ropewalk.core.placeholders import Filling
from ropewalk.core.records import Limits
from ropewalk.core.setup import filled, input_files, inside, setup_hash, variables
from ropewalk.core.state import Task
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.watching import OUTPUT_BYTES, watch
from ropewalk.ports import Base, Bases, Place, Repository, Runs, RunSpec, Workspaces

Tell = Callable[[e.Event], Awaitable[None]]
INPUT_BYTES = 64 * 1024 * 1024
"""Of a larger file that decides what a set-up does, only that it is too large counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A workspace that is wanted: its id, the commit, the branch (empty: none), what it is called, its ports."""

    id: str
    commit: str
    branch: str
    name: str
    ports: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """Where a set-up's commands run: their runs' names begin with `key`."""

    key: str
    workspace: str
    filling: Filling
    name: str


async def say_nothing(_: e.Event) -> None:
    """Nobody wants to hear how the set-up goes."""


class Preparing:
    """Makes workspaces ready. Whoever needs the same base waits for the one who sets it up."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        runs: Runs,
        workspaces: Workspaces,
        bases: Bases,
        repository: Repository,
    ) -> None:
        """All that a workspace is made with."""
        self._ledger = ledger
        self._runs = runs
        self._workspaces = workspaces
        self._bases = bases
        self._repository = repository
        self._building: dict[str, asyncio.Task[None]] = {}
        self._digests: dict[tuple[str, str], str] = {}

    async def workspace(self, task: Task, wanted: Wanted, tell: Tell = say_nothing) -> Place:
        """The workspace, ready to work in. Refused: its set-up failed; `tell` has heard how it went."""
        setup = task.setup
        digest = await self._digest(task, wanted.commit) if setup.once else ""
        base = await self._base(task, wanted, digest, tell)
        place = await self._workspaces.prepare(
            id=wanted.id,
            project=task.project,
            base=wanted.commit,
            branch=wanted.branch,
            setup=digest if base is None or base.shared else "",
            ports=wanted.ports,
        )
        commands = setup.each if place.shared else setup.commands
        if commands:
            bench = _Bench(
                key=f"setup-{wanted.id}",
                workspace=wanted.id,
                filling=Filling(path=place.path, port=place.port, attempt=wanted.name),
                name=wanted.name,
            )
            await self._set_up(task, bench, commands, tell)
        return place

    def environment(self, task: Task, filling: Filling, name: str) -> dict[str, str]:
        """The variables of whatever runs in a workspace of a task."""
        return inside(task.environment, self.variables(task, filling, name))

    def variables(self, task: Task, filling: Filling, name: str) -> dict[str, str]:
        """Those of them that the workspace adds to what the person's terminal has."""
        root = self._ledger.world.projects[task.project].path
        return variables(task.setup, filling, root=root, name=name)

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

    async def _base(self, task: Task, wanted: Wanted, digest: str, tell: Tell) -> Base | None:
        """The base, set up; None: there is nothing to set up in it."""
        if not digest:
            return None
        base = await self._bases.begin(project=task.project, commit=wanted.commit, setup=digest)
        if base.shared and not base.ready:
            building = self._building.get(base.key)
            if building is None:
                building = asyncio.create_task(self._build(task, base, tell))
                self._building[base.key] = building
                building.add_done_callback(lambda _: self._building.pop(base.key, None))
            await asyncio.shield(building)
        return base

    async def _build(self, task: Task, base: Base, tell: Tell) -> None:
        """Run the set-up of a base, which is ready then or gone."""
        filling = Filling(path=base.path)
        bench = _Bench(key=f"setup-{base.key}", workspace=base.key, filling=filling, name="base")
        try:
            await self._set_up(task, bench, task.setup.once, tell)
        except Refused:
            await self._bases.discard(key=base.key)
            raise
        await self._bases.finish(key=base.key)

    async def _set_up(
        self, task: Task, bench: _Bench, commands: Sequence[tuple[str, ...]], tell: Tell
    ) -> None:
        left_s = task.setup.limit_s
        for number, command in enumerate(commands, 1):
            argv = filled(command, bench.filling)
            said = shlex.join(argv)
            await tell(e.SetupStarted(command=said, number=number, commands=len(commands)))
            ended = await self._run(task, bench, f"{bench.key}-{number}", argv, left_s)
            await tell(ended)
            left_s = max(1.0, left_s - ended.duration_s)
            if ended.code != 0:
                raise _failed(ended)

    async def _run(
        self, task: Task, bench: _Bench, run: str, argv: tuple[str, ...], limit_s: float
    ) -> e.SetupEnded:
        """One command as a run of its own, which a restarted hub finds again."""
        spec = RunSpec(
            id=run,
            epoch=1,
            argv=argv,
            cwd=bench.filling.path,
            environment=self.environment(task, bench.filling, bench.name),
            limits=Limits(deadline_s=limit_s, output_bytes=OUTPUT_BYTES),
            stdin=False,
            workspace=bench.workspace,
        )
        await self._runs.start(spec)
        watched = await watch(self._runs, run)
        await self._runs.forget(run)
        if watched.exit.cause == "lost":
            raise Outside("The set-up's runner was killed.")
        late = "\n(ended at its time limit)" if watched.exit.cause == "deadline" else ""
        words = watched.exit.error or watched.tail()
        return e.SetupEnded(
            command=shlex.join(argv),
            code=watched.exit.code,
            duration_s=watched.duration_s,
            output=Payload.of(words + late),
        )


def _failed(ended: e.SetupEnded) -> Refused:
    how = "was ended" if ended.code is None else f"ended with {ended.code}"
    lines = (ended.output.text or "").strip().splitlines()
    said = f": {lines[-1].strip()[:200]}" if lines else ""
    return Refused(
        f"The set-up failed: {ended.command} {how}{said}",
        hint="See `ropewalk log`; mend [setup] in ropewalk.toml and commit it, or resume to try again.",
    )

"""A hub in this process with real parts: host daemon, runners, scripted agents, git in throw-away repositories."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ropewalk.checks.judge import Judge
from ropewalk.core.admission import Room
from ropewalk.core.errors import RopewalkError
from ropewalk.core.events import Recorded
from ropewalk.core.lifecycle import alias
from ropewalk.core.screen import group
from ropewalk.core.state import Attempt, Task
from ropewalk.core.views import ActionResult
from ropewalk.git.checkout import GitCheckout
from ropewalk.git.desk import GitDesks
from ropewalk.git.repository import GitRepository
from ropewalk.git.trial import GitTrials
from ropewalk.hosts.local import LocalHost
from ropewalk.hub.ask import Ask
from ropewalk.hub.hub import Hub
from ropewalk.hub.newtask import NewTask
from ropewalk.hub.parts import Identity, Parts
from ropewalk.ports import Store
from ropewalk.testing.memory_store import MemoryStore
from ropewalk.wiring.finders import find_agents, find_checks, find_setup
from ropewalk.wiring.launcher import Launcher
from ropewalk.wiring.parts import SystemClock
from ropewalk.wiring.sandbox import sandbox
from ropewalk.workspace.ladder import survey
from tests.inside import do_inside
from tests.machine import holding

PATIENCE_S = 60.0
ENVIRONMENT = {
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "PYTHONDONTWRITEBYTECODE": "1",
}
ANN = "person:ann"


class Repo:
    """A person's repository with a file and, if given, a configuration."""

    def __init__(self, path: Path, config: str = "", **files: str) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ann")
        self.git("config", "user.email", "ann@example.org")
        self.commit("one", **{"a.txt": "1\n2\n3\n", "ropewalk.toml": config, **files})

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.path, capture_output=True, text=True, timeout=20, check=True
        )
        return done.stdout.strip()

    def commit(self, message: str, **files: str) -> str:
        for name, text in files.items():
            if text:
                file = self.path / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-qm", message)
        return self.git("rev-parse", "HEAD")

    def head(self, branch: str = "main") -> str:
        return self.git("rev-parse", branch)

    def read(self, name: str) -> str:
        return (self.path / name).read_text()


async def _stay() -> None:
    """The daemon serves other tests too."""


def parts_for(home: Path, host: LocalHost, store: Store, person: str = "") -> Parts:
    """As wiring makes them, with few seconds of patience and room for many."""
    return Parts(
        store=store,
        clock=SystemClock(),
        host="test-host",
        runs=host,
        workspaces=host,
        bases=host,
        disk=host,
        repository=GitRepository(home),
        checkout=GitCheckout(home),
        desks=GitDesks(home),
        trials=GitTrials(home),
        launcher=Launcher(home / "hub" / "prompts"),
        judge=Judge(),
        agents=find_agents,
        checks=find_checks,
        setups=find_setup,
        person=lambda: person,
        environ={},
        leave=_stay,
        limits=lambda: Room(attempts=16, free_mb=0),
        machine=list,
        agents_found=list,
        checks_at_once=2,
        sandbox=sandbox(home, holds=holding()),
    )


class Rig:
    """A hub and its person. Everything that it starts ends with it."""

    def __init__(
        self, home: Path, place: Path, config: str = "", person: str = "", **files: str
    ) -> None:
        """`home` may be shared: the daemon's and git's; `place` is this test's own."""
        self.home = home
        self.place = place
        self.repo = Repo(place / "repo", config, **files)
        self.store: Store = MemoryStore()
        self.host = LocalHost(home)
        self.parts = parts_for(home, self.host, self.store, person)
        self.hub: Hub
        self._life: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        try:
            await self._kill_runs()
        finally:
            await self.stop()
            await self.host.close()

    # --- life ----------------------------------------------------------------------------------

    async def start(self, **changes: Any) -> None:
        self.parts = replace(self.parts, **changes)
        identity = Identity(
            version="test", pid=os.getpid(), home=str(self.home), started=time.time()
        )
        self.hub = Hub(self.parts, identity)
        up = asyncio.Event()

        async def serve() -> None:
            up.set()
            await asyncio.Event().wait()

        self._life = asyncio.create_task(self.hub.run(serve), name="hub")
        await up.wait()

    async def stop(self) -> None:
        """End the hub; agents go on. An error that ended it before comes out here."""
        life, self._life = self._life, None
        if life is not None:
            self.hub.stopping.set()
            await life

    async def restart(self, **changes: Any) -> None:
        await self.stop()
        await self.start(**changes)

    async def _kill_runs(self) -> None:
        mine = tuple(self.hub.ledger.world.attempts)
        for run in await self.host.list():
            if run.state == "alive" and (run.id.startswith(mine) if mine else False):
                _kill(self.runner(run.id))

    def runner(self, run: str) -> int:
        """The pid of the runner of a run."""
        return json.loads((self.home / "host" / "runs" / run / "run.json").read_text())["pid"]

    # --- what a person does --------------------------------------------------------------------

    async def run(self, brief: str, *agents: str, **more: Any) -> Task:
        new = NewTask(
            directory=str(self.repo.path),
            brief=brief,
            agents=agents or ("scripted",),
            **{"trust": True, "consent": True, "actor": ANN, "environment": ENVIRONMENT, **more},
        )
        return await self.hub.tasks.create(new)

    async def act(self, verb: str, *ids: str, **ask: Any) -> list[ActionResult]:
        """A verb that must succeed on every id."""
        results = await self.hub.actions.act(verb, ids, Ask(**{"actor": ANN, **ask}))
        assert not [one for one in results if one["error"]], results
        return results

    async def refused(self, verb: str, *ids: str, **ask: Any) -> str:
        """A verb that must be refused on the first id; what is said."""
        results = await self.hub.actions.act(verb, ids, Ask(**{"actor": ANN, **ask}))
        assert results[0]["error"], results
        return results[0]["message"]

    async def undo(self, actor: str = ANN) -> str:
        """What the newest action was, after it was taken back."""
        key = next(iter(self.hub.ledger.world.projects))
        found = await self.hub.journal.last(key, actor, "")
        await self.hub.journal.undo(key, found["action"], actor)
        return found["what"]

    # --- what there is -------------------------------------------------------------------------

    def one(self, name: str = "1.1") -> Attempt:
        world = self.hub.ledger.world
        return next(one for one in world.attempts.values() if alias(world, one) == name)

    async def reads(self, file: str, name: str = "1.1") -> str | None:
        """A file of an attempt's workspace."""
        found = await self.host.read(id=self.one(name).id, path=file, limit=1_000_000)
        return None if found is None else found.decode()

    async def runs(self, script: str, name: str = "1.1") -> None:
        """Do something in an attempt's workspace, as a person would in a shell there."""
        await do_inside(self.host, self.one(name), script)

    def group(self, name: str = "1.1") -> str:
        return group(self.one(name))

    def events(self, name: str = "") -> list[Recorded]:
        attempt = self.one(name).id if name else ""
        return self.store.events(attempt=attempt, limit=100_000)

    def tags(self, name: str = "") -> list[str]:
        return [one.event.tag for one in self.events(name)]

    def said(self, name: str = "1.1") -> str:
        texts = [getattr(one.event, "text", None) for one in self.events(name)]
        return "".join(
            getattr(one, "text", None) or "" for one in texts if not isinstance(one, str)
        )

    async def until(
        self, condition: Callable[[], Any] | Callable[[], Awaitable[Any]], what: str = ""
    ) -> None:
        """Wait for news until something holds."""
        end = time.monotonic() + PATIENCE_S
        while True:
            seen = self.hub.ledger.durable
            said = condition()
            if (await said) if isinstance(said, Awaitable) else said:
                return
            if self._life is not None and self._life.done():
                await self._life
            left = end - time.monotonic()
            assert left > 0, f"waited in vain {what}: {self.state()}"
            await self.hub.ledger.moved_past(seen, min(left, 0.2))

    async def ended(self, *names: str) -> None:
        """Wait until the turns of these attempts are over and their files are kept."""

        def over(one: Attempt) -> bool:
            coming = bool(one.inbox) and one.process == "alive"
            return one.state == "ended" and not one.snapshot_due and not coming

        for name in names or ("1.1",):
            await self.until(lambda name=name: over(self.one(name)), f"for the end of {name}")
        await self.written()

    async def written(self) -> None:
        """Wait until all that has happened so far can be read in the store."""
        seq = self.hub.ledger.seq
        await self.until(lambda: self.hub.ledger.durable >= seq, "for the disk")

    async def gone(self, *names: str) -> None:
        """Wait until the processes of these attempts are over."""
        for name in names or ("1.1",):
            await self.until(
                lambda name=name: self.one(name).process != "alive", f"for {name} to go"
            )
        await self.written()

    async def checked(self, name: str = "1.1") -> None:
        """Wait until the newest version of an attempt is judged."""
        await self.ended(name)

        def judged() -> bool:
            one = self.one(name)
            task = self.hub.ledger.world.tasks[one.task]
            edits = [x for x in one.edits if one.version and x.number == one.version.number]
            trees = [one.version.tree if one.version else "", *(x.tree for x in edits if x.tree)]
            return bool(edits) and all(
                self.hub.results.finished(task, tree, required_only=place > 0)
                for place, tree in enumerate(trees)
            )

        await self.until(judged, f"for the checks of {name}")
        await self.written()

    def state(self) -> list[tuple[Any, ...]]:
        return [
            (alias(self.hub.ledger.world, x), x.process, x.state, x.outcome, x.reason, x.decision,
             x.workspace, x.stop, x.merge.step if x.merge else "", x.merge.reason if x.merge else "")
            for x in self.hub.ledger.world.attempts.values()
        ]  # fmt: skip


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def end_daemon(home: Path) -> None:
    """End the host daemon of a home, if there is one."""

    async def end() -> None:
        if not (home / "host" / "host.lock").exists():
            return
        host = LocalHost(home)
        for run in await host.list():
            if run.state == "alive":
                place = home / "host" / "runs" / run.id / "run.json"
                _kill(json.loads(place.read_text())["pid"])
        await host.stop()

    try:
        asyncio.run(end())
    except RopewalkError as error:
        raise AssertionError(f"the host daemon of {home} does not end: {error}") from error


def workspaces_share_bases(place: Path) -> bool:
    """Whether the best engine of this machine makes workspaces on bases that are set up once."""
    return next(one.name for one in survey(place) if one.offered) == "overlay"

"""The hub: everything put together, brought up from the store, and ended when nothing needs it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ropewalk.core.admission import Room, takes_room, within
from ropewalk.core.state import World
from ropewalk.core.views import SCHEMA, HubStatus
from ropewalk.hub.actions import Actions
from ropewalk.hub.activities import Activities
from ropewalk.hub.adopting import Adopting
from ropewalk.hub.attempts import Attempts, Launcher
from ropewalk.hub.claims import Claims
from ropewalk.hub.cleaning import Cleaning
from ropewalk.hub.desk import Desk
from ropewalk.hub.evidence import EvidenceWork, Judge
from ropewalk.hub.forking import Forking
from ropewalk.hub.init import Starters
from ropewalk.hub.keys import Keys
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.leftovers import Leftovers
from ropewalk.hub.merging import Merging
from ropewalk.hub.preparing import Preparing
from ropewalk.hub.projects import PersonConfig, Projects
from ropewalk.hub.reading import Reading
from ropewalk.hub.rebasing import Rebasing
from ropewalk.hub.refer import References
from ropewalk.hub.results import Results
from ropewalk.hub.rewinding import Rewinding
from ropewalk.hub.scheduler import Scheduler
from ropewalk.hub.serving import Serving
from ropewalk.hub.settingup import SettingUp
from ropewalk.hub.tasks import AgentFinder, CheckFinder, SetupFinder, Tasks
from ropewalk.hub.trying import Trying
from ropewalk.hub.turns import Turns
from ropewalk.hub.undoing import Journal
from ropewalk.ports import (
    Bases,
    Checkout,
    Clock,
    Desks,
    Disk,
    Repository,
    Runs,
    Store,
    Trials,
    Workspaces,
)

API = 1
MB = 1024 * 1024
"""The version of the HTTP API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The adapters that wiring chose, and what they know of this machine."""

    host: str
    store: Store
    clock: Clock
    runs: Runs
    workspaces: Workspaces
    bases: Bases
    disk: Disk
    repository: Repository
    checkout: Checkout
    desks: Desks
    trials: Trials
    launcher: Launcher
    judge: Judge
    agents: AgentFinder
    checks: CheckFinder
    setups: SetupFinder
    person: PersonConfig
    environ: Mapping[str, str]
    leave: Callable[[], Awaitable[None]]
    limits: Callable[[], Room]
    machine: Callable[[], list[tuple[str, Literal["ok", "note", "problem"], str, str]]]
    agents_found: Callable[[], list[str]]
    checks_at_once: int
    before: Callable[[], float] = lambda: 0.0
    keep_spools: bool = False
    idle_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this hub is."""

    version: str
    pid: int
    home: str
    started: float


class Hub:
    """One per home directory."""

    def __init__(self, parts: Parts, identity: Identity) -> None:
        """Brings everything up from the store; nothing runs before `run`."""
        loaded = parts.store.load()
        world = World(
            projects={one.id: one for one in loaded.projects},
            tasks={one.id: one for one in loaded.tasks},
            attempts={one.id: one for one in loaded.attempts},
            evidence={one.key: one for one in loaded.evidence},
            last_task=loaded.last_task,
            closed=dict(loaded.closed),
        )
        self.id = loaded.hub
        self.identity = identity
        self.parts = parts
        self.ledger = Ledger(
            parts.store, parts.clock, world, last_seq=loaded.last_seq, host=parts.host
        )
        self.activities = Activities(self.ledger)
        self.references = References(self.ledger)
        self.results = Results(self.ledger)
        self.projects = Projects(self.ledger, parts.checkout, parts.repository, parts.person)
        self.claims = Claims()
        self.setting_up = SettingUp(self.ledger, parts.runs)
        self.preparing = Preparing(
            ledger=self.ledger,
            setting_up=self.setting_up,
            workspaces=parts.workspaces,
            bases=parts.bases,
            repository=parts.repository,
        )
        self.keys = Keys(parts.environ)
        self.attempts = self._attempts(parts)
        self.attempts.cursors.update({one.run: one for one in loaded.cursors})
        self.rewinding = Rewinding(self.ledger, parts.workspaces)
        self.trying = Trying(self.ledger, parts.repository, parts.checkout, parts.trials)
        self.serving = Serving(
            self.ledger, parts.runs, self.setting_up, keep_spools=parts.keep_spools
        )
        self.desk = Desk(
            ledger=self.ledger,
            references=self.references,
            desks=parts.desks,
            repository=parts.repository,
            workspaces=parts.workspaces,
            rewinding=self.rewinding,
            claims=self.claims,
            done=lambda attempt: self.scheduler.look_at(attempt),
        )
        self.turns = Turns(self.ledger, self.references, self.attempts)
        merging = Merging(
            self.ledger, parts.repository, parts.checkout, self.results, self.attempts.text
        )
        evidence = EvidenceWork(
            ledger=self.ledger,
            runs=parts.runs,
            workspaces=parts.workspaces,
            preparing=self.preparing,
            repository=parts.repository,
            judge=parts.judge,
            at_once=parts.checks_at_once,
        )
        self.scheduler = Scheduler(
            self.ledger,
            (self.attempts, self.rewinding, self.desk, self.serving, evidence, merging),
            evidence,
            merging,
            self._room,
            self.attempts.attach,
            self.claims,
        )
        self.cleaning = Cleaning(
            self.ledger,
            parts.disk,
            self.claims,
            runs=parts.runs,
            references=self.references,
            before=parts.before,
            done=self.scheduler.look_at,
        )
        self.references.forgotten += [
            self.activities.forget_task,
            lambda task: self.keys.forget(task.id),
        ]
        self.tasks = self._tasks(parts)
        self.adopting = Adopting(
            ledger=self.ledger,
            projects=self.projects,
            checkout=parts.checkout,
            repository=parts.repository,
            tasks=self.tasks,
        )
        self.starters = Starters(self.projects, parts.repository, parts.setups, parts.checks)
        self.forking = self._forking(parts)
        self.journal = Journal(self.ledger, merging, self.rewinding)
        self.actions = self._actions(parts)
        self.reading = Reading(
            ledger=self.ledger,
            references=self.references,
            results=self.results,
            activities=self.activities,
            repository=parts.repository,
        )
        self.stopping = asyncio.Event()
        self.clients = 0
        self._last_needed = parts.clock.now()

    def _attempts(self, parts: Parts) -> Attempts:
        return Attempts(
            ledger=self.ledger,
            runs=parts.runs,
            workspaces=parts.workspaces,
            preparing=self.preparing,
            setting_up=self.setting_up,
            checkout=parts.checkout,
            launcher=parts.launcher,
            activities=self.activities,
            keys=self.keys,
            keep_spools=parts.keep_spools,
        )

    def _tasks(self, parts: Parts) -> Tasks:
        return Tasks(
            ledger=self.ledger,
            projects=self.projects,
            checkout=parts.checkout,
            repository=parts.repository,
            agents=parts.agents,
            checks=parts.checks,
            carries=parts.launcher.carries,
            setups=parts.setups,
            keys=self.keys,
        )

    def _actions(self, parts: Parts) -> Actions:
        rebasing = Rebasing(
            self.ledger,
            parts.repository,
            parts.checkout,
            parts.workspaces,
            self.claims,
            self.scheduler.look_at,
        )
        return Actions(
            ledger=self.ledger,
            references=self.references,
            attempts=self.attempts,
            results=self.results,
            journal=self.journal,
            keys=self.keys,
            rebase=rebasing.rebase,
            turns=self.turns,
            rewinding=self.rewinding,
        )

    def _forking(self, parts: Parts) -> Forking:
        return Forking(
            ledger=self.ledger,
            references=self.references,
            projects=self.projects,
            repository=parts.repository,
            agents=parts.agents,
            attempts=self.attempts,
            keys=self.keys,
            rewinding=self.rewinding,
            turns=self.turns,
            claims=self.claims,
            carries=parts.launcher.carries,
            done=self.scheduler.look_at,
        )

    async def _room(self) -> Room:
        limit = self.parts.limits()
        free = await self.parts.runs.free_memory_mb()
        taken = await self.parts.disk.taken() if limit.budget_mb else 0
        return within(replace(limit, free_mb=free - limit.free_mb), -(-taken // MB))

    def _leftovers(self) -> Leftovers:
        parts = self.parts
        return Leftovers(
            self.ledger,
            parts.runs,
            parts.workspaces,
            parts.checkout,
            keep_spools=parts.keep_spools,
        )

    # --- life ----------------------------------------------------------------------------------

    async def run(self, serve: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run until `stopping` is set or nothing needed the hub for its idle time. Agents go on after it."""
        for task in self.ledger.world.tasks.values():
            await self.references.recall(task)
        writer = asyncio.create_task(self.ledger.run(), name="ledger")
        scheduler = asyncio.create_task(self.scheduler.run(), name="scheduler")
        server = asyncio.create_task(serve(), name="server")
        watch = asyncio.create_task(self._look_after(), name="idle watch")
        clearing = asyncio.create_task(self._leftovers().clear(), name="leftovers")
        tidying = asyncio.create_task(self.cleaning.tidy(), name="tidying")
        stop = asyncio.create_task(self.stopping.wait(), name="stop")
        try:
            done, _ = await asyncio.wait(
                [writer, scheduler, server, watch, stop], return_when=asyncio.FIRST_COMPLETED
            )
            for one in done:
                one.result()
        finally:
            await _end(watch, stop, clearing, tidying, scheduler)
            await self.attempts.close()
            await self.preparing.close()
            await self.parts.leave()
            await _end(server, writer)

    async def _look_after(self) -> None:
        """End the hub when nothing has needed it for its idle time; sleeps until then, polls nothing."""
        while True:
            now = self.parts.clock.now()
            if self.reasons():
                self._last_needed = now
                seen = self.ledger.durable
                await self.ledger.moved_past(seen, self.parts.idle_s)
                continue
            left = self._last_needed + self.parts.idle_s - now
            if left <= 0:
                self.stopping.set()
                return
            await asyncio.sleep(left)

    def needed(self) -> None:
        """A client called."""
        self._last_needed = self.parts.clock.now()

    def reasons(self) -> list[str]:
        """Why the hub stays up, in words; empty: it will end by itself."""
        world = self.ledger.world
        live = sum(takes_room(one) for one in world.attempts.values())
        queued = sum(one.state == "queued" for one in world.attempts.values())
        checks = sum(not one.finished for one in world.evidence.values())
        servers = sum(one.serving for one in world.attempts.values())
        counts = [
            (live, "attempt has a process", "attempts have a process"),
            (queued, "attempt waits for room", "attempts wait for room"),
            (checks, "check is not finished", "checks are not finished"),
            (servers, "server runs", "servers run"),
            (max(0, self.scheduler.busy - servers), "step is being done", "steps are being done"),
            (self.clients, "client follows", "clients follow"),
        ]
        return [f"{n} {one if n == 1 else many}" for n, one, many in counts if n]

    def status(self) -> HubStatus:
        """Who the hub is and why it is up."""
        reasons = self.reasons()
        world = self.ledger.world
        trouble = [f"the disk refuses: {self.ledger.trouble}"] if self.ledger.trouble else []
        return HubStatus(
            schema=SCHEMA,
            version=self.identity.version,
            api=API,
            pid=self.identity.pid,
            hub=self.id,
            home=self.identity.home,
            started=self.identity.started,
            reasons=[*trouble, *reasons],
            ends_at=0.0 if reasons else self._last_needed + self.parts.idle_s,
            live_attempts=sum(one.process == "alive" for one in world.attempts.values()),
        )


async def _end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks, one after the other, each to its end."""
    for one in tasks:
        one.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await one

"""The effects of attempts: workspaces made, processes started and stopped, turns kept as versions."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

from ropewalk.core import events as e
from ropewalk.core import wanted as w
from ropewalk.core.desk import told_of
from ropewalk.core.errors import Outside, Refused, RopewalkError
from ropewalk.core.lifecycle import alias, draft
from ropewalk.core.payload import Payload
from ropewalk.core.placeholders import Filling
from ropewalk.core.records import Agent, Limits, Version
from ropewalk.core.setup import inside
from ropewalk.core.state import Attempt, Task
from ropewalk.core.turns import told, untold_edits
from ropewalk.hub.activities import Activities
from ropewalk.hub.driver import Driver
from ropewalk.hub.intake import Intake
from ropewalk.hub.keys import Keys
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.preparing import Preparing, Wanted
from ropewalk.hub.refs import kept_ref, version_ref
from ropewalk.hub.settingup import Hearer, SettingUp, Unwanted
from ropewalk.ports import Checkout, Cursor, Place, Run, Runs, RunSpec, Visit, Workspaces
from ropewalk.wire.dialect import Dialect

CANCEL_S = 2.0
"""How long an agent has to end its turn by itself before it is told by a signal."""

TERM_S = 3.0
"""How long a process has to end by itself before it is killed."""


class Launcher(Protocol):
    """Knows agents: their protocol, and how to start them."""

    def dialect(self, agent: Agent, state: str = "") -> Dialect:
        """The dialect of an agent, fresh or from its dumped state."""
        ...

    def argv(self, agent: Agent, *, prompt: str, resume: bool, key: str) -> tuple[str, ...]:
        """The command line; `key` names the run. Refused: the prompt cannot travel that way."""
        ...

    def ended(self, key: str) -> None:
        """A run is over: what was put aside for it (its prompt as a file) may go."""
        ...

    def carries(self, agent: Agent, prompt: str) -> None:
        """Refused: the prompt cannot travel to this agent. Nothing is made."""
        ...


class Attempts:
    """Does what attempts want."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        runs: Runs,
        workspaces: Workspaces,
        preparing: Preparing,
        setting_up: SettingUp,
        checkout: Checkout,
        launcher: Launcher,
        activities: Activities,
        keys: Keys,
        keep_spools: bool = False,
    ) -> None:
        """`keys` has the variables that agents name."""
        self._ledger = ledger
        self._runs = runs
        self._workspaces = workspaces
        self._preparing = preparing
        self._setting_up = setting_up
        self._checkout = checkout
        self._launcher = launcher
        self._activities = activities
        self._keys = keys
        self._keep_spools = keep_spools
        self._intake = Intake()
        self.drivers: dict[str, Driver] = {}
        self.cursors: dict[str, Cursor] = {}
        self._following: dict[str, asyncio.Task[None]] = {}

    def handlers(self) -> dict[type[w.Effect], Callable[..., Awaitable[None]]]:
        """As in Worker."""
        return {
            w.Prepare: self._prepare,
            w.Start: self._start,
            w.Deliver: self._deliver,
            w.StopRun: self._stop,
            w.Snapshot: self._snapshot,
            w.Trash: self._trash,
            w.Restore: self._restore,
            w.Hold: self._hold,
        }

    def failed(self, effect: w.Effect, error: RopewalkError) -> Sequence[e.Draft]:
        """As in Worker."""
        attempt = self._of(effect)
        now = self._ledger.clock.now()
        if isinstance(effect, w.Snapshot):
            event: e.Event = e.SnapshotFailed(turn=effect.turn, reason=error.message)
        elif isinstance(effect, w.Prepare | w.Start):
            event = e.StartFailed(reason=error.message, hint=error.hint)
        elif isinstance(effect, w.Hold):
            text = f"your repository holds no ref for it: {error.message}"
            held = e.Held(number=effect.number, ref="")
            return [draft(attempt, one, actor="hub", now=now) for one in (held, e.Noted(text=text))]
        else:
            event = e.Noted(text=f"{type(effect).__name__} failed: {error.message}")
        return [draft(attempt, event, actor="hub", now=now)]

    def _of(self, effect: w.Effect) -> Attempt:
        return self._ledger.world.attempts[effect.subject]

    async def _tell(self, attempt: Attempt, *events: e.Event) -> None:
        now = self._ledger.clock.now()
        await self._ledger.record([draft(attempt, one, actor="hub", now=now) for one in events])

    # --- starting ------------------------------------------------------------------------------

    async def _prepare(self, effect: w.Prepare) -> None:
        attempt = self._of(effect)
        try:
            place = await self._make(
                attempt, lambda: not self._ledger.world.attempts[attempt.id].stop
            )
        except Unwanted:
            return
        await self._tell(attempt, _prepared(place))
        await self._preparing.done(self._ledger.world.tasks[attempt.task], attempt.id)

    async def _make(self, attempt: Attempt, needed: Callable[[], bool] = lambda: True) -> Place:
        """A workspace of the base, set up, with the files of the newest version if there is one. Unwanted."""
        world = self._ledger.world
        name = alias(world, attempt)
        task = world.tasks[attempt.task]
        wanted = Wanted(
            id=attempt.id,
            commit=attempt.base,
            branch=f"ropewalk/{name}",
            name=name,
            ports=task.setup.ports,
        )
        hearer = Hearer(tell=lambda event: self._tell(attempt, event), wanted=needed)
        place = await self._preparing.workspace(task, wanted, hearer)
        if version := attempt.version:
            ref = version_ref(attempt.id, version.number) + "-before"
            await self._workspaces.replace(
                id=attempt.id, project=attempt.project, commit=version.commit, ref=ref
            )
        return place

    async def _start(self, effect: w.Start) -> None:
        attempt = self._of(effect)
        task = self._ledger.world.tasks[attempt.task]
        message = attempt.inbox[0].id if attempt.inbox else ""
        brief = attempt.brief or task.brief
        asked = await self.text(attempt.inbox[0].text if attempt.inbox else brief)
        prompt = await self._told(attempt, asked)
        agent = attempt.agent
        resume = attempt.turn > 0
        key = f"{attempt.id}-{effect.epoch}"
        await self._require_keys(attempt, key)
        argv = self._launcher.argv(agent, prompt=prompt, resume=resume, key=key)
        run = await self._runs.start(
            RunSpec(
                id=key,
                epoch=effect.epoch,
                argv=argv,
                cwd=attempt.path,
                environment=self._environment(task, attempt),
                limits=self._limits(attempt),
                workspace=attempt.id,
            )
        )
        await self._begin(attempt, run, prompt, message)

    async def _require_keys(self, attempt: Attempt, run: str) -> None:
        """Refused: it would start without what it was promised. A run that is there already has it."""
        if not self._keys.missing(attempt):
            return
        if any(one.id == run for one in await self._runs.list()):
            return
        self._keys.require(attempt, alias(self._ledger.world, attempt))

    async def _begin(self, attempt: Attempt, run: Run, prompt: str, message: str) -> None:
        """The process and its first prompt are one fact: both are recorded, then anything is written."""
        opened = self._launcher.dialect(attempt.agent).open(
            cwd=attempt.path, session=attempt.session if attempt.can_load else ""
        )
        turn = attempt.turn + 1
        prompted = opened.dialect.prompt(turn=turn, text=prompt)
        cursor = Cursor(
            run=run.id, offset=0, decoder=opened.dialect.dump(), version=opened.dialect.version
        )
        driver = self._new_driver(attempt, opened.dialect, cursor)
        started = e.ProcessStarted(run=run.id, pid=run.pid, containment=run.containment)
        events = [started, *opened.events, e.TurnStarted(turn=turn, message=message)]
        now = self._ledger.clock.now()
        drafts = [draft(attempt, one, actor="hub", now=now) for one in [*events, *prompted.events]]
        self.drivers[attempt.id] = driver
        await driver.begin(opened, prompted, drafts)

    def variables(self, attempt: Attempt) -> dict[str, str]:
        """What the set-up says for whatever runs in the workspace."""
        task = self._ledger.world.tasks[attempt.task]
        name, filling = self._filling(attempt)
        return self._setting_up.own(task, filling, name)

    def _filling(self, attempt: Attempt) -> tuple[str, Filling]:
        """What a workspace is called, and what is filled in for it."""
        world = self._ledger.world
        name, task = alias(world, attempt), str(world.tasks[attempt.task].number)
        return name, Filling(path=attempt.path, port=attempt.port, attempt=name, task=task)

    def _environment(self, task: Task, attempt: Attempt) -> dict[str, str]:
        return {
            **inside(task.environment, self.variables(attempt)),
            **attempt.agent.environment,
            **self._keys.of(task.id, attempt.agent),
            "ROPEWALK_TASK": str(task.number),
            "ROPEWALK_ATTEMPT": f"{task.number}.{attempt.number}",
            "ROPEWALK_ATTEMPT_NUMBER": str(attempt.number),
            "ROPEWALK_BASE": attempt.base,
        }

    async def _told(self, attempt: Attempt, text: str) -> str:
        """The next prompt, with what happened to the files since the last turn."""
        diffs = [await self.text(one.diff) for one in untold_edits(attempt) if one.diff]
        return told_of(told(attempt, text), diffs)

    async def text(self, payload: Payload) -> str:
        """The words of a payload, from memory or the store."""
        if payload.text is not None:
            return payload.text
        return await asyncio.to_thread(self._ledger.store.text, payload.digest) or ""

    # --- a living run --------------------------------------------------------------------------

    def attach(self, attempt: Attempt) -> None:
        """Make sure that the run of an attempt is followed."""
        if attempt.run in self._following:
            return
        driver = self.drivers.get(attempt.id)
        if driver is None or driver.run != attempt.run:
            driver = self._revive(attempt)
        self.drivers[attempt.id] = driver
        self._following[attempt.run] = asyncio.get_running_loop().create_task(
            self._follow(attempt, driver), name=f"follow {attempt.run}"
        )

    def _revive(self, attempt: Attempt) -> Driver:
        cursor = self.cursors.pop(attempt.run)
        dialect = self._launcher.dialect(attempt.agent, cursor.decoder)
        return self._new_driver(attempt, dialect, cursor)

    def _new_driver(self, attempt: Attempt, dialect: Dialect, cursor: Cursor) -> Driver:
        limits = self._limits(attempt)
        return Driver(self._ledger, self._runs, attempt, dialect, cursor, limits, self._intake)

    def _limits(self, attempt: Attempt) -> Limits:
        """An agent that speaks a protocol cannot lose a piece of it: too much output ends it."""
        task = self._ledger.world.tasks[attempt.task]
        return Limits(
            deadline_s=task.limit_s, keep="stop" if attempt.agent.kind == "acp" else "tail"
        )

    async def _follow(self, attempt: Attempt, driver: Driver) -> None:
        try:
            await driver.follow()
        finally:
            self._following.pop(driver.run, None)
        if self.drivers.get(attempt.id) is driver:
            del self.drivers[attempt.id]
        self._launcher.ended(driver.run)
        if not self._keep_spools:
            with suppress(RopewalkError):
                await self._runs.forget(driver.run)

    async def close(self) -> None:
        """Let go of every run; they go on."""
        following = list(self._following.values())
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)

    async def _deliver(self, effect: w.Deliver) -> None:
        attempt = self._of(effect)
        driver = self._driver(attempt)
        text = await self._told(attempt, await self.text(attempt.inbox[0].text))
        if effect not in w.wanted(self._of(effect)):
            return
        now = self._ledger.clock.now()
        started = e.TurnStarted(turn=effect.turn, message=effect.message)
        await driver.tell(
            lambda dialect: dialect.prompt(turn=effect.turn, text=text),
            lambda step: [
                draft(attempt, one, actor="hub", now=now) for one in (started, *step.events)
            ],
        )

    def _driver(self, attempt: Attempt) -> Driver:
        driver = self.drivers.get(attempt.id)
        if driver is None or driver.run != attempt.run:
            raise Outside("Its run cannot be reached now.")
        return driver

    async def _stop(self, effect: w.StopRun) -> None:
        """Ask first, then tell, then end it; the exit itself is seen in the spool."""
        attempt = self._of(effect)
        driver = self._driver(attempt)
        if attempt.agent.kind == "acp" and attempt.state == "working":
            now = self._ledger.clock.now()
            await driver.tell(
                lambda dialect: dialect.cancel(),
                lambda step: [draft(attempt, one, actor="hub", now=now) for one in step.events],
            )
            await self._until(attempt, CANCEL_S, turn_too=True)
        for number, patience in ((signal.SIGTERM, TERM_S), (signal.SIGKILL, TERM_S)):
            if await self._until(attempt, 0.0):
                return
            await driver.signal(number)
            if await self._until(attempt, patience):
                return

    async def _until(self, attempt: Attempt, patience: float, *, turn_too: bool = False) -> bool:
        """Wait until the process is gone (or, with `turn_too`, the turn over), `patience` seconds at most."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while True:
            seen = self._ledger.durable
            now = self._ledger.world.attempts[attempt.id]
            if now.process != "alive" or (turn_too and now.state == "ended"):
                return True
            left = end - loop.time()
            if left <= 0 or not await self._ledger.moved_past(seen, left):
                return False

    async def visit(self, attempt: Attempt) -> Visit:
        """The way into a workspace. Refused: it has none now."""
        name = alias(self._ledger.world, attempt)
        if attempt.workspace != "ready":
            hint = f"ropewalk resume {name}" if attempt.path else "ropewalk ls"
            raise Refused(f"{name} has no workspace now.", hint=hint)
        return await self._runs.visit(attempt.id)

    def own_variables(self, attempt: Attempt) -> dict[str, str]:
        """What tells a program in a workspace where it is, and what the set-up says; no secrets."""
        task = self._ledger.world.tasks[attempt.task]
        name = alias(self._ledger.world, attempt)
        return {
            **self.variables(attempt),
            "ROPEWALK_TASK": str(task.number),
            "ROPEWALK_ATTEMPT": name,
            "ROPEWALK_ATTEMPT_NUMBER": str(attempt.number),
            "ROPEWALK_BASE": attempt.base,
            "ROPEWALK_BRANCH": attempt.branch,
        }

    # --- files ---------------------------------------------------------------------------------

    async def _snapshot(self, effect: w.Snapshot) -> None:
        attempt = self._of(effect)
        number = len(attempt.versions) + 1
        parent = attempt.version.commit if attempt.version else attempt.base
        name = alias(self._ledger.world, attempt)
        summary = await self.summary(attempt)
        shot = await self._workspaces.snapshot(
            id=attempt.id,
            project=attempt.project,
            base=attempt.base,
            parent=parent,
            ref=version_ref(attempt.id, number),
            message=summary.splitlines()[0] if summary else f"{name}, turn {effect.turn}",
        )
        if shot.commit == parent:
            await self._tell(attempt, e.TurnLeftNothing(turn=effect.turn))
            return
        change = Version(
            number=number,
            turn=effect.turn,
            commit=shot.commit,
            tree=shot.tree,
            base=attempt.base,
            files=shot.files,
            added=shot.added,
            removed=shot.removed,
            paths=shot.paths,
            summary=summary,
        )
        notes = [e.Noted(text=f"not kept in the version: {one}") for one in shot.left_out]
        await self._tell(attempt, e.VersionMade(change=change), *notes)

    async def summary(self, attempt: Attempt) -> str:
        """What the agent said last in its turn, at most 2,000 characters."""
        return (await self._activities.words(attempt.id)).strip()[-2000:]

    async def _trash(self, effect: w.Trash) -> None:
        attempt = self._of(effect)
        task = self._ledger.world.tasks[attempt.task]
        name, filling = self._filling(attempt)
        said = await self._preparing.tear_down(task, attempt.id, filling, name)
        await self._workspaces.trash(id=effect.subject)
        await self._tell(attempt, *said, e.WorkspaceTrashed())
        await self._preparing.torn_down(task, attempt.id)

    async def _restore(self, effect: w.Restore) -> None:
        attempt = self._of(effect)
        if await self._workspaces.restore(id=attempt.id):
            place = await self._workspaces.prepare(
                id=attempt.id, project=attempt.project, base=attempt.base, branch=attempt.branch
            )
            await self._tell(attempt, e.WorkspaceRestored(port=place.port))
            return
        made = _prepared(await self._make(attempt))
        await self._preparing.done(self._ledger.world.tasks[attempt.task], attempt.id)
        await self._tell(
            attempt, made, e.Noted(text="the trash was emptied: files of the last version are back")
        )

    async def _hold(self, effect: w.Hold) -> None:
        attempt = self._of(effect)
        world = self._ledger.world
        version = next((one for one in attempt.versions if one.number == effect.number), None)
        ref = kept_ref(attempt.id)
        await asyncio.to_thread(
            self._checkout.hold,
            root=world.projects[attempt.project].path,
            project=attempt.project,
            commit=version.commit if version else "",
            ref=ref,
        )
        await self._tell(attempt, e.Held(number=effect.number, ref=ref if version else ""))


def _prepared(place: Place) -> e.WorkspacePrepared:
    return e.WorkspacePrepared(
        path=place.path, branch=place.branch, engine=place.engine, port=place.port
    )

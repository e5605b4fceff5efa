"""The processes of agents: started, followed, spoken to and stopped."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from ropewalk.core import events as e
from ropewalk.core import wanted as w
from ropewalk.core.box import Box
from ropewalk.core.boxing import box_words
from ropewalk.core.desk import told_of
from ropewalk.core.errors import Outside, RopewalkError
from ropewalk.core.lifecycle import alias
from ropewalk.core.records import Limits
from ropewalk.core.setup import inside
from ropewalk.core.state import Attempt, Task
from ropewalk.core.turns import told, untold_edits
from ropewalk.hub.boxing import Boxing
from ropewalk.hub.driver import Driver
from ropewalk.hub.intake import Intake
from ropewalk.hub.keys import Keys
from ropewalk.hub.launcher import Launcher
from ropewalk.hub.ledger import Ledger
from ropewalk.ports import Cursor, Run, Runs, RunSpec
from ropewalk.wire.dialect import Dialect

CANCEL_S = 2.0
"""How long an agent has to end its turn by itself before it is told by a signal."""

TERM_S = 3.0
"""How long a process has to end by itself before it is killed."""


class Processes:
    """Runs the agents of attempts."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        runs: Runs,
        launcher: Launcher,
        keys: Keys,
        variables: Callable[[Attempt], Mapping[str, str]],
        boxing: Boxing,
        cursors: Mapping[str, Cursor],
        keep_spools: bool = False,
    ) -> None:
        """`keys` has the variables that agents name, `variables` tells those of the set-up.

        `cursors`: how far the runs that were there before this hub have been read.
        """
        self._ledger = ledger
        self._runs = runs
        self._launcher = launcher
        self._keys = keys
        self._variables = variables
        self._boxing = boxing
        self._cursors = dict(cursors)
        self._keep_spools = keep_spools
        self._intake = Intake()
        self.drivers: dict[str, Driver] = {}
        self._following: dict[str, asyncio.Task[None]] = {}

    def handlers(self) -> dict[type[w.Effect], Callable[..., Awaitable[None]]]:
        """As in Worker."""
        return {w.Start: self._start, w.Deliver: self._deliver, w.StopRun: self._stop}

    def failed(self, effect: w.Effect, error: RopewalkError) -> Sequence[e.Draft]:
        """As in Worker."""
        attempt = self._ledger.world.attempts[effect.subject]
        if isinstance(effect, w.Start):
            return self._ledger.drafts(
                attempt, e.StartFailed(reason=error.message, hint=error.hint)
            )
        text = f"{type(effect).__name__} failed: {error.message}"
        return self._ledger.drafts(attempt, e.Noted(text=text))

    # --- starting ------------------------------------------------------------------------------

    async def _start(self, effect: w.Start) -> None:
        attempt = self._ledger.world.attempts[effect.subject]
        task = self._ledger.world.tasks[attempt.task]
        message = attempt.inbox[0].id if attempt.inbox else ""
        brief = attempt.brief or task.brief
        asked = await self._ledger.text(attempt.inbox[0].text if attempt.inbox else brief)
        prompt = await self._told(attempt, asked)
        agent = attempt.agent
        resume = attempt.turn > 0
        key = f"{attempt.id}-{effect.epoch}"
        await self._require_keys(attempt, key)
        argv = self._launcher.argv(agent, prompt=prompt, resume=resume, key=key)
        environment = self._environment(task, attempt)
        box = await self._box(task, attempt, argv, environment)
        if box and (files := self._launcher.files(key)):
            box = replace(box, seen=(*box.seen, *files))
        run = await self._runs.start(
            RunSpec(
                id=key,
                epoch=effect.epoch,
                argv=argv,
                cwd=attempt.path,
                environment=environment,
                limits=self._limits(attempt),
                workspace=attempt.id,
                box=box,
            )
        )
        await self._begin(attempt, run, prompt, message, box_words(box))

    async def _box(
        self, task: Task, attempt: Attempt, argv: tuple[str, ...], environment: Mapping[str, str]
    ) -> Box | None:
        await self._boxing.allow({attempt.agent.name})
        ports = (attempt.port, task.setup.ports) if attempt.port else (0, 0)
        path = environment.get("PATH", "")
        return await self._boxing.box(
            task, "agent", argv, path=path, agent=attempt.agent, ports=ports
        )

    async def _require_keys(self, attempt: Attempt, run: str) -> None:
        """Refused: it would start without what it was promised. A run that is there already has it."""
        if not self._keys.missing(attempt):
            return
        if any(one.id == run for one in await self._runs.list()):
            return
        self._keys.require(attempt, alias(self._ledger.world, attempt))

    async def _begin(
        self, attempt: Attempt, run: Run, prompt: str, message: str, sandbox: str
    ) -> None:
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
        started = e.ProcessStarted(
            run=run.id, pid=run.pid, containment=run.containment, sandbox=sandbox
        )
        events = [started, *opened.events, e.TurnStarted(turn=turn, message=message)]
        drafts = self._ledger.drafts(attempt, *events, *prompted.events)
        self.drivers[attempt.id] = driver
        await driver.begin(opened, prompted, drafts)

    def _environment(self, task: Task, attempt: Attempt) -> dict[str, str]:
        return {
            **inside(task.environment, self._variables(attempt)),
            **attempt.agent.environment,
            **self._keys.of(task.id, attempt.agent),
            "ROPEWALK_TASK": str(task.number),
            "ROPEWALK_ATTEMPT": f"{task.number}.{attempt.number}",
            "ROPEWALK_ATTEMPT_NUMBER": str(attempt.number),
            "ROPEWALK_BASE": attempt.base,
        }

    def _limits(self, attempt: Attempt) -> Limits:
        """An agent that speaks a protocol cannot lose a piece of it: too much output ends it."""
        task = self._ledger.world.tasks[attempt.task]
        return Limits(
            deadline_s=task.limit_s, keep="stop" if attempt.agent.kind == "acp" else "tail"
        )

    async def _told(self, attempt: Attempt, text: str) -> str:
        """The next prompt, with what happened to the files since the last turn."""
        diffs = [await self._ledger.text(one.diff) for one in untold_edits(attempt) if one.diff]
        return told_of(told(attempt, text), diffs)

    # --- following -----------------------------------------------------------------------------

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
        cursor = self._cursors.pop(attempt.run)
        dialect = self._launcher.dialect(attempt.agent, cursor.decoder)
        return self._new_driver(attempt, dialect, cursor)

    def _new_driver(self, attempt: Attempt, dialect: Dialect, cursor: Cursor) -> Driver:
        limits = self._limits(attempt)
        return Driver(self._ledger, self._runs, attempt, dialect, cursor, limits, self._intake)

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

    # --- speaking ------------------------------------------------------------------------------

    async def _deliver(self, effect: w.Deliver) -> None:
        attempt = self._ledger.world.attempts[effect.subject]
        driver = self._driver(attempt)
        text = await self._told(attempt, await self._ledger.text(attempt.inbox[0].text))
        if effect not in w.wanted(self._ledger.world.attempts[effect.subject]):
            return
        started = e.TurnStarted(turn=effect.turn, message=effect.message)
        await driver.tell(
            lambda dialect: dialect.prompt(turn=effect.turn, text=text),
            lambda step: self._ledger.drafts(attempt, started, *step.events),
        )

    def _driver(self, attempt: Attempt) -> Driver:
        driver = self.drivers.get(attempt.id)
        if driver is None or driver.run != attempt.run:
            raise Outside("Its run cannot be reached now.")
        return driver

    async def _stop(self, effect: w.StopRun) -> None:
        """Ask first, then tell, then end it; the exit itself is seen in the spool."""
        attempt = self._ledger.world.attempts[effect.subject]
        driver = self._driver(attempt)
        if attempt.agent.kind == "acp" and attempt.state == "working":
            await driver.tell(
                lambda dialect: dialect.cancel(),
                lambda step: self._ledger.drafts(attempt, *step.events),
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

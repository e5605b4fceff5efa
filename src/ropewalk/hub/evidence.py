"""Evidence: which trees want to be judged by which checks, and the runs that judge them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from ropewalk.core import events as e
from ropewalk.core import wanted as w
from ropewalk.core.errors import Outside, RopewalkError
from ropewalk.core.keys import environment_digest
from ropewalk.core.records import Check, Exit, Limits
from ropewalk.core.state import Evidence, Task
from ropewalk.hub.boxing import Boxing
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.preparing import Preparing, Wanted
from ropewalk.hub.spools import check_run
from ropewalk.hub.watching import OUTPUT_BYTES, Watched, watch
from ropewalk.ports import Runs, RunSpec, Workspaces

REPORT = ".ropewalk-report-"
"""Where a check leaves its report, below its workspace: this and the name of the run.

That name holds a digest of the tree that is judged, so no change can bring such a file with it.
"""

REPORT_BYTES = 32 * 1024 * 1024


class Judge(Protocol):
    """Knows how a check is run and what its outcome says."""

    def argv(self, check: Check, report: str) -> tuple[str, ...]:
        """The command line; `report` is where the report shall go."""
        ...

    def judge(
        self,
        *,
        key: str,
        check: Check,
        exit: Exit,
        report: bytes | None,
        output: str,
        duration_s: float,
        before: e.CheckEnded | None,
        root: str,
    ) -> e.CheckEnded:
        """The result. `before`: that of the repetition before, to name flaky cases."""
        ...


class EvidenceWork:
    """Finds out what is missing, and runs checks."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        runs: Runs,
        workspaces: Workspaces,
        preparing: Preparing,
        judge: Judge,
        boxing: Boxing,
        at_once: int,
    ) -> None:
        """`at_once` is how many checks run side by side."""
        self._ledger = ledger
        self._runs = runs
        self._workspaces = workspaces
        self._preparing = preparing
        self._judge = judge
        self._boxing = boxing
        self._at_once = at_once

    def handlers(self) -> dict[type[w.Effect], Callable[..., Awaitable[None]]]:
        """As in Worker."""
        return {w.RunCheck: self._run}

    def failed(self, effect: w.Effect, error: RopewalkError) -> Sequence[e.Draft]:
        """As in Worker: what could not be run says nothing about the change."""
        evidence = self._ledger.world.evidence[effect.subject]
        ended = e.CheckEnded(
            key=evidence.key,
            standing="not-run",
            exit=Exit(code=None),
            duration_s=0.0,
            reason=error.message,
        )
        return [self._draft(evidence, ended)]

    def _draft(self, evidence: Evidence, event: e.Event) -> e.Draft:
        return e.Draft(
            event=event,
            project=evidence.project,
            task=evidence.task,
            observed=self._ledger.clock.now(),
        )

    # --- what is missing -----------------------------------------------------------------------

    async def missing(self, tasks: Collection[str]) -> list[e.Draft]:
        """As in Evidencer. What the store knows from closed tasks is not asked for again."""
        world = self._ledger.world
        wanted = self._wanted(tasks)
        if wanted:
            for one in await asyncio.to_thread(self._ledger.store.evidence, list(wanted)):
                world.evidence.setdefault(one.key, one)
        drafts = [
            self._want(world.tasks[task], judged, check, key)
            for key, (task, judged, check) in wanted.items()
            if key not in world.evidence
        ]
        found = [self._again(one) for one in world.evidence.values() if self._wants_again(one)]
        return [*drafts, *found]

    def _wanted(self, tasks: Collection[str]) -> dict[str, tuple[str, w.Judged, Check]]:
        world = self._ledger.world
        return {
            key: (task.id, judged, check)
            for task in (world.tasks[one] for one in tasks if one in world.tasks)
            for judged in w.trees(world, task)
            for check, key in w.keys(task, judged, environment_digest(task.environment))
            if key not in world.evidence
        }

    def _want(self, task: Task, judged: w.Judged, check: Check, key: str) -> e.Draft:
        digest = environment_digest(task.environment)
        event = e.EvidenceWanted(
            key=key, check=check, commit=judged.commit, tree=judged.tree, environment=digest
        )
        return e.Draft(
            event=event, project=task.project, task=task.id, observed=self._ledger.clock.now()
        )

    def _wants_again(self, evidence: Evidence) -> bool:
        task = self._ledger.world.tasks.get(evidence.task)
        return task is not None and w.again(task, evidence)

    def _again(self, evidence: Evidence) -> e.Draft:
        event = e.EvidenceWanted(
            key=evidence.key,
            check=evidence.check,
            commit=evidence.commit,
            tree=evidence.tree,
            environment=evidence.environment,
            again=evidence.again + 1,
        )
        return self._draft(evidence, event)

    def runnable(self) -> Iterable[w.RunCheck]:
        """As in Evidencer: what runs already first, then as many more as may run side by side."""
        unfinished = [one for one in self._ledger.world.evidence.values() if not one.finished]
        unfinished.sort(key=lambda one: one.standing != "running")
        for one in unfinished[: self._at_once]:
            yield w.RunCheck(subject=one.key, epoch=one.again)

    # --- running one ---------------------------------------------------------------------------

    async def _run(self, effect: w.RunCheck) -> None:
        evidence = self._ledger.world.evidence[effect.subject]
        task = self._ledger.world.tasks[evidence.task]
        name = check_run(evidence.key, effect.epoch)
        wanted = Wanted(
            id=name,
            commit=evidence.commit,
            branch="",
            name=evidence.check.name,
            ports=task.setup.ports if task.setup.commands or task.setup.environment else 0,
        )
        place = await self._preparing.workspace(task, wanted)
        argv = self._judge.argv(evidence.check, REPORT + name)
        environment = {
            **self._preparing.environment(task, place, wanted.name),
            "ROPEWALK_CHECK": evidence.check.name,
            "CI": "true",
        }
        box = await self._boxing.box(task, "check", argv, path=environment.get("PATH", ""))
        spec = RunSpec(
            id=name,
            epoch=1,
            argv=argv,
            cwd=place.path,
            environment=environment,
            limits=Limits(deadline_s=evidence.check.limit_s, output_bytes=OUTPUT_BYTES),
            stdin=False,
            workspace=name,
            box=box,
        )
        await self._runs.start(spec)
        if evidence.standing != "running":
            started = e.CheckStarted(key=evidence.key, run=name)
            await self._ledger.record([self._draft(evidence, started)])
        watched = await watch(self._runs, name)
        if watched.exit.cause == "lost":
            await self._runs.forget(name)
            raise Outside("The check's runner was killed.")
        report = await self._workspaces.read(id=name, path=REPORT + name, limit=REPORT_BYTES)
        ended = await asyncio.to_thread(self._judged, evidence, watched, report, place.path)
        await self._ledger.record([self._draft(evidence, ended)])
        with suppress(RopewalkError):  # the run last: as long as it is known, so are its leftovers
            await self._workspaces.trash(id=name, forever=True)
            await self._preparing.done(task, name)
            await self._runs.forget(name)

    def _judged(
        self, evidence: Evidence, watched: Watched, report: bytes | None, root: str
    ) -> e.CheckEnded:
        spoken = watched.output if evidence.check.report == "go-json" else report
        return self._judge.judge(
            key=evidence.key,
            check=evidence.check,
            exit=watched.exit,
            report=spoken,
            output=watched.tail(),
            duration_s=watched.duration_s,
            before=self._before(evidence),
            root=root,
        )

    def _before(self, evidence: Evidence) -> e.CheckEnded | None:
        """The repetition before, with the text of its cases."""
        if not evidence.results:
            return None
        last = evidence.results[-1]
        if last.cases is None:
            return last
        text = self._ledger.store.text(last.cases.digest)
        return replace(last, cases=replace(last.cases, text=text))

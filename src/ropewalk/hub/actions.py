"""Actions: the verbs of a person, each on several ids; one result an id, whatever became of the others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from ropewalk.core import commands as c
from ropewalk.core import events as e
from ropewalk.core.errors import NotFound, Refused, RopewalkError
from ropewalk.core.lifecycle import alias, picked
from ropewalk.core.messages import merge_message
from ropewalk.core.payload import Payload
from ropewalk.core.state import Attempt
from ropewalk.core.views import ActionResult
from ropewalk.hub.ask import Ask, Verb
from ropewalk.hub.deciding import Deciding
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.refer import References
from ropewalk.hub.results import Results
from ropewalk.hub.rewinding import Rewinding
from ropewalk.hub.talking import Talking
from ropewalk.hub.turns import Turns
from ropewalk.hub.undoing import Journal


class Actions:
    """Carries out verbs."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        references: References,
        results: Results,
        journal: Journal,
        deciding: Deciding,
        talking: Talking,
        rebase: Callable[[Attempt, str], Awaitable[str]],
        turns: Turns,
        rewinding: Rewinding,
    ) -> None:
        """`journal` remembers what can be undone; `rebase` does that verb, `talking` those of a conversation."""
        self._turns = turns
        self._rewinding = rewinding
        self._ledger = ledger
        self._references = references
        self._results = results
        self._journal = journal
        self._deciding = deciding
        self._rebase_one = rebase
        self.verbs: dict[str, Verb] = {
            **talking.verbs,
            "keep": self._keep,
            "drop": self._drop,
            "merge": self._merge,
            "check": self._check,
            "rebase": self._rebase,
            "rewind": self._rewind,
        }

    async def act(self, verb: str, ids: Sequence[str], ask: Ask) -> list[ActionResult]:
        """Do a verb on each id, in order. NotFound: there is no such verb.

        What is dropped by one call is one action, which comes back as one.
        """
        if verb not in self.verbs:
            raise NotFound(f"“{verb}” is no verb.", hint=f"Verbs: {', '.join(self.verbs)}")
        if verb == "drop":
            ask = replace(ask, action=self._journal.new(verb, ask.terminal))
        results: list[ActionResult] = []
        for reference in ids:
            results += await self._each(verb, reference, ask)
        return results

    async def _each(self, verb: str, reference: str, ask: Ask) -> list[ActionResult]:
        try:
            attempts = await self._references.attempts(reference)
        except RopewalkError as error:
            return [_refused(reference, error)]
        names = (
            [reference]
            if len(attempts) == 1
            else [alias(self._ledger.world, one) for one in attempts]
        )
        if verb in ("keep", "merge", "rebase", "rewind") and len(attempts) > 1:
            error = Refused(
                f"“{reference}” has several attempts.", hint=f"Say which: {', '.join(names)}"
            )
            return [_refused(reference, error)]
        async with asyncio.TaskGroup() as group:  # together: a hundred answers are one transaction
            each = [group.create_task(self._one(verb, name, ask)) for name in names]
        results = [one.result() for one in each]
        if len(results) > 1 and any(not one["error"] for one in results):
            return [one for one in results if one["error"] != "conflict"]
        return results

    async def _one(self, verb: str, name: str, ask: Ask) -> ActionResult:
        try:
            message = await self.verbs[verb](name, ask)
        except RopewalkError as error:
            return _refused(name, error)
        return ActionResult(id=name, message=message, hint="", error="")

    # --- decisions -----------------------------------------------------------------------------

    async def _keep(self, name: str, ask: Ask) -> str:
        attempt, number = await self._references.attempt(name)
        action = self._journal.new("keep", ask.terminal)
        drafts = self._deciding.drafts(
            attempt,
            c.Keep,
            ask,
            action=action,
            number=number,
            others="keep" if ask.others == "keep" else "drop",
            reason=ask.reason,
        )
        await self._ledger.record(drafts)
        others = next(one.event.others for one in drafts if isinstance(one.event, e.Kept))
        gone = [alias(self._ledger.world, self._ledger.world.attempts[one]) for one in others]
        went = f"; {', '.join(gone)} went to the trash" if gone else ""
        return f"{name} is kept{went}. ropewalk undo takes it back."

    async def _drop(self, name: str, ask: Ask) -> str:
        attempt, _ = await self._references.attempt(name)
        await self._ledger.record(
            self._deciding.drafts(attempt, c.Drop, ask, action=ask.action, reason=ask.reason)
        )
        return f"{name} went to the trash. ropewalk undo takes it back."

    async def _merge(self, name: str, ask: Ask) -> str:
        attempt, number = await self._references.attempt(name)
        world = self._ledger.world
        task = world.tasks[attempt.task]
        target = ask.target or task.target
        if not target:
            raise Refused(
                f"{name} has no branch to merge into: it began from a detached HEAD.",
                hint=f"Name one: ropewalk merge {name} --target main",
            )
        mode = ask.mode or task.merge_mode
        if mode not in ("squash", "merge", "rebase"):
            raise Refused(f"“{mode}” is no way to merge.", hint="--mode squash, merge or rebase")
        message = ask.message or await self.message(attempt, number)
        action = self._journal.new("merge", ask.terminal)
        drafts = self._deciding.drafts(
            attempt,
            c.AskMerge,
            ask,
            action=action,
            number=number,
            target=target,
            mode=mode,
            message=Payload.of(message),
            unchecked=ask.unchecked,
        )
        await self._ledger.record(drafts)
        return f"Merging {name} into {target}."

    async def message(self, attempt: Attempt, number: int) -> str:
        """The proposed commit message for a version (0: the kept or newest one)."""
        world = self._ledger.world
        task = world.tasks[attempt.task]
        version = picked(world, attempt, number or attempt.kept)
        results = await self._results.of(task, version.tree)
        return merge_message(task, attempt, version, results, alias(world, attempt))

    async def _rebase(self, name: str, ask: Ask) -> str:
        attempt, _ = await self._references.attempt(name)
        if given := self._deciding.handed(attempt, ask):
            await self._ledger.record(given)
        return await self._rebase_one(attempt, ask.actor)

    async def _rewind(self, name: str, ask: Ask) -> str:
        attempt, _ = await self._references.attempt(name)
        turn, number = await self._turns.goal(attempt, ask.to)
        action = self._journal.new("rewind", ask.terminal)
        return await self._rewinding.set_back(attempt, ask.actor, action, turn=turn, number=number)

    # --- checks --------------------------------------------------------------------------------

    async def _check(self, name: str, ask: Ask) -> str:
        """Run the checks of the newest version once more."""
        attempt, number = await self._references.attempt(name)
        world = self._ledger.world
        version = picked(world, attempt, number)
        task = world.tasks[attempt.task]
        drafts = [
            e.Draft(
                event=e.EvidenceWanted(
                    key=found.key,
                    check=check,
                    commit=found.commit,
                    tree=found.tree,
                    environment=found.environment,
                    again=found.again + 1,
                ),
                project=task.project,
                task=task.id,
                actor=ask.actor,
                observed=self._ledger.clock.now(),
            )
            for check, found in self._results.evidence(task, version.tree)
            if found is not None and found.finished and (not ask.names or check.name in ask.names)
        ]
        if not task.checks:
            raise Refused(
                f"{name} has no checks.",
                hint="Name them in ropewalk.toml under [checks], and commit that.",
            )
        await self._ledger.record(self._deciding.reopened(attempt, ask) + drafts)
        return f"{name}'s checks run again." if drafts else f"{name}'s checks are running."


def _refused(name: str, error: RopewalkError) -> ActionResult:
    return ActionResult(id=name, message=error.message, hint=error.hint, error=error.code)

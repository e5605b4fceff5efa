"""Merging: a kept version comes into a branch by steps, each repeatable, the branch moved by compare-and-swap."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from ropewalk.core import events as e
from ropewalk.core import wanted as w
from ropewalk.core.conflicts import left_over
from ropewalk.core.errors import Bug, Conflict, RopewalkError
from ropewalk.core.lifecycle import alias, draft, dropped, reopened, siblings
from ropewalk.core.state import Attempt, Merge
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.refs import merge_ref, target_ref
from ropewalk.hub.results import Results
from ropewalk.ports import Built, Checkout, Repository


class Merging:
    """Does what merges want."""

    def __init__(
        self,
        ledger: Ledger,
        repository: Repository,
        checkout: Checkout,
        results: Results,
    ) -> None:
        """`results` says what the checks found."""
        self._ledger = ledger
        self._results = results
        self._repository = repository
        self._checkout = checkout

    def handlers(self) -> dict[type[w.Effect], Callable[..., Awaitable[None]]]:
        """As in Worker."""
        return {
            w.BuildMerge: self._build,
            w.CommitMerge: self._commit,
            w.MoveBranch: self._move,
        }

    def failed(self, effect: w.Effect, error: RopewalkError) -> Sequence[e.Draft]:
        """As in Worker: it bounces, and nothing was moved."""
        attempt, merge = self._of(effect.subject)
        return [self._bounce(attempt, merge, error.message, error.hint)]

    def _of(self, subject: str) -> tuple[Attempt, Merge]:
        attempt = self._ledger.world.attempts[subject]
        if attempt.merge is None:
            raise Bug(f"{subject} has no merge.")
        return attempt, attempt.merge

    def _draft(self, attempt: Attempt, event: e.Event, actor: str = "hub") -> e.Draft:
        return draft(attempt, event, actor=actor, now=self._ledger.clock.now())

    def _bounce(
        self,
        attempt: Attempt,
        merge: Merge,
        reason: str,
        hint: str = "",
        conflicts: tuple[str, ...] = (),
    ) -> e.Draft:
        event = e.MergeBounced(action=merge.action, reason=reason, hint=hint, conflicts=conflicts)
        return self._draft(attempt, event)

    # --- build ---------------------------------------------------------------------------------

    async def _build(self, effect: w.BuildMerge) -> None:
        attempt, merge = self._of(effect.subject)
        name = alias(self._ledger.world, attempt)
        root = self._ledger.world.projects[attempt.project].path
        version = next(one for one in attempt.versions if one.number == merge.number)
        onto = await asyncio.to_thread(self._checkout.resolve, root, f"refs/heads/{merge.target}")
        await asyncio.to_thread(
            self._repository.take_target,
            project=attempt.project,
            source=root,
            commit=onto,
            ref=target_ref(attempt.id, merge.action),
        )
        built = await asyncio.to_thread(
            self._repository.build,
            project=attempt.project,
            base=version.base,
            commit=version.commit,
            onto=onto,
            mode=merge.mode,
            message=await self._ledger.text(merge.message),
            ref=merge_ref(attempt.id, merge.action),
        )
        if built.conflicts:
            where = ", ".join(built.conflicts[:3]) + (" …" if len(built.conflicts) > 3 else "")
            reason = (
                f"{merge.target} moved since {name} began, and {name} now conflicts in {where}."
            )
            hint = f"{name}'s agent can resolve it: ropewalk rebase {name} · or look: ropewalk diff {name}"
            drafts = [self._bounce(attempt, merge, reason, hint, built.conflicts)]
        else:
            drafts = [await self._fit(attempt, merge, built)]
        await self._ledger.record(drafts)

    async def _fit(self, attempt: Attempt, merge: Merge, built: Built) -> e.Draft:
        """Whether what was built is worth bringing in: something, and no conflict that was left as it was."""
        name = alias(self._ledger.world, attempt)
        diff = await asyncio.to_thread(
            self._repository.diff, project=attempt.project, old=built.onto, new=built.commit
        )
        if not diff:
            reason = f"{merge.target} has everything that {name} changes already."
            return self._bounce(attempt, merge, reason, f"ropewalk drop {name}")
        if (marked := left_over(diff)) and not merge.unchecked:
            reason = f"{name} still has conflict markers in {', '.join(marked[:3])}."
            hint = (
                f'Tell its agent: ropewalk say {name} "Resolve the conflicts" · '
                f"merge all the same: ropewalk merge {name} --unchecked"
            )
            return self._bounce(attempt, merge, reason, hint, marked)
        event = e.MergeBuilt(
            action=merge.action, onto=built.onto, commit=built.commit, tree=built.tree
        )
        return self._draft(attempt, event)

    # --- judge ---------------------------------------------------------------------------------

    def cleared(self) -> list[w.CommitMerge]:
        """The merges that are built and whose required checks have ended (or were waived)."""
        world = self._ledger.world
        return [
            w.CommitMerge(subject=one.id, action=one.merge.action, onto=one.merge.onto)
            for one in world.attempts.values()
            if one.merge is not None
            and one.merge.step == "built"
            and (
                one.merge.unchecked
                or self._results.finished(world.tasks[one.task], one.merge.tree, required_only=True)
            )
        ]

    async def _refusal(self, attempt: Attempt, merge: Merge) -> e.Draft | None:
        task = self._ledger.world.tasks[attempt.task]
        words = await self._results.blockers(task, merge.tree)
        if not words:
            return None
        name = alias(self._ledger.world, attempt)
        reason = f"{name} on {merge.target} as it is now: {'; '.join(words)}."
        hint = f"Look: ropewalk show {name} · merge all the same: ropewalk merge {name} --unchecked"
        return self._bounce(attempt, merge, reason, hint)

    # --- land ----------------------------------------------------------------------------------

    async def _commit(self, effect: w.CommitMerge) -> None:
        attempt, merge = self._of(effect.subject)
        if not merge.unchecked and (refusal := await self._refusal(attempt, merge)):
            await self._ledger.record([refusal])
            return
        root = self._ledger.world.projects[attempt.project].path
        version = next(one for one in attempt.versions if one.number == merge.number)
        parents = [merge.onto, version.commit] if merge.mode == "merge" else [merge.onto]
        commit = await asyncio.to_thread(
            self._checkout.commit,
            root=root,
            project=attempt.project,
            commit=merge.built,
            parents=parents,
            message=await self._ledger.text(merge.message),
        )
        event = e.MergeCommitted(action=merge.action, commit=commit)
        await self._ledger.record([self._draft(attempt, event)])

    async def _move(self, effect: w.MoveBranch) -> None:
        attempt, merge = self._of(effect.subject)
        root = self._ledger.world.projects[attempt.project].path
        try:
            moved = await asyncio.to_thread(
                self._checkout.move,
                root=root,
                branch=merge.target,
                old=merge.onto,
                new=merge.commit,
            )
        except Conflict:
            await self._ledger.record([self._again(attempt, merge)])
            return
        event = e.Merged(
            action=merge.action,
            target=merge.target,
            before=merge.onto,
            after=merge.commit,
            checkout=moved,
        )
        now = self._ledger.clock.now()
        others = siblings(self._ledger.world, attempt)
        gone = dropped(others, merge.action, "another was merged", merge.by, now)
        await self._ledger.record([self._draft(attempt, event, merge.by), *gone])

    def _again(self, attempt: Attempt, merge: Merge) -> e.Draft:
        """The target moved under us: begin anew on where it is now."""
        event = e.MergeAsked(
            action=merge.action,
            number=merge.number,
            target=merge.target,
            mode=merge.mode,
            message=merge.message,
            unchecked=merge.unchecked,
        )
        return self._draft(attempt, event, merge.by)

    # --- undo ----------------------------------------------------------------------------------

    async def undo(self, attempt: Attempt, actor: str) -> str:
        """Move the branch back to before the merge, only while it is where we put it. Conflict otherwise."""
        merge = self._of(attempt.id)[1]
        root = self._ledger.world.projects[attempt.project].path
        try:
            await asyncio.to_thread(
                self._checkout.move,
                root=root,
                branch=merge.target,
                old=merge.commit,
                new=merge.onto,
            )
        except Conflict as moved:
            raise Conflict(
                f"{merge.target} moved on after the merge, so it cannot simply go back.",
                hint=f"Revert it in a new commit: git revert {merge.commit[:12]}",
            ) from moved
        event = e.MergeUndone(action=merge.action, target=merge.target, back_to=merge.onto)
        back = [
            self._draft(one, e.DecisionUndone(action=merge.action), actor)
            for one in self._ledger.world.of_task(attempt.task)
            if one.action == merge.action and one.id != attempt.id
        ]
        now = self._ledger.clock.now()
        open_again = reopened(self._ledger.world, {attempt.task}, actor, now)
        await self._ledger.record([*open_again, self._draft(attempt, event, actor), *back])
        return f"{merge.target} is back at {merge.onto[:7]}."

"""The versions of attempts: made when a turn ends, and held in the person's repository."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from ropewalk.core import events as e
from ropewalk.core import wanted as w
from ropewalk.core.errors import RopewalkError
from ropewalk.core.lifecycle import alias
from ropewalk.core.records import Version
from ropewalk.core.state import Attempt
from ropewalk.core.turns import kept_by_turn
from ropewalk.hub.activities import Activities
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.refs import kept_ref, version_ref
from ropewalk.ports import CheckoutWriter, Workspaces


class Versions:
    """Makes versions of what turns leave, and has the kept ones held."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        workspaces: Workspaces,
        checkout: CheckoutWriter,
        activities: Activities,
    ) -> None:
        """`activities` knows what an agent said last."""
        self._ledger = ledger
        self._workspaces = workspaces
        self._checkout = checkout
        self._activities = activities

    def handlers(self) -> dict[type[w.Effect], Callable[..., Awaitable[None]]]:
        """As in Worker."""
        return {w.Snapshot: self._snapshot, w.Hold: self._hold}

    def failed(self, effect: w.Effect, error: RopewalkError) -> Sequence[e.Draft]:
        """As in Worker."""
        attempt = self._ledger.world.attempts[effect.subject]
        if isinstance(effect, w.Hold):
            text = f"your repository holds no ref for it: {error.message}"
            held = e.Held(number=effect.number, ref="")
            return self._ledger.drafts(attempt, held, e.Noted(text=text))
        turn = effect.turn if isinstance(effect, w.Snapshot) else 0
        return self._ledger.drafts(attempt, e.SnapshotFailed(turn=turn, reason=error.message))

    async def _snapshot(self, effect: w.Snapshot) -> None:
        attempt = self._ledger.world.attempts[effect.subject]
        number = len(attempt.versions) + 1
        parent = attempt.version.commit if attempt.version else attempt.base
        name = alias(self._ledger.world, attempt)
        summary = await self._summary(attempt)
        shot = await self._workspaces.snapshot(
            id=attempt.id,
            project=attempt.project,
            base=attempt.base,
            parent=parent,
            ref=version_ref(attempt.id, number),
            message=summary.splitlines()[0] if summary else f"{name}, turn {effect.turn}",
        )
        await self._workspaces.keep(id=attempt.id, name=kept_by_turn(effect.turn))
        if shot.commit == parent:
            await self._ledger.tell(attempt, e.TurnLeftNothing(turn=effect.turn))
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
        await self._ledger.tell(attempt, e.VersionMade(change=change), *notes)

    async def _summary(self, attempt: Attempt) -> str:
        """What the agent said last in its turn, at most 2,000 characters."""
        return (await self._activities.words(attempt.id)).strip()[-2000:]

    async def _hold(self, effect: w.Hold) -> None:
        attempt = self._ledger.world.attempts[effect.subject]
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
        await self._ledger.tell(attempt, e.Held(number=effect.number, ref=ref if version else ""))

"""The desk: a person's own editor on an attempt's files; what they change becomes a version under their name."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence

from ropewalk.core import events as e
from ropewalk.core import wanted as w
from ropewalk.core.desk import Edits, began, conflicting
from ropewalk.core.errors import Conflict, Outside, Refused, RopewalkError
from ropewalk.core.lifecycle import alias, draft
from ropewalk.core.payload import Payload
from ropewalk.core.records import Version
from ropewalk.core.state import Attempt
from ropewalk.core.views import SCHEMA, DeskView
from ropewalk.hub.claims import Claims
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.refer import References
from ropewalk.hub.refs import edited_ref, version_ref
from ropewalk.hub.rewinding import Rewinding
from ropewalk.ports import Built, Desks, Laid, Repository, Snapshot, Workspaces

PATIENCE_S = 30.0
CLAIM_S = 10.0
DIFF_CHARS = 8_000
"""As much of a person's edits is told to the agent."""
MARKER = b"<<<<<<< "


class Desk:
    """Lays attempts on the desk, and takes edits from there. A worker of the scheduler."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        references: References,
        desks: Desks,
        repository: Repository,
        workspaces: Workspaces,
        rewinding: Rewinding,
        claims: Claims,
        done: Callable[[str], None],
    ) -> None:
        """`done` hears whose files are free again."""
        self._ledger = ledger
        self._references = references
        self._desks = desks
        self._repository = repository
        self._workspaces = workspaces
        self._rewinding = rewinding
        self._claims = claims
        self._done = done
        self._locks: dict[str, asyncio.Lock] = {}

    # --- asking --------------------------------------------------------------------------------

    async def open(self, attempt: Attempt, actor: str) -> DeskView:
        """Lay an attempt's files as they are on the desk, after what is edited there was brought home."""
        self._has_files(attempt)
        async with self._lock(attempt):
            said = await self._clear(attempt, actor)
            return await self._lay(attempt.id, said)

    async def done(self, attempt: Attempt, actor: str) -> DeskView:
        """Bring what the person edited into the attempt's files."""
        async with self._lock(attempt):
            laid = await self._laid(attempt)
            said = await self._bring(attempt, laid, actor)
            if not said:
                return self._view(attempt.id, laid, "Nothing was edited.")
            return await self._settled(attempt.id, laid, said)

    async def discard(self, attempt: Attempt, actor: str) -> DeskView:
        """Let go of what is edited; a ref of the store holds it."""
        async with self._lock(attempt):
            laid = await self._laid(attempt)
            ref = edited_ref(attempt.id, secrets.token_hex(6))
            edited = await self._edited(attempt, actor, ref)
            if conflict := conflicting(self._of(attempt.id).brought):
                left = e.EditsLeft(action=conflict.action, reason="the person let go of them")
                await self._tell(attempt.id, left, actor=actor)
            if edited:
                await asyncio.to_thread(self._desks.brought, project=attempt.project, commit=edited)
            laid = await self._put(attempt.id, laid.base, laid.base)
            return self._view(
                attempt.id, laid, f"The edits are gone from the desk; {ref} holds them."
            )

    def _has_files(self, attempt: Attempt) -> None:
        name = alias(self._ledger.world, attempt)
        if attempt.workspace != "ready" or attempt.decision in ("dropped", "merged"):
            hint = f"ropewalk resume {name}" if attempt.path else "ropewalk ls"
            raise Refused(f"{name} has no workspace now.", hint=hint)

    def _lock(self, attempt: Attempt) -> asyncio.Lock:
        return self._locks.setdefault(attempt.project, asyncio.Lock())

    async def _laid(self, attempt: Attempt) -> Laid:
        laid = await asyncio.to_thread(self._desks.laid, attempt.project)
        if laid is None or laid.attempt != attempt.id:
            name = alias(self._ledger.world, attempt)
            shown = f"shows {laid.alias}" if laid else "is empty"
            raise Refused(f"The desk {shown}, not {name}.", hint=f"ropewalk edit {name}")
        return laid

    async def _clear(self, attempt: Attempt, actor: str) -> str:
        """Bring home what is edited on the desk, whoever's files it shows."""
        laid = await asyncio.to_thread(self._desks.laid, attempt.project)
        if laid is None:
            return ""
        other, _ = await self._references.attempt(laid.alias)
        said = await self._bring(other, laid, actor)
        if said and other.id == attempt.id and self._of(other.id).bringing:
            raise Conflict(said, hint=f"Then: ropewalk edit {laid.alias}")
        return said

    async def _bring(self, attempt: Attempt, laid: Laid, actor: str) -> str:
        """What became of the edits, in words; empty: there are none."""
        ref = edited_ref(attempt.id, secrets.token_hex(6))
        edited = await self._edited(attempt, actor, ref)
        if not edited:
            return ""
        await self._may_come(attempt, laid, edited)
        action = f"edits-{secrets.token_hex(6)}"
        event = e.EditsBrought(action=action, base=laid.base, commit=edited)
        await self._tell(attempt.id, event, actor=actor)
        await asyncio.to_thread(self._desks.brought, project=attempt.project, commit=edited)
        return await self._arrived(attempt.id, action)

    async def _edited(self, attempt: Attempt, actor: str, ref: str) -> str:
        root = self._ledger.world.projects[attempt.project].path
        return await asyncio.to_thread(
            self._desks.edited, project=attempt.project, root=root, actor=actor, ref=ref
        )

    async def _may_come(self, attempt: Attempt, laid: Laid, edited: str) -> None:
        """Refused or Conflict: the edits on the desk cannot come into the attempt's files now."""
        name = laid.alias
        if attempt.workspace != "ready" or attempt.decision in ("dropped", "merged"):
            raise Refused(
                f"The desk holds edits of {name}, which has no workspace now.",
                hint=f"Bring it back with ropewalk undo, or let go of them: ropewalk edit {name} --discard",
            )
        if attempt.bringing or attempt.rewinding or attempt.merging:
            raise Conflict(f"The files of {name} are being worked on.", hint="Try again.")
        conflict = conflicting(attempt.brought)
        if conflict is None or conflict.onto != laid.base:
            return
        found = await asyncio.to_thread(
            self._repository.files, project=attempt.project, commit=edited, paths=conflict.paths
        )
        marked = [one for one, content in found.items() if content and _marked(content)]
        if marked:
            raise Conflict(
                f"There are conflict markers in {', '.join(marked)}.",
                hint=f"Resolve them in {laid.path}; then: ropewalk edit {name} --done",
            )

    async def _arrived(self, attempt: str, action: str) -> str:
        name = alias(self._ledger.world, self._of(attempt))
        end = self._ledger.clock.now() + PATIENCE_S
        while True:
            seen, one = self._ledger.durable, self._of(attempt)
            found = next(x for x in one.brought if x.action == action)
            if found.step != "asked":
                return self._said(name, found)
            left = end - self._ledger.clock.now()
            if one.state == "working" or left <= 0:
                return f"{name} is at work: your edits come in when its turn ends."
            await self._ledger.moved_past(seen, left)

    def _said(self, name: str, edits: Edits) -> str:
        if edits.step == "left":
            raise Outside(f"Your edits did not come into {name}: {edits.reason}", hint="Try again.")
        if edits.step == "conflict":
            return f"Your edits conflict with what {name}'s agent did, in {', '.join(edits.paths)}"
        if not edits.made:
            return f"{name} has your edits already."
        return (
            f"Your edits are {name}@{edits.made}; its checks run again, and its agent is told at its next "
            "turn."
        )

    async def _settled(self, attempt: str, laid: Laid, said: str) -> DeskView:
        """After edits were brought: the desk shows what came of it, unless they are still on their way."""
        if self._of(attempt).bringing:
            return self._view(attempt, laid, said)
        return await self._lay(attempt, said)

    async def _lay(self, key: str, said: str) -> DeskView:
        attempt = self._of(key)
        if conflict := conflicting(attempt.brought):
            laid = await self._put(key, conflict.merged, conflict.onto)
            more = "Nothing is overwritten. The desk shows both sides, between conflict markers."
            return self._view(key, laid, f"{said or self._said(laid.alias, conflict)}. {more}")
        commit = await self._now(attempt)
        return self._view(key, await self._put(key, commit, commit), said)

    async def _put(self, key: str, commit: str, base: str) -> Laid:
        attempt, world = self._of(key), self._ledger.world
        return await asyncio.to_thread(
            self._desks.lay,
            project=attempt.project,
            name=world.projects[attempt.project].name,
            attempt=key,
            alias=alias(world, attempt),
            commit=commit,
            base=base,
        )

    async def _now(self, attempt: Attempt) -> str:
        """A commit of the attempt's files as they are, also in the middle of a turn."""
        name = alias(self._ledger.world, attempt)
        if not await self._claims.wait(attempt.id, CLAIM_S):
            raise Conflict(f"{name}'s files are being worked on.", hint="Try again.")
        try:
            newest = attempt.version.commit if attempt.version else attempt.base
            ref = edited_ref(attempt.id, "shown")
            return (await self._shoot(attempt, newest, ref, f"{name} on the desk")).commit
        finally:
            self._claims.release(attempt.id)
            self._done(attempt.id)

    def _view(self, attempt: str, laid: Laid, said: str) -> DeskView:
        conflict = conflicting(self._of(attempt).brought)
        aside = f"The desk was half laid when something died; {laid.aside} holds what lay there."
        return DeskView(
            schema=SCHEMA,
            alias=laid.alias,
            path=laid.path,
            message=f"{said} {aside}".strip() if laid.aside else said,
            conflicts=list(conflict.paths) if conflict else [],
        )

    # --- effects -------------------------------------------------------------------------------

    def handlers(self) -> dict[type[w.Effect], Callable[..., Awaitable[None]]]:
        """As in Worker."""
        return {w.TakeEdits: self._take}

    def failed(self, effect: w.Effect, error: RopewalkError) -> Sequence[e.Draft]:
        """As in Worker."""
        attempt = self._of(effect.subject)
        action = attempt.bringing.action if attempt.bringing else ""
        event = e.EditsLeft(action=action, reason=error.message)
        return [draft(attempt, event, actor="hub", now=self._ledger.clock.now())]

    async def _take(self, effect: w.TakeEdits) -> None:
        """Merge the edits into the files as they are; what a call that died put there already is found."""
        attempt = self._of(effect.subject)
        edits = attempt.bringing
        if edits is None:
            return
        newest = attempt.version.commit if attempt.version else attempt.base
        shot = await self._shoot(attempt, newest, edited_ref(attempt.id, "found"), "found")
        built = await self._built(attempt, edits, newest)
        if built.conflicts or shot.tree != built.tree:
            if kept := await self._rewinding.kept(attempt):
                await self._tell(attempt.id, *kept)
                attempt, newest = self._of(attempt.id), kept[0].change.commit
                built = await self._built(attempt, edits, newest)
            if not built.conflicts:
                before = version_ref(attempt.id, len(attempt.versions) + 1) + "-before"
                await self._workspaces.replace(
                    id=attempt.id, project=attempt.project, commit=built.commit, ref=before
                )
        await self._tell(
            attempt.id, *await self._outcome(attempt, edits, built, newest), actor=edits.by
        )

    async def _built(self, attempt: Attempt, edits: Edits, onto: str) -> Built:
        return await asyncio.to_thread(
            self._repository.build,
            project=attempt.project,
            base=began(attempt.brought, edits),
            commit=edits.commit,
            onto=onto,
            mode="squash",
            message=f"Edited by {edits.by.removeprefix('person:')}",
            ref=edited_ref(attempt.id, f"{edits.action}-built"),
            author_of=edits.commit,
        )

    async def _outcome(
        self, attempt: Attempt, edits: Edits, built: Built, newest: str
    ) -> list[e.Event]:
        if built.conflicts:
            both = (built.onto, built.commit, built.conflicts)
            return [
                e.EditsConflicted(action=edits.action, onto=both[0], commit=both[1], paths=both[2])
            ]
        number = len(attempt.versions) + 1
        old = await self._tree(attempt, newest)
        if built.tree == old:
            return [e.EditsTaken(action=edits.action, number=0)]
        shot = await self._shoot(attempt, built.commit, version_ref(attempt.id, number), "edited")
        diff = await asyncio.to_thread(
            self._repository.diff, project=attempt.project, old=newest, new=shot.commit
        )
        cut = diff[:DIFF_CHARS] + ("\n(and more)\n" if len(diff) > DIFF_CHARS else "")
        return [
            e.VersionMade(change=_version(attempt, shot, edits)),
            e.EditsTaken(action=edits.action, number=number, diff=Payload.of(cut)),
        ]

    async def _tree(self, attempt: Attempt, commit: str) -> str:
        if attempt.version and attempt.version.commit == commit:
            return attempt.version.tree
        task = self._ledger.world.tasks[attempt.task]
        return task.base_tree if commit == task.base else ""

    async def _shoot(self, attempt: Attempt, parent: str, ref: str, message: str) -> Snapshot:
        return await self._workspaces.snapshot(
            id=attempt.id,
            project=attempt.project,
            base=attempt.base,
            parent=parent,
            ref=ref,
            message=message,
        )

    def _of(self, attempt: str) -> Attempt:
        return self._ledger.world.attempts[attempt]

    async def _tell(self, attempt: str, *events: e.Event, actor: str = "hub") -> None:
        now = self._ledger.clock.now()
        await self._ledger.record(
            [draft(self._of(attempt), x, actor=actor, now=now) for x in events]
        )


def _marked(content: bytes) -> bool:
    return any(one.startswith(MARKER) for one in content.splitlines())


def _version(attempt: Attempt, shot: Snapshot, edits: Edits) -> Version:
    return Version(
        number=len(attempt.versions) + 1,
        turn=attempt.turn,
        commit=shot.commit,
        tree=shot.tree,
        base=attempt.base,
        files=shot.files,
        added=shot.added,
        removed=shot.removed,
        paths=shot.paths,
        summary=f"Edited by {edits.by.removeprefix('person:')}",
        made="person",
    )

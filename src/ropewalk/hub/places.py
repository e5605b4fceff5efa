"""The workspaces of attempts: made, entered, moved to the trash and brought back."""

from collections.abc import Awaitable, Callable, Sequence

from ropewalk.core import events as e
from ropewalk.core import wanted as w
from ropewalk.core.errors import Refused, RopewalkError
from ropewalk.core.lifecycle import alias
from ropewalk.core.placeholders import Filling
from ropewalk.core.state import Attempt
from ropewalk.core.turns import kept_by_turn
from ropewalk.hub.boxing import Boxing
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.preparing import Preparing, Wanted
from ropewalk.hub.refs import version_ref
from ropewalk.hub.settingup import Hearer, SettingUp, Unwanted
from ropewalk.ports import Order, Place, Runs, Visit, Workspaces


class Places:
    """Gives attempts the workspaces that they want, and takes them away."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        runs: Runs,
        workspaces: Workspaces,
        preparing: Preparing,
        setting_up: SettingUp,
        boxing: Boxing,
    ) -> None:
        """`preparing` makes them ready; `setting_up` knows what their programs get, `boxing` what they are in."""
        self._boxing = boxing
        self._ledger = ledger
        self._runs = runs
        self._workspaces = workspaces
        self._preparing = preparing
        self._setting_up = setting_up

    def handlers(self) -> dict[type[w.Effect], Callable[..., Awaitable[None]]]:
        """As in Worker."""
        return {w.Prepare: self._prepare, w.Trash: self._trash, w.Restore: self._restore}

    def failed(self, effect: w.Effect, error: RopewalkError) -> Sequence[e.Draft]:
        """As in Worker."""
        attempt = self._ledger.world.attempts[effect.subject]
        if isinstance(effect, w.Prepare):
            return self._ledger.drafts(
                attempt, e.StartFailed(reason=error.message, hint=error.hint)
            )
        text = f"{type(effect).__name__} failed: {error.message}"
        return self._ledger.drafts(attempt, e.Noted(text=text))

    # --- making --------------------------------------------------------------------------------

    async def _prepare(self, effect: w.Prepare) -> None:
        attempt = self._ledger.world.attempts[effect.subject]
        try:
            place = await self._make(
                attempt, lambda: not self._ledger.world.attempts[attempt.id].stop
            )
        except Unwanted:
            return
        await self._ledger.tell(attempt, _prepared(place))
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
        hearer = Hearer(tell=lambda event: self._ledger.tell(attempt, event), wanted=needed)
        place = await self._preparing.workspace(task, wanted, hearer)
        if version := attempt.version:
            ref = version_ref(attempt.id, version.number) + "-before"
            await self._workspaces.replace(
                id=attempt.id, project=attempt.project, commit=version.commit, ref=ref
            )
        if not place.shared:
            await self._workspaces.keep(id=attempt.id, name=kept_by_turn(attempt.turn))
        return place

    # --- entering ------------------------------------------------------------------------------

    async def visit(self, attempt: Attempt) -> Visit:
        """The way into a workspace. Refused: it has none now."""
        name = alias(self._ledger.world, attempt)
        if attempt.workspace != "ready":
            hint = f"ropewalk resume {name}" if attempt.path else "ropewalk ls"
            raise Refused(f"{name} has no workspace now.", hint=hint)
        box = None
        if attempt.sandbox not in ("", "none"):
            task = self._ledger.world.tasks[attempt.task]
            ports = (attempt.port, task.setup.ports) if attempt.port else (0, 0)
            box = await self._boxing.box(task, "shell", ports=ports)
        return await self._runs.visit(attempt.id, box=box, path=attempt.path)

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

    # --- leaving -------------------------------------------------------------------------------

    async def _trash(self, effect: w.Trash) -> None:
        attempt = self._ledger.world.attempts[effect.subject]
        task = self._ledger.world.tasks[attempt.task]
        name, filling = self._filling(attempt)
        said = await self._preparing.tear_down(task, attempt.id, filling, name)
        await self._workspaces.trash(id=effect.subject)
        await self._ledger.tell(attempt, *said, e.WorkspaceTrashed())
        await self._preparing.torn_down(task, attempt.id)

    async def _restore(self, effect: w.Restore) -> None:
        attempt = self._ledger.world.attempts[effect.subject]
        if await self._workspaces.restore(id=attempt.id):
            place = await self._workspaces.prepare(
                Order(
                    id=attempt.id,
                    project=attempt.project,
                    base=attempt.base,
                    branch=attempt.branch,
                )
            )
            await self._ledger.tell(attempt, e.WorkspaceRestored(port=place.port))
            return
        made = _prepared(await self._make(attempt))
        await self._preparing.done(self._ledger.world.tasks[attempt.task], attempt.id)
        await self._ledger.tell(
            attempt, made, e.Noted(text="the trash was emptied: files of the last version are back")
        )


def _prepared(place: Place) -> e.WorkspacePrepared:
    return e.WorkspacePrepared(
        path=place.path, branch=place.branch, engine=place.engine, port=place.port
    )

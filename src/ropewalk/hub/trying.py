"""Trying: an attempt's state in the person's own checkout for a while."""

import asyncio

from ropewalk.core.errors import NotFound, Refused
from ropewalk.core.lifecycle import alias, picked
from ropewalk.core.state import Attempt
from ropewalk.core.views import SCHEMA, TrialView
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.refs import target_ref
from ropewalk.ports import Checkout, Repository, Trials


class Trying:
    """Begins and ends trials, one at a time."""

    def __init__(
        self, ledger: Ledger, repository: Repository, checkout: Checkout, trials: Trials
    ) -> None:
        """`trials` writes into checkouts."""
        self._ledger = ledger
        self._repository = repository
        self._checkout = checkout
        self._trials = trials
        self._lock = asyncio.Lock()

    async def begin(self, attempt: Attempt, number: int) -> TrialView:
        """Show a version (0: the newest) on top of the checkout's HEAD. Refused: it would not fit."""
        async with self._lock:
            return await asyncio.to_thread(self._begin, attempt, number)

    def _begin(self, attempt: Attempt, number: int) -> TrialView:
        world = self._ledger.world
        version = picked(world, attempt, number)
        root = world.projects[attempt.project].path
        name = f"{alias(world, attempt)}@{version.number}"
        head = self._checkout.resolve(root, "HEAD")
        ref = target_ref(attempt.id, "try")
        project = attempt.project
        self._repository.take_target(project=project, source=root, commit=head, ref=ref)
        built = self._repository.build(
            project=project,
            base=version.base,
            commit=version.commit,
            onto=head,
            mode="squash",
            message=f"{name}, tried",
            ref=f"{ref}-built",
        )
        if built.conflicts:
            raise Refused(
                f"{name} conflicts with your checkout in {', '.join(built.conflicts)}",
                hint=f"ropewalk rebase {alias(world, attempt)}",
            )
        paths = self._trials.begin(root=root, project=project, commit=built.commit, name=name)
        said = f"{root} shows {name}, as uncommitted changes of {_many(paths)}."
        return TrialView(schema=SCHEMA, message=said, root=root, paths=paths)

    async def back(self, project: str) -> TrialView:
        """Take back what is tried in a project's checkout. Refused: the person changed it meanwhile."""
        known = self._ledger.world.projects.get(project)
        if known is None:
            raise NotFound("Nothing is tried here.", hint="ropewalk try 7.2")
        async with self._lock:
            name, paths = await asyncio.to_thread(self._trials.back, root=known.path)
        said = f"{name} is taken back: {_many(paths)} as before."
        return TrialView(schema=SCHEMA, message=said, root=known.path, paths=paths)


def _many(paths: list[str]) -> str:
    return f"{len(paths)} file{'' if len(paths) == 1 else 's'}"

"""Versions and forks as every face shows them."""

from ropewalk.core.lifecycle import alias
from ropewalk.core.records import Version
from ropewalk.core.state import Attempt, World
from ropewalk.core.turns import made_by
from ropewalk.core.views import ForkView, VersionView


def version_view(attempt: Attempt, one: Version) -> VersionView:
    """A version; `note` says what led to it where no turn did."""
    return VersionView(
        number=one.number,
        turn=one.turn,
        commit=one.commit,
        tree=one.tree,
        files=one.files,
        added=one.added,
        removed=one.removed,
        summary=one.summary,
        made=one.made,
        note=made_by(attempt, one),
    )


def fork_view(world: World, attempt: Attempt) -> ForkView | None:
    """Where an attempt comes from; None where it began from the base by itself."""
    fork = attempt.fork
    if fork is None:
        return None
    origin = world.attempts.get(fork.attempt)
    name = alias(world, origin) if origin else fork.attempt
    return ForkView(of=name, turn=fork.turn, version=fork.number)

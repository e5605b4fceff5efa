"""What the scheduler needs of those who do effects."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Protocol

from ropewalk.core import events as e
from ropewalk.core.errors import RopewalkError
from ropewalk.core.wanted import Effect, RunCheck


class Worker(Protocol):
    """Who does effects of some kinds."""

    def handlers(self) -> dict[type[Effect], Callable[..., Awaitable[None]]]:
        """For each kind of effect, what does it."""
        ...

    def failed(self, effect: Effect, error: RopewalkError) -> Sequence[e.Draft]:
        """The events that say that an effect was given up."""
        ...


class Evidencer(Protocol):
    """Who knows which evidence is missing."""

    async def missing(self, tasks: Collection[str]) -> list[e.Draft]:
        """Events for evidence that some tree of these tasks wants and nobody asked for yet."""
        ...

    def runnable(self) -> Iterable[RunCheck]:
        """Checks that may run now, within the limits."""
        ...


class Merger(Protocol):
    """Who knows which merges may go on."""

    def cleared(self) -> Iterable[Effect]:
        """Merges whose evidence is complete."""
        ...

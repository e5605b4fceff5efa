"""Keys: the variables that people hand over for agents. Their values are in memory only, their names in the record."""

import asyncio
from collections.abc import Mapping, Sequence

from ropewalk.core.errors import Refused
from ropewalk.core.records import Agent
from ropewalk.core.state import Attempt
from ropewalk.ports import Secrets


class Keys:
    """Knows the values by task, as long as this hub lives and the task is open."""

    def __init__(self, environ: Mapping[str, str], secrets: Secrets) -> None:
        """A value that nobody handed over is taken from the hub's own `environ`, then from what is kept."""
        self._environ = environ
        self._secrets = secrets
        self._handed: dict[str, dict[str, str]] = {}

    def hand(self, task: str, agents: Sequence[Agent], given: Mapping[str, str]) -> None:
        """Keep those variables that an agent of the task asks for by name; what came before is replaced.

        An empty value says that there shall be none.
        """
        named = {name for one in agents for name in one.passes}
        kept = {name: value for name, value in given.items() if name in named}
        if kept:
            self._handed[task] = {**self._handed.get(task, {}), **kept}

    def forget(self, task: str) -> None:
        """The task is closed."""
        self._handed.pop(task, None)

    def names(self, task: str, agent: Agent) -> tuple[str, ...]:
        """What an agent gets of what it asks for."""
        own, here = self._handed.get(task, {}), self._here()
        return tuple(x for x in agent.passes if own.get(x, x in here))

    async def of(self, task: str, agent: Agent) -> dict[str, str]:
        """The same with the values. Outside, NotFound: one that is kept cannot be had now."""
        own = {**self._environ, **self._handed.get(task, {})}
        return {
            name: own.get(name) or await asyncio.to_thread(self._secrets.value, name)
            for name in self.names(task, agent)
        }

    def missing(self, attempt: Attempt) -> tuple[str, ...]:
        """The variables that an attempt was promised and that nobody has now."""
        has = self._handed.get(attempt.task, {}).keys() | self._here()
        return tuple(x for x in attempt.keys if x not in has)

    def _here(self) -> set[str]:
        """What the hub has of its own accord."""
        kept = {one.name for one in self._secrets.all()}
        return kept | {name for name, value in self._environ.items() if value}

    def require(self, attempt: Attempt, name: str) -> None:
        """Refused: the attempt (`name` to a person) would start without what it was promised."""
        if not (missing := self.missing(attempt)):
            return
        listed = ", ".join(missing)
        is_set = "is" if len(missing) == 1 else "are"
        without = " ".join(f"{one}=" for one in missing)
        raise Refused(
            f"The hub no longer has {listed}, which {name} was to get: "
            "it keeps such values in memory only.",
            hint=f"Where {listed} {is_set} set: ropewalk resume {name} · "
            f"to keep it for good: ropewalk secret set {missing[0]} · "
            f"to go on without: {without} ropewalk resume {name}",
        )

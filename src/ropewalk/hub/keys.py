"""Keys: the variables that people hand over for agents. Their values are in memory only, their names in the record."""

from collections.abc import Mapping, Sequence

from ropewalk.core.errors import Refused
from ropewalk.core.records import Agent
from ropewalk.core.state import Attempt


class Keys:
    """Knows the values by task, as long as this hub lives and the task is open."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """`environ` is the hub's own environment, where a value is taken from that nobody handed over."""
        self._environ = environ
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

    def of(self, task: str, agent: Agent) -> dict[str, str]:
        """What an agent gets of what it asks for."""
        own = self._handed.get(task, {})
        found = {name: own.get(name, self._environ.get(name, "")) for name in agent.passes}
        return {name: value for name, value in found.items() if value}

    def missing(self, attempt: Attempt) -> tuple[str, ...]:
        """The variables that an attempt was promised and that nobody has now."""
        own = self._handed.get(attempt.task, {})
        return tuple(x for x in attempt.keys if x not in own and not self._environ.get(x))

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
            f"to go on without: {without} ropewalk resume {name}",
        )

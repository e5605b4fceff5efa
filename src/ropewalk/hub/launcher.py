"""The launcher: what knows how agents are started and what they speak."""

from typing import Protocol

from ropewalk.core.records import Agent
from ropewalk.wire.dialect import Dialect


class Launcher(Protocol):
    """Knows agents: their protocol, and how to start them."""

    def dialect(self, agent: Agent, state: str = "") -> Dialect:
        """The dialect of an agent, fresh or from its dumped state."""
        ...

    def argv(self, agent: Agent, *, prompt: str, resume: bool, key: str) -> tuple[str, ...]:
        """The command line; `key` names the run. Refused: the prompt cannot travel that way."""
        ...

    def files(self, key: str) -> tuple[str, ...]:
        """The files that the command line of a run leads to, which its box has to show."""
        ...

    def ended(self, key: str) -> None:
        """A run is over: what was put aside for it (its prompt as a file) may go."""
        ...

    def carries(self, agent: Agent, prompt: str) -> None:
        """Refused: the prompt cannot travel to this agent. Nothing is made."""
        ...

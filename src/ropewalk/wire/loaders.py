"""Which dialect an agent speaks."""

from ropewalk.core.records import Agent
from ropewalk.wire import acp, plain
from ropewalk.wire.dialect import Loader


def loader(agent: Agent) -> Loader:
    """Makes the dialect of an agent, fresh or from its dumped state."""
    return acp.load if agent.kind == "acp" else plain.loader(agent.prompt_by)

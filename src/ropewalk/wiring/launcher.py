"""How agents are started: their dialects, and their command lines."""

from dataclasses import dataclass
from pathlib import Path

from ropewalk.agents import argv as agent_argv
from ropewalk.core.records import Agent
from ropewalk.wire.dialect import Dialect
from ropewalk.wire.loaders import loader


@dataclass(frozen=True, slots=True)
class Launcher:
    """Starts agents: their dialects, and their command lines."""

    prompts: Path

    def dialect(self, agent: Agent, state: str = "") -> Dialect:
        """As in hub.launcher.Launcher."""
        return loader(agent)(state)

    def files(self, key: str) -> tuple[str, ...]:
        """As in hub.launcher.Launcher."""
        path = self.prompts / f"{key}.txt"
        return (str(path),) if path.exists() else ()

    def ended(self, key: str) -> None:
        """As in hub.launcher.Launcher."""
        (self.prompts / f"{key}.txt").unlink(missing_ok=True)

    def argv(self, agent: Agent, *, prompt: str, resume: bool, key: str) -> tuple[str, ...]:
        """As in hub.launcher.Launcher."""
        file = ""
        if agent.kind == "command" and agent.prompt_by == "file":
            self.prompts.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self.prompts / f"{key}.txt"
            path.write_text(prompt, encoding="utf-8", errors="replace")
            file = str(path)
        return agent_argv.command(agent, prompt=prompt, file=file, again=resume)

    def carries(self, agent: Agent, prompt: str) -> None:
        """As in hub.launcher.Launcher."""
        agent_argv.command(agent, prompt=prompt, file="prompt.txt")

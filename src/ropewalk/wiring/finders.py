"""How a project's agents, checks and set-up are found."""

import shutil
import sys
from collections.abc import Sequence

from ropewalk.agents.find import Here, choose
from ropewalk.checks.discover import discover
from ropewalk.core.config import Config
from ropewalk.core.records import Agent, Check
from ropewalk.core.setup import Setup
from ropewalk.ports import RepositoryReader
from ropewalk.setup.find import find_setup as setup_of


def find_agents(
    specs: Sequence[str], count: int | None, config: Config, *, path: str, directory: str
) -> Sequence[Agent]:
    """As in hub.finders.AgentFinder."""
    return choose(specs, count, Here(config=config, path=path, directory=directory))


def find_checks(
    repository: RepositoryReader, project: str, commit: str, config: Config, path: str
) -> tuple[Check, ...]:
    """As in hub.finders.CheckFinder."""
    if config.checks:
        return config.checks
    names = repository.names(project=project, commit=commit)

    def show(name: str) -> bytes | None:
        return repository.files(project=project, commit=commit, paths=[name])[name]

    return discover(show, names, has=lambda module: bool(shutil.which(module, path=path)))


def find_setup(
    repository: RepositoryReader,
    project: str,
    commit: str,
    config: Config,
    path: str,
    *,
    proposing: bool = False,
) -> Setup:
    """As in hub.finders.SetupFinder."""
    names = repository.names(project=project, commit=commit)

    def show(name: str) -> bytes | None:
        return repository.files(project=project, commit=commit, paths=[name])[name]

    def which(program: str) -> bool:
        return bool(shutil.which(program, path=path))

    return setup_of(show, names, config, which, platform=sys.platform, proposing=proposing)

"""Finders: what knows which agents, checks and set-up there are for a project."""

from collections.abc import Sequence
from typing import Protocol

from ropewalk.core.config import Config
from ropewalk.core.records import Agent, Check
from ropewalk.core.setup import Setup
from ropewalk.ports import RepositoryReader


class AgentFinder(Protocol):
    """Finds the agents that were asked for."""

    def __call__(
        self, specs: Sequence[str], count: int | None, config: Config, *, path: str, directory: str
    ) -> Sequence[Agent]:
        """One profile an attempt, in order. `path` is the person's PATH. Refused, NotFound."""
        ...


class CheckFinder(Protocol):
    """Finds the checks of a project."""

    def __call__(
        self, repository: RepositoryReader, project: str, commit: str, config: Config, path: str
    ) -> tuple[Check, ...]:
        """From the configuration, else from the files of the commit."""
        ...


class SetupFinder(Protocol):
    """Finds what makes the workspaces of a project ready."""

    def __call__(
        self,
        repository: RepositoryReader,
        project: str,
        commit: str,
        config: Config,
        path: str,
        *,
        proposing: bool = False,
    ) -> Setup:
        """From the configuration, else from the files of the commit. `path` is the person's PATH. Refused.

        `proposing`: with what nobody asked for, but may want.
        """
        ...

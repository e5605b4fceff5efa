"""The parts of a hub: the adapters that wiring chose, and who the hub is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ropewalk.core.admission import Room
from ropewalk.hub.boxing import Sandbox
from ropewalk.hub.evidence import Judge
from ropewalk.hub.finders import AgentFinder, CheckFinder, SetupFinder
from ropewalk.hub.launcher import Launcher
from ropewalk.hub.projects import PersonConfig
from ropewalk.ports import (
    Bases,
    Checkout,
    Clock,
    Desks,
    Disk,
    Repository,
    Runs,
    Store,
    Trials,
    Workspaces,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The adapters that wiring chose, and what they know of this machine."""

    host: str
    store: Store
    clock: Clock
    runs: Runs
    workspaces: Workspaces
    bases: Bases
    disk: Disk
    repository: Repository
    checkout: Checkout
    desks: Desks
    trials: Trials
    launcher: Launcher
    judge: Judge
    agents: AgentFinder
    checks: CheckFinder
    setups: SetupFinder
    person: PersonConfig
    environ: Mapping[str, str]
    leave: Callable[[], Awaitable[None]]
    limits: Callable[[], Room]
    machine: Callable[[], list[tuple[str, Literal["ok", "note", "problem"], str, str]]]
    agents_found: Callable[[], list[str]]
    checks_at_once: int
    sandbox: Sandbox = field(default_factory=Sandbox)
    before: Callable[[], float] = lambda: 0.0
    keep_spools: bool = False
    idle_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this hub is."""

    version: str
    pid: int
    home: str
    started: float

"""Ports: what the hub needs from the outside. Each has a shipped fake and one contract suite.

Adapters implement them, `wiring` chooses, and nothing else knows which one it talks to. All methods
may raise `ropewalk.core.errors.Outside` (outside and retryable) or `Refused` (the person's, with a hint).
"""

from ropewalk.ports.checkout import (
    Brought,
    Checkout,
    CheckoutCopier,
    CheckoutReader,
    CheckoutWriter,
    Found,
    Source,
)
from ropewalk.ports.clock import Clock
from ropewalk.ports.disk import Cleared, Contents, Disk, Stranger, Usage
from ropewalk.ports.repository import Built, Counts, Repository, RepositoryReader
from ropewalk.ports.runs import Line, Run, Runs, RunSpec, Visit
from ropewalk.ports.secrets import Secret, Secrets
from ropewalk.ports.showing import Desks, Laid, Trials
from ropewalk.ports.store import Commit, Cursor, Loaded, Store
from ropewalk.ports.workspaces import Base, Bases, BroughtBack, Order, Place, Snapshot, Workspaces

__all__ = [
    "Base",
    "Bases",
    "Brought",
    "BroughtBack",
    "Built",
    "Checkout",
    "CheckoutCopier",
    "CheckoutReader",
    "CheckoutWriter",
    "Cleared",
    "Clock",
    "Commit",
    "Contents",
    "Counts",
    "Cursor",
    "Desks",
    "Disk",
    "Found",
    "Laid",
    "Line",
    "Loaded",
    "Order",
    "Place",
    "Repository",
    "RepositoryReader",
    "Run",
    "RunSpec",
    "Runs",
    "Secret",
    "Secrets",
    "Snapshot",
    "Source",
    "Store",
    "Stranger",
    "Trials",
    "Usage",
    "Visit",
    "Workspaces",
]

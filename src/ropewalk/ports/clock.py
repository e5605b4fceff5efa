"""Time."""

from typing import Protocol


class Clock(Protocol):
    """Time as the hub sees it."""

    def now(self) -> float:
        """Seconds since the epoch, wall clock."""
        ...

"""Waiting for a condition, with a time limit."""

import time
from collections.abc import Callable

PAUSE_S = 0.05


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until it holds. TimeoutError: it did not come so far in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(PAUSE_S)

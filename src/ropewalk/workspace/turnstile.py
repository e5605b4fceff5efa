"""A turnstile: many may make at once, but nobody makes while one cleans."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ropewalk.core.errors import Outside

PATIENCE_S = 5.0


class Turnstile:
    """Threads of one process pass it."""

    def __init__(self) -> None:
        """Nobody is inside."""
        self._changed = threading.Condition()
        self._making = 0
        self._cleaning = False

    @contextmanager
    def making(self) -> Iterator[None]:
        """Together with others who make. Not to be entered twice by one thread."""
        with self._changed:
            self._changed.wait_for(lambda: not self._cleaning)
            self._making += 1
        try:
            yield
        finally:
            with self._changed:
                self._making -= 1
                self._changed.notify_all()

    @contextmanager
    def cleaning(self) -> Iterator[None]:
        """Alone, and short. Makers go first. Outside: something was being made all the time."""
        with self._changed:
            if not self._changed.wait_for(self._is_empty, timeout=PATIENCE_S):
                raise Outside("A workspace is being made now.", hint="Try again.")
            self._cleaning = True
        try:
            yield
        finally:
            with self._changed:
                self._cleaning = False
                self._changed.notify_all()

    def _is_empty(self) -> bool:
        return not (self._making or self._cleaning)

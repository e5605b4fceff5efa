"""The runner's event loop: descriptors and a handful of named timers, one thread."""

import selectors
import time
from collections.abc import Callable

READ = selectors.EVENT_READ
WRITE = selectors.EVENT_WRITE


class Loop:
    """Calls back when a descriptor is ready or a time has come."""

    def __init__(self) -> None:
        """An empty loop."""
        self._selector = selectors.DefaultSelector()
        self._timers: dict[str, tuple[float, Callable[[], None]]] = {}
        self._running = True

    def watch(self, fd: int, events: int, callback: Callable[[int], None]) -> None:
        """Watch a descriptor for READ and WRITE; 0 lets go of it. Replaces what was asked before."""
        known = self._selector.get_map().get(fd)
        if not events:
            if known:
                self._selector.unregister(fd)
        elif not known:
            self._selector.register(fd, events, callback)
        elif known.events != events or known.data != callback:
            self._selector.modify(fd, events, callback)

    def after(self, name: str, seconds: float, callback: Callable[[], None]) -> None:
        """Call back once; a timer of the same name is replaced."""
        self._timers[name] = (time.monotonic() + seconds, callback)

    def pending(self, name: str) -> bool:
        """Whether a timer of this name waits."""
        return name in self._timers

    def cancel(self, name: str) -> None:
        """Forget a timer."""
        self._timers.pop(name, None)

    def stop(self) -> None:
        """End `run` after the present round."""
        self._running = False

    def run(self) -> None:
        """Work until `stop`."""
        while self._running:
            for key, events in self._selector.select(self._patience()):
                if key.fd in self._selector.get_map():
                    key.data(events)
            now = time.monotonic()
            for name, (due, callback) in list(self._timers.items()):
                if due <= now and self._timers.get(name) == (due, callback):
                    del self._timers[name]
                    callback()

    def _patience(self) -> float | None:
        if not self._timers:
            return None
        return max(0.0, min(due for due, _ in self._timers.values()) - time.monotonic())

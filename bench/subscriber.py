"""A live subscriber: what a face sees, and how late."""

import threading
import time
from contextlib import suppress

from bench.numbered import emitted
from ropewalk.client.hub import Hub
from ropewalk.core.errors import RopewalkError


class Subscriber:
    """Follows all events in a thread of its own until the stream ends."""

    def __init__(self, home: str, after: int) -> None:
        """Connects at once; `after` is the newest event that is not wanted."""
        self.delays: list[float] = []
        self._rests: dict[str, str] = {}
        self._stream = Hub(home).events("", after=after, follow=True)
        self._thread = threading.Thread(target=self._follow, name="subscriber", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        with suppress(RopewalkError, OSError):
            for event in self._stream:
                if event["tag"] == "text.added":
                    self._take(event["attempt"], event["body"]["text"].get("text", ""))

    def _take(self, attempt: str, text: str) -> None:
        now = time.time()
        *whole, rest = (self._rests.get(attempt, "") + text).split("\n")
        self._rests[attempt] = rest
        self.delays += [now - when for when in emitted("\n".join([*whole, ""]))]

    def percentile(self, share: float) -> float:
        """The delay from writing to seeing, in milliseconds, that this share of lines keeps below."""
        found = sorted(self.delays)
        return found[min(len(found) - 1, int(len(found) * share))] * 1000 if found else 0.0

"""What was decided to be written to a run and is not known to be in its spool yet, in order."""

import base64
import json
from collections import deque
from collections.abc import Sequence

from ropewalk.wire.dialect import Send

WRITE_LIMIT = 1024 * 1024
"""The runner takes at most this many bytes in one write."""


class Outbox:
    """A queue of writes. `spooled` is how many bytes of input the spool is known to hold.

    The newest `held` of them are not durable yet and must not be written.
    """

    def __init__(self, waiting: Sequence[Send] = (), spooled: int = 0) -> None:
        """As it was dumped."""
        self.waiting = deque(waiting)
        self.spooled = spooled
        self.held = 0
        self._new = 0

    @property
    def head(self) -> Send | None:
        """The next to be written: either bytes or the end of the input."""
        return self.waiting[0] if len(self.waiting) > self.held else None

    def add(self, sends: Sequence[Send]) -> None:
        """Queue writes, each as parts that one write can carry; the end of the input is a part of its own.

        They are held until they are released.
        """
        before = len(self.waiting)
        for send in sends:
            for place, start in enumerate(range(0, len(send.data), WRITE_LIMIT)):
                part = send.data[start : start + WRITE_LIMIT]
                self.waiting.append(Send(id=f"{send.id}#{place}" if place else send.id, data=part))
            if send.close:
                self.waiting.append(Send(id=f"{send.id}#end", data=b"", close=True))

        self.held += len(self.waiting) - before
        self._new += len(self.waiting) - before

    def put_down(self) -> int:
        """How many were added since this was asked last: so many become durable with the next commit."""
        count, self._new = self._new, 0
        return count

    def release(self, count: int) -> None:
        """The oldest `count` of those that were held are durable."""
        self.held = max(0, self.held - count)

    def acknowledge(self, key: str, spooled: int) -> None:
        """The spool holds a write, and `spooled` bytes in all."""
        self.spooled = max(self.spooled, spooled)
        if self.waiting and self.waiting[0].id == key:
            self.waiting.popleft()

    def clear(self) -> None:
        """Nothing can be written any more."""
        self.waiting.clear()
        self.held = self._new = 0

    def dump(self) -> str:
        """As JSON, for the cursor."""
        waiting = [
            [one.id, base64.b64encode(one.data).decode("ascii"), one.close] for one in self.waiting
        ]
        return json.dumps({"spooled": self.spooled, "waiting": waiting})

    @classmethod
    def load(cls, text: str) -> "Outbox":
        """What `dump` wrote; an empty list is an empty outbox."""
        body = json.loads(text) or {"spooled": 0, "waiting": []}
        waiting = [
            Send(id=key, data=base64.b64decode(data), close=close)
            for key, data, close in body["waiting"]
        ]
        return cls(waiting, body["spooled"])

"""Routes: waiting for attempts, and following events."""

import json
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ropewalk.api.answers import Json
from ropewalk.api.bodies import MOST, WAIT_S, number, word
from ropewalk.api.events import event_view
from ropewalk.core.errors import Outside, Refused
from ropewalk.core.views import SCHEMA
from ropewalk.hub.hub import Hub

HEARTBEAT_S = 10.0
PAGE = 1000
FOLLOWERS = 512
"""How many streams of events are served at once: each costs a look at the store for every event."""


class FollowingRoutes:
    """What lasts as long as somebody listens."""

    def __init__(self, hub: Hub) -> None:
        """Serves this hub."""
        self._hub = hub

    async def wait(self, request: Request) -> Response:
        """Wait until all of some attempts came so far; at most a minute a call."""
        query = request.query_params
        until = query.get("for", "ended")
        timeout = number(query, "timeout_s", 30.0, most=WAIT_S)
        arrived = self._arrived(until)
        keys = [
            attempt.id
            for one in word(query, "of").split(",")
            for attempt in await self._hub.references.attempts(one)
        ]
        done = await self._until(lambda: all(arrived(one) for one in keys), timeout)
        world = self._hub.ledger.world
        views = [self._hub.reading.attempt(world.attempts[one]) for one in keys]
        return Json({"schema": SCHEMA, "done": done, "attempts": views})

    def _arrived(self, until: str) -> Callable[[str], bool]:
        world, results = self._hub.ledger.world, self._hub.results

        def ended(key: str) -> bool:
            return world.attempts[key].settled

        def checked(key: str) -> bool:
            one = world.attempts[key]
            task = world.tasks[one.task]
            if not ended(key):
                return False
            if one.version is None or one.decision in ("dropped", "merged"):
                return True
            judged = any(edits.number == one.version.number for edits in one.edits)
            trees = [
                one.version.tree,
                *(x.tree for x in one.edits if x.tree and x.number == one.version.number),
            ]
            return judged and all(
                results.finished(task, tree, required_only=place > 0)
                for place, tree in enumerate(trees)
            )

        def decided(key: str) -> bool:
            return world.attempts[key].decision != "none"

        kinds = {"ended": ended, "checked": checked, "decided": decided}
        if until not in kinds:
            raise Refused(
                f"“{until}” is nothing to wait for.", hint="--for ended, checked or decided"
            )
        return kinds[until]

    async def _until(self, arrived: Callable[[], bool], seconds: float) -> bool:
        ledger = self._hub.ledger
        end = ledger.clock.now() + seconds
        while not arrived():
            seen, left = ledger.durable, end - ledger.clock.now()
            if left <= 0 or not await ledger.moved_past(seen, left):
                return arrived()
        return True

    async def events(self, request: Request) -> Response:
        """Events as JSON lines, followed on demand."""
        query = request.query_params
        attempt = task = ""
        if of := query.get("of", ""):
            found = await self._hub.references.task(of)
            task = found.id
            if "." in of or of in self._hub.ledger.world.attempts:
                attempt = (await self._hub.references.attempt(of))[0].id
        after = int(number(query, "after", 0, most=MOST))
        limit = int(number(query, "limit", 0, most=MOST)) or None
        follow = query.get("follow") == "1"
        if follow and self._hub.idling.clients >= FOLLOWERS:
            raise Outside(f"{FOLLOWERS} clients follow the hub already.", hint="Try again later.")
        lines = self._lines(after, attempt, task, limit, follow=follow)
        return StreamingResponse(lines, media_type="application/x-ndjson")

    async def _lines(
        self, after: int, attempt: str, task: str, limit: int | None, *, follow: bool
    ) -> AsyncIterator[bytes]:
        ledger = self._hub.ledger
        self._hub.idling.clients += follow
        try:
            while limit is None or limit > 0:
                page = min(limit or PAGE, PAGE)
                end = ledger.durable
                found = await ledger.after(after, attempt=attempt, task=task, limit=page)
                if found:
                    views = [event_view(ledger.world, one) for one in found]
                    yield b"".join(json.dumps(one).encode() + b"\n" for one in views)
                    limit = None if limit is None else limit - len(found)
                    after = found[-1].seq
                    continue
                after = max(after, end)
                if not follow:
                    return
                if not await ledger.moved_past(after, HEARTBEAT_S):
                    yield b"\n"
        finally:
            self._hub.idling.clients -= follow

"""Routes: where a person looks at the files of an attempt."""

from starlette.requests import Request
from starlette.responses import Response

from ropewalk.api.answers import Json
from ropewalk.api.bodies import MOST, WAIT_S, number, read_body, text_field
from ropewalk.core.errors import Refused
from ropewalk.core.views import SCHEMA, ServerLog, VisitView
from ropewalk.hub.hub import Hub


class PlaceRoutes:
    """Workspaces, the desk, trials and servers."""

    def __init__(self, hub: Hub) -> None:
        """Serves this hub."""
        self._hub = hub

    async def visit(self, request: Request) -> Response:
        """The way into an attempt's workspace."""
        attempt, _ = await self._hub.references.attempt(request.path_params["reference"])
        way = await self._hub.places.visit(attempt)
        found: VisitView = {
            "schema": SCHEMA,
            "argv": list(way.argv),
            "pipe": way.pipe,
            "path": attempt.path,
            "environment": self._hub.places.own_variables(attempt),
        }
        return Json(found)

    async def desk(self, request: Request) -> Response:
        """Lay an attempt on the desk, or bring edits from there."""
        self._hub.idling.needed()
        attempt, _ = await self._hub.references.attempt(request.path_params["reference"])
        body = await read_body(request.stream())
        desk = self._hub.desk
        deeds = {"open": desk.open, "done": desk.done, "discard": desk.discard}
        deed = text_field(body, "deed", "open")
        if deed not in deeds:
            raise Refused(f"A desk cannot be told to {deed}.", hint="open, done or discard")
        return Json(await deeds[deed](attempt, f"person:{text_field(body, 'actor', 'person')}"))

    async def trial(self, request: Request) -> Response:
        """Show an attempt in the person's checkout, or take it back."""
        self._hub.idling.needed()
        body = await read_body(request.stream())
        if name := text_field(body, "attempt", ""):
            attempt, version = await self._hub.references.attempt(name)
            return Json(await self._hub.trying.begin(attempt, version))
        project = await self._hub.projects.key_of(text_field(body, "directory"))
        return Json(await self._hub.trying.back(project))

    async def server(self, request: Request) -> Response:
        """Start, stop or restart an attempt's server."""
        self._hub.idling.needed()
        attempt, _ = await self._hub.references.attempt(request.path_params["reference"])
        body = await read_body(request.stream())
        serving = self._hub.serving
        deeds = {"start": serving.start, "stop": serving.stop, "restart": serving.restart}
        deed = text_field(body, "deed", "start")
        if deed not in deeds:
            raise Refused(f"A server cannot be told to {deed}.", hint="start, stop or restart")
        found = await deeds[deed](attempt.id, f"person:{text_field(body, 'actor', 'person')}")
        return Json(self._hub.reading.attempt(found))

    async def server_log(self, request: Request) -> Response:
        """What an attempt's server said."""
        query = request.query_params
        attempt, _ = await self._hub.references.attempt(request.path_params["reference"])
        after = int(number(query, "after", 0, most=MOST))
        seconds = number(query, "wait_s", 0.0, most=WAIT_S)
        text, end, live = await self._hub.serving.log(attempt, after, seconds)
        return Json(ServerLog(schema=SCHEMA, text=text, next=end, live=live))

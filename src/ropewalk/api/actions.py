"""Routes: what a person does to attempts, and takes back."""

from starlette.requests import Request
from starlette.responses import Response

from ropewalk.api.answers import Json
from ropewalk.api.bodies import ask, read_body, text_field, word
from ropewalk.core.lifecycle import alias
from ropewalk.core.views import SCHEMA, Acted
from ropewalk.hub.hub import Hub


class ActionRoutes:
    """Verbs, and undo."""

    def __init__(self, hub: Hub) -> None:
        """Serves this hub."""
        self._hub = hub

    async def act(self, request: Request) -> Response:
        """A verb on several ids."""
        self._hub.idling.needed()
        body = await read_body(request.stream())
        asked = ask(body)
        seq = self._hub.ledger.durable
        ids = [str(one) for one in body.get("ids") or []]
        if body.get("all"):
            project = await self._hub.projects.key_of(text_field(body, "directory"))
            ids += await self._living(project)
        results = await self._hub.actions.act(request.path_params["verb"], ids, asked)
        return Json(Acted(schema=SCHEMA, results=results, seq=seq))

    async def _living(self, project: str) -> list[str]:
        world = self._hub.ledger.world
        return [
            alias(world, one)
            for one in world.attempts.values()
            if one.project == project
            and (one.state != "ended" or one.process == "alive" or one.serving)
        ]

    async def draft(self, request: Request) -> Response:
        """The proposed commit message."""
        attempt, number = await self._hub.references.attempt(request.path_params["reference"])
        message = await self._hub.actions.message(attempt, number)
        return Json({"schema": SCHEMA, "message": message})

    async def undoable(self, request: Request) -> Response:
        """What undo would take back."""
        query = request.query_params
        project = await self._hub.projects.key_of(word(query, "directory"))
        await self._hub.references.recent(project)
        actor = f"person:{query.get('actor') or 'person'}"
        terminal = query.get("terminal", "")
        found = await self._hub.journal.last(project, actor, terminal)
        await self._hub.references.of_action(project, found["action"])
        found = await self._hub.journal.last(project, actor, terminal)
        return Json(found)

    async def undo(self, request: Request) -> Response:
        """Take an action back."""
        body = await read_body(request.stream())
        project = await self._hub.projects.key_of(text_field(body, "directory"))
        actor = f"person:{text_field(body, 'actor', 'person')}"
        action = text_field(body, "action")
        await self._hub.references.of_action(project, action)
        seq = self._hub.ledger.durable
        said = await self._hub.journal.undo(project, action, actor)
        result = {"id": action, "message": said, "hint": "", "error": ""}
        return Json({"schema": SCHEMA, "results": [result], "seq": seq})

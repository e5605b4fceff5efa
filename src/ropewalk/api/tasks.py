"""Routes: tasks and their attempts, made and shown."""

from starlette.requests import Request
from starlette.responses import Response

from ropewalk.api.answers import Json
from ropewalk.api.bodies import (
    new_adoption,
    new_fork,
    new_starter,
    new_task,
    read_body,
    text_field,
    word,
)
from ropewalk.core.views import SCHEMA
from ropewalk.hub.hub import Hub


class TaskRoutes:
    """Tasks, made and shown."""

    def __init__(self, hub: Hub) -> None:
        """Serves this hub."""
        self._hub = hub

    async def create(self, request: Request) -> Response:
        """A new task."""
        self._hub.idling.needed()
        new = new_task(await read_body(request.stream()))
        task = await self._hub.tasks.create(new)
        return Json(self._hub.reading.task(task))

    async def consent(self, request: Request) -> Response:
        """The person agrees to something."""
        body = await read_body(request.stream())
        actor = f"person:{text_field(body, 'actor', 'person')}"
        source = await self._hub.projects.source(text_field(body, "directory"))
        project = await self._hub.projects.of(source, actor)
        subject, digest = text_field(body, "subject"), text_field(body, "digest")
        await self._hub.projects.agree(project, subject, digest, actor)
        return Json({"schema": SCHEMA})

    async def init(self, request: Request) -> Response:
        """A first configuration from what the repository holds; written if asked."""
        self._hub.idling.needed()
        wish = new_starter(await read_body(request.stream()))
        return Json(await self._hub.starters.make(wish))

    async def fork(self, request: Request) -> Response:
        """A new attempt that goes on from the files of one."""
        self._hub.idling.needed()
        new = new_fork(await read_body(request.stream()), request.path_params["reference"])
        return Json(self._hub.reading.attempt(await self._hub.forking.fork(new)))

    async def adopt(self, request: Request) -> Response:
        """An attempt made of a worktree or branch."""
        self._hub.idling.needed()
        new = new_adoption(await read_body(request.stream()))
        return Json(self._hub.reading.attempt(await self._hub.adopting.adopt(new)))

    async def board(self, request: Request) -> Response:
        """What `ls` shows."""
        self._hub.idling.needed()
        everything = request.query_params.get("all") == "1"
        project = (
            ""
            if everything
            else await self._hub.projects.key_of(word(request.query_params, "directory"))
        )
        return Json(await self._hub.reading.board(project, everything=everything))

    async def task(self, request: Request) -> Response:
        """One task."""
        task = await self._hub.references.task(request.path_params["reference"])
        return Json(self._hub.reading.task(task))

    async def attempt(self, request: Request) -> Response:
        """One attempt."""
        attempt, _ = await self._hub.references.attempt(request.path_params["reference"])
        await self._hub.activities.words(attempt.id)
        return Json(self._hub.reading.attempt(attempt))

    async def turns(self, request: Request) -> Response:
        """The turns of an attempt."""
        attempt, _ = await self._hub.references.attempt(request.path_params["reference"])
        return Json(await self._hub.turns.list(attempt))

    async def compare(self, request: Request) -> Response:
        """The evidence table."""
        task = await self._hub.references.task(request.path_params["reference"])
        return Json(await self._hub.reading.compare(task))

    async def diff(self, request: Request) -> Response:
        """A unified diff."""
        query = request.query_params
        text = await self._hub.reading.diff(word(query, "a"), query.get("b", ""))
        return Json({"schema": SCHEMA, "diff": text})

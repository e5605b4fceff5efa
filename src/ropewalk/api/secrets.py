"""Routes: secrets. Values come in, and none ever goes out."""

from starlette.requests import Request
from starlette.responses import Response

from ropewalk.api.answers import Json
from ropewalk.api.bodies import read_body, text_field
from ropewalk.core.errors import Refused
from ropewalk.core.views import SCHEMA
from ropewalk.hub.hub import Hub


class SecretRoutes:
    """The secrets that the person keeps for agents."""

    def __init__(self, hub: Hub) -> None:
        """Serves this hub."""
        self._hub = hub

    async def listed(self, request: Request) -> Response:
        """What there is, without values."""
        return Json(await self._hub.keeping.listed())

    async def change(self, request: Request) -> Response:
        """Keep a value, keep a command that prints it, or let go of it."""
        self._hub.idling.needed()
        name = request.path_params["name"]
        body = await read_body(request.stream())
        deed = text_field(body, "deed", "set")
        if deed == "remove":
            await self._hub.keeping.forget(name)
            return Json({"schema": SCHEMA, "removed": name})
        if deed != "set":
            raise Refused(f"A secret cannot be told to {deed}.", hint="set or remove")
        if command := text_field(body, "command", ""):
            return Json({"schema": SCHEMA, **await self._hub.keeping.ask(name, command)})
        return Json(
            {"schema": SCHEMA, **await self._hub.keeping.keep(name, text_field(body, "value"))}
        )

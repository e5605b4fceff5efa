"""Routes: the hub itself, and the machine below it."""

from starlette.requests import Request
from starlette.responses import Response

from ropewalk.api.answers import Json
from ropewalk.api.bodies import read_body, shown
from ropewalk.api.doctor import examine
from ropewalk.core.views import SCHEMA
from ropewalk.hub.hub import Hub


class MachineRoutes:
    """The hub, the disk, and what this machine can hold."""

    def __init__(self, hub: Hub) -> None:
        """Serves this hub."""
        self._hub = hub

    async def hello(self, request: Request) -> Response:
        """Who is there."""
        return Json(self._hub.status())

    async def stop(self, request: Request) -> Response:
        """End the hub; agents go on."""
        self._hub.stopping.set()
        return Json({"schema": SCHEMA, "stopped": True})

    async def disk(self, request: Request) -> Response:
        """What takes the disk, measured now, and what could go for good."""
        self._hub.idling.needed()
        return Json(await self._hub.cleaning.look())

    async def clear(self, request: Request) -> Response:
        """Remove for good what was shown, as far as nothing needs it now."""
        self._hub.idling.needed()
        return Json(await self._hub.cleaning.clear(shown(await read_body(request.stream()))))

    async def doctor(self, request: Request) -> Response:
        """What this machine can hold."""
        return Json(await examine(self._hub, request.query_params.get("directory", "")))

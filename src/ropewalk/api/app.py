"""The HTTP face of the hub: its routes. No logic of its own."""

from starlette.applications import Starlette
from starlette.routing import Route

from ropewalk.api.actions import ActionRoutes
from ropewalk.api.answers import changing, fault
from ropewalk.api.following import FollowingRoutes
from ropewalk.api.machine import MachineRoutes
from ropewalk.api.places import PlaceRoutes
from ropewalk.api.secrets import SecretRoutes
from ropewalk.api.tasks import TaskRoutes
from ropewalk.core.errors import RopewalkError
from ropewalk.hub.hub import Hub


def app(hub: Hub) -> Starlette:
    """The application that serves a hub."""
    tasks, places, actions = TaskRoutes(hub), PlaceRoutes(hub), ActionRoutes(hub)
    following, machine, secrets = FollowingRoutes(hub), MachineRoutes(hub), SecretRoutes(hub)
    change = changing(hub)
    routes = [
        Route("/v1/hello", machine.hello),
        Route("/v1/stop", machine.stop, methods=["POST"]),
        Route("/v1/tasks", change(tasks.create), methods=["POST"]),
        Route("/v1/consents", change(tasks.consent), methods=["POST"]),
        Route("/v1/init", change(tasks.init), methods=["POST"]),
        Route("/v1/board", tasks.board),
        Route("/v1/tasks/{reference}", tasks.task),
        Route("/v1/attempts/{reference}", tasks.attempt),
        Route("/v1/attempts/{reference}/visit", change(places.visit), methods=["POST"]),
        Route("/v1/desks/{reference}", change(places.desk), methods=["POST"]),
        Route("/v1/trials", change(places.trial), methods=["POST"]),
        Route("/v1/servers/{reference}", change(places.server), methods=["POST"]),
        Route("/v1/servers/{reference}/log", places.server_log),
        Route("/v1/compare/{reference}", tasks.compare),
        Route("/v1/turns/{reference}", tasks.turns),
        Route("/v1/forks/{reference}", change(tasks.fork), methods=["POST"]),
        Route("/v1/adoptions", change(tasks.adopt), methods=["POST"]),
        Route("/v1/events", following.events),
        Route("/v1/diff", tasks.diff),
        Route("/v1/draft/{reference}", actions.draft),
        Route("/v1/wait", following.wait),
        Route("/v1/act/{verb}", change(actions.act), methods=["POST"]),
        Route("/v1/undo", actions.undoable),
        Route("/v1/undo", change(actions.undo), methods=["POST"]),
        Route("/v1/gc", machine.disk),
        Route("/v1/gc", change(machine.clear), methods=["POST"]),
        Route("/v1/secrets", secrets.listed),
        Route("/v1/secrets/{name}", change(secrets.change), methods=["POST"]),
        Route("/v1/doctor", machine.doctor),
    ]
    return Starlette(
        routes=routes,
        exception_handlers={RopewalkError: fault, OSError: fault, Exception: fault},
    )

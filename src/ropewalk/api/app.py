"""The HTTP face of the hub: routes, JSON in and out, errors as their words. No logic of its own."""

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ropewalk.api.bodies import (
    ask,
    new_adoption,
    new_fork,
    new_starter,
    new_task,
    number,
    read_body,
    shown,
    text_field,
    word,
)
from ropewalk.api.doctor import examine
from ropewalk.api.events import event_view
from ropewalk.core.errors import (
    Bug,
    Conflict,
    Consent,
    NotFound,
    Outside,
    Refused,
    RopewalkError,
    named,
)
from ropewalk.core.lifecycle import alias
from ropewalk.core.views import SCHEMA, Acted, Fault, ServerLog, VisitView
from ropewalk.hub.hub import Hub

STATUS = {Consent: 409, NotFound: 404, Conflict: 409, Refused: 422, Outside: 503, Bug: 500}
HEARTBEAT_S = 10.0
WAIT_S = 60.0
PAGE = 1000
MOST = 2**53
FOLLOWERS = 512
"""How many streams of events are served at once: each costs a look at the store for every event."""
PATIENCE_S = 2.0
"""How long a change waits for the disk before it is said that it refuses."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def app(hub: Hub) -> Starlette:
    """The application that serves a hub."""
    api = Api(hub)
    routes = [
        Route("/v1/hello", api.hello),
        Route("/v1/stop", api.stop, methods=["POST"]),
        Route("/v1/tasks", api.change(api.create), methods=["POST"]),
        Route("/v1/consents", api.change(api.consent), methods=["POST"]),
        Route("/v1/init", api.change(api.init), methods=["POST"]),
        Route("/v1/board", api.board),
        Route("/v1/tasks/{reference}", api.task),
        Route("/v1/attempts/{reference}", api.attempt),
        Route("/v1/attempts/{reference}/visit", api.change(api.visit), methods=["POST"]),
        Route("/v1/desks/{reference}", api.change(api.desk), methods=["POST"]),
        Route("/v1/trials", api.change(api.trial), methods=["POST"]),
        Route("/v1/servers/{reference}", api.change(api.server), methods=["POST"]),
        Route("/v1/servers/{reference}/log", api.server_log),
        Route("/v1/compare/{reference}", api.compare),
        Route("/v1/turns/{reference}", api.turns),
        Route("/v1/forks/{reference}", api.change(api.fork), methods=["POST"]),
        Route("/v1/adoptions", api.change(api.adopt), methods=["POST"]),
        Route("/v1/events", api.events),
        Route("/v1/diff", api.diff),
        Route("/v1/draft/{reference}", api.draft),
        Route("/v1/wait", api.wait),
        Route("/v1/act/{verb}", api.change(api.act), methods=["POST"]),
        Route("/v1/undo", api.undoable),
        Route("/v1/undo", api.change(api.undo), methods=["POST"]),
        Route("/v1/gc", api.disk),
        Route("/v1/gc", api.change(api.clear), methods=["POST"]),
        Route("/v1/doctor", api.doctor),
    ]
    return Starlette(
        routes=routes,
        exception_handlers={RopewalkError: _fault, OSError: _fault, Exception: _fault},
    )


class Json(JSONResponse):
    """Text of any kind, also the bytes of a file name that is not UTF-8 (as lone surrogates)."""

    def render(self, content: Any) -> bytes:
        """In ASCII, with escapes for the rest."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


async def _fault(request: Request, failure: Exception) -> Response:
    error = named(failure)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    consent = error if isinstance(error, Consent) else None
    fault = Fault(
        code=error.code,
        message=error.message,
        hint=error.hint,
        subject=consent.subject if consent else "",
        text=consent.text if consent else "",
        digest=consent.digest if consent else "",
        agrees=consent.agrees if consent else {},
    )
    return Json({"schema": SCHEMA, "error": fault}, status_code=status)


class Api:
    """One method a route."""

    def __init__(self, hub: Hub) -> None:
        """Serves this hub."""
        self._hub = hub

    def change(self, handler: Handler) -> Handler:
        """The handler; where the disk refuses, the person hears that, and the change is made later."""
        waiting: set[asyncio.Task[Response]] = set()

        @functools.wraps(handler)
        async def answer(request: Request) -> Response:
            task = asyncio.create_task(handler(request), name=f"change {request.url.path}")
            waiting.add(task)
            task.add_done_callback(waiting.discard)
            while not (await asyncio.wait([task], timeout=PATIENCE_S))[0]:
                if trouble := self._hub.ledger.trouble:
                    task.add_done_callback(lambda done: done.cancelled() or done.exception())
                    raise Outside(
                        f"The record cannot be written: {trouble}",
                        hint="Make room. What you asked for is done then; do not ask again.",
                    )
            return task.result()

        return answer

    async def hello(self, request: Request) -> Response:
        """Who is there."""
        return Json(self._hub.status())

    async def stop(self, request: Request) -> Response:
        """End the hub; agents go on."""
        self._hub.stopping.set()
        return Json({"schema": SCHEMA, "stopped": True})

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

    async def board(self, request: Request) -> Response:
        """What `ls` shows."""
        self._hub.idling.needed()
        everything = request.query_params.get("all") == "1"
        project = "" if everything else await self._project(word(request.query_params, "directory"))
        return Json(await self._hub.reading.board(project, everything=everything))

    async def _project(self, directory: str) -> str:
        known = await self._hub.projects.here(directory)
        return known.id if known else "none"

    async def task(self, request: Request) -> Response:
        """One task."""
        task = await self._hub.references.task(request.path_params["reference"])
        return Json(self._hub.reading.task(task))

    async def attempt(self, request: Request) -> Response:
        """One attempt."""
        attempt, _ = await self._hub.references.attempt(request.path_params["reference"])
        await self._hub.activities.words(attempt.id)
        return Json(self._hub.reading.attempt(attempt))

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
        project = await self._project(text_field(body, "directory"))
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

    async def compare(self, request: Request) -> Response:
        """The evidence table."""
        task = await self._hub.references.task(request.path_params["reference"])
        return Json(await self._hub.reading.compare(task))

    async def turns(self, request: Request) -> Response:
        """The turns of an attempt."""
        attempt, _ = await self._hub.references.attempt(request.path_params["reference"])
        return Json(await self._hub.turns.list(attempt))

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

    async def diff(self, request: Request) -> Response:
        """A unified diff."""
        query = request.query_params
        text = await self._hub.reading.diff(word(query, "a"), query.get("b", ""))
        return Json({"schema": SCHEMA, "diff": text})

    async def draft(self, request: Request) -> Response:
        """The proposed commit message."""
        attempt, number = await self._hub.references.attempt(request.path_params["reference"])
        message = await self._hub.actions.message(attempt, number)
        return Json({"schema": SCHEMA, "message": message})

    async def act(self, request: Request) -> Response:
        """A verb on several ids."""
        self._hub.idling.needed()
        body = await read_body(request.stream())
        asked = ask(body)
        seq = self._hub.ledger.durable
        ids = [str(one) for one in body.get("ids") or []]
        if body.get("all"):
            project = await self._project(text_field(body, "directory"))
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

    async def undoable(self, request: Request) -> Response:
        """What undo would take back."""
        query = request.query_params
        project = await self._project(word(query, "directory"))
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
        project = await self._project(text_field(body, "directory"))
        actor = f"person:{text_field(body, 'actor', 'person')}"
        action = text_field(body, "action")
        await self._hub.references.of_action(project, action)
        seq = self._hub.ledger.durable
        said = await self._hub.journal.undo(project, action, actor)
        result = {"id": action, "message": said, "hint": "", "error": ""}
        return Json({"schema": SCHEMA, "results": [result], "seq": seq})

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

    # --- waiting and following -----------------------------------------------------------------

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

"""Serving: `[run]` in an attempt's workspace, so that a person can look at what it made as it runs."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from ropewalk.core import events as e
from ropewalk.core import wanted as w
from ropewalk.core.errors import Conflict, Outside, Refused, RopewalkError
from ropewalk.core.lifecycle import alias, draft, server_stopped
from ropewalk.core.payload import Payload
from ropewalk.core.placeholders import Filling
from ropewalk.core.records import Limits
from ropewalk.core.setup import filled
from ropewalk.core.state import Attempt
from ropewalk.hub.boxing import Boxing
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.server import Server
from ropewalk.hub.settingup import SettingUp
from ropewalk.ports import Runs, RunSpec

PREFIX = "serve-"
OUTPUT_BYTES = 64 * 1024 * 1024
PATIENCE_S = 45.0
"""How long somebody waits for a server to take connections, or to end; after that it goes on without them."""
KNOCKING_S = 600.0
"""How long a server that takes no connections is tried."""
PAUSES_S = (0.05, 1.0)
HINT = (
    'Write in ropewalk.toml: [run] command = ["…", "{port}"] (`ropewalk init` proposes one), commit it, and '
    "start a new task: this one has what its base had."
)


class Serving:
    """Starts servers, follows and ends them. A worker of the scheduler."""

    def __init__(
        self,
        ledger: Ledger,
        runs: Runs,
        setting_up: SettingUp,
        boxing: Boxing,
        *,
        keep_spools: bool,
    ) -> None:
        """`setting_up` knows the variables of a workspace."""
        self._ledger = ledger
        self._runs = runs
        self._setting_up = setting_up
        self._boxing = boxing
        self._keep_spools = keep_spools
        self._servers: dict[str, Server] = {}
        ledger.listeners.append(self._heard)

    # --- asking --------------------------------------------------------------------------------

    async def start(self, attempt: str, actor: str) -> Attempt:
        """Start the server, unless it is there; answers when it takes connections, is over, or takes long."""
        await self._until(attempt, lambda one: not _is(one, "stopping"))
        one = self._of(attempt)
        if not one.serving:
            self._may_serve(one)
            if await answers(one.port):
                raise Refused(
                    f"Something else takes connections at port {one.port}.",
                    hint=f"End it: ss -ltnp 'sport = :{one.port}' shows what it is.",
                )
            run = f"{PREFIX}{one.id}-{secrets.token_hex(4)}"
            await self._tell(one, e.ServerAsked(run=run, port=one.port), actor=actor)
        await self._until(attempt, lambda one: not _is(one, "asked", "started"))
        return self._of(attempt)

    async def stop(self, attempt: str, actor: str) -> Attempt:
        """End the server; answers when it is gone. Conflict: there is none."""
        one = self._of(attempt)
        ends = server_stopped(one, actor, self._ledger.clock.now())
        if not ends:
            name = alias(self._ledger.world, one)
            raise Conflict(f"{name} has no server.", hint=f"Start it: ropewalk serve {name}")
        await self._ledger.record(ends)
        await self._until(attempt, lambda one: not one.serving)
        return self._of(attempt)

    async def restart(self, attempt: str, actor: str) -> Attempt:
        """End the server if it is there, and start it."""
        if self._of(attempt).serving:
            await self.stop(attempt, actor)
        return await self.start(attempt, actor)

    async def log(self, attempt: Attempt, after: int, seconds: float) -> tuple[str, int, bool]:
        """The output behind a position, where it ends, and whether more may come; waits so long for some.

        Of a server that ended in an earlier life of the hub, its last words. Refused: there was none.
        """
        name = alias(self._ledger.world, attempt)
        if attempt.server is None:
            raise Refused(f"{name} had no server yet.", hint=f"Start it: ropewalk serve {name}")
        server = self._servers.get(attempt.id)
        if server is not None and server.run == attempt.server.run:
            text, end = await server.more(after, seconds)
            return text, end, not server.over.is_set()
        if attempt.serving:
            await self._ledger.moved_past(self._ledger.durable, min(seconds, 1.0))
            return "", after, True
        payload = attempt.server.output
        text = await asyncio.to_thread(self._ledger.store.text, payload.digest) if payload else ""
        return "" if after else text or "", 1, False

    def _may_serve(self, attempt: Attempt) -> None:
        """Refused: there is nothing to serve, or nowhere."""
        world = self._ledger.world
        name, task = alias(world, attempt), world.tasks[attempt.task]
        if attempt.workspace != "ready" or attempt.decision in ("dropped", "merged"):
            hint = f"ropewalk resume {name}" if attempt.path else "ropewalk ls"
            raise Refused(f"{name} has no workspace now.", hint=hint)
        if not task.setup.run:
            raise Refused(f"{name} has nothing to serve: there is no [run].", hint=HINT)
        if not attempt.port:
            raise Refused(
                f"{name} has no ports.", hint=f"It is from before that. Go on: ropewalk fork {name}"
            )

    async def _until(self, attempt: str, good: Callable[[Attempt], bool]) -> None:
        end = self._ledger.clock.now() + PATIENCE_S
        while not good(self._of(attempt)):
            seen, left = self._ledger.durable, end - self._ledger.clock.now()
            if left <= 0 or not await self._ledger.moved_past(seen, left):
                return

    # --- effects -------------------------------------------------------------------------------

    def handlers(self) -> dict[type[w.Effect], Callable[..., Awaitable[None]]]:
        """As in Worker."""
        return {w.Serve: self._serve}

    def failed(self, effect: w.Effect, error: RopewalkError) -> Sequence[e.Draft]:
        """As in Worker."""
        attempt = self._of(effect.subject)
        run = attempt.server.run if attempt.server else ""
        event = e.ServerEnded(run=run, reason=error.message)
        return [draft(attempt, event, actor="hub", now=self._ledger.clock.now())]

    def _heard(self, news: Sequence[e.Recorded]) -> None:
        for key in {one.draft.attempt for one in news} & set(self._servers):
            attempt = self._ledger.world.attempts.get(key)
            if attempt is None or _is(attempt, "stopping"):
                self._servers[key].unwanted.set()

    async def _serve(self, effect: w.Serve) -> None:
        """From its start, or from where an earlier hub left it, to its end."""
        attempt = self._of(effect.subject)
        if not _is(attempt, "asked") and not await self._is_there(effect.run):
            gone = Server(effect.run)
            await self._ended(attempt, gone, self._why(attempt, gone))
            return
        await self._runs.start(await self._spec(attempt, effect.run))
        server = self._servers[attempt.id] = Server(effect.run)
        if _is(self._of(attempt.id), "asked"):
            await self._tell(attempt, e.ServerStarted(run=effect.run))
        if _is(self._of(attempt.id), "stopping"):
            server.unwanted.set()
        await self._follow(attempt, server)
        await self._ended(attempt, server, self._why(attempt, server))
        if not self._keep_spools:
            with suppress(RopewalkError):
                await self._runs.forget(server.run)

    async def _is_there(self, run: str) -> bool:
        return any(one.id == run for one in await self._runs.list())

    async def _follow(self, attempt: Attempt, server: Server) -> None:
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(server.end_when_unwanted()),
                group.create_task(self._knock(attempt, server)),
            ]
            await server.follow(self._runs)
            for one in beside:
                one.cancel()

    async def _knock(self, attempt: Attempt, server: Server) -> None:
        """Try its port until it takes a connection."""
        pause, most = PAUSES_S
        with suppress(TimeoutError):
            async with asyncio.timeout(KNOCKING_S):
                while not await answers(attempt.port):
                    await asyncio.sleep(pause)
                    pause = min(most, pause * 1.5)
                await self._tell(attempt, e.ServerAnswered(run=server.run))

    def _why(self, attempt: Attempt, server: Server) -> str:
        known = self._of(attempt.id).server
        if known and known.step == "stopping":
            return known.reason or "stopped"
        if server.exit.error:
            return server.exit.error
        if server.exit.cause == "lost":
            return "its runner was killed"
        how = server.exit.code if server.exit.code is not None else f"signal {server.exit.signal}"
        return f"it ended by itself with {how}"

    async def _ended(self, attempt: Attempt, server: Server, why: str) -> None:
        output = Payload.of(server.tail())
        event = e.ServerEnded(run=server.run, reason=why, code=server.exit.code, output=output)
        await self._tell(attempt, event)

    async def _spec(self, attempt: Attempt, run: str) -> RunSpec:
        world = self._ledger.world
        name, task = alias(world, attempt), world.tasks[attempt.task]
        filling = Filling(path=attempt.path, port=attempt.port, attempt=name, task=str(task.number))
        environment = self._setting_up.environment(task, filling, name)
        if "PORT" not in task.setup.environment:
            environment["PORT"] = str(attempt.port)
        argv = filled(task.setup.run, filling)
        ports = (attempt.port, task.setup.ports)
        box = await self._boxing.box(
            task, "server", argv, path=environment.get("PATH", ""), ports=ports
        )
        return RunSpec(
            id=run,
            epoch=1,
            argv=argv,
            cwd=attempt.path,
            environment={**environment, "ROPEWALK_ATTEMPT": name},
            limits=Limits(output_bytes=OUTPUT_BYTES),
            stdin=False,
            workspace=attempt.id,
            box=box,
        )

    def _of(self, attempt: str) -> Attempt:
        found = self._ledger.world.attempts.get(attempt)
        if found is None:
            raise Outside("The attempt's task was closed.", hint="ropewalk ls --all")
        return found

    async def _tell(self, attempt: Attempt, event: e.Event, *, actor: str = "hub") -> None:
        now = self._ledger.clock.now()
        await self._ledger.record([draft(self._of(attempt.id), event, actor=actor, now=now)])


def _is(attempt: Attempt, *steps: str) -> bool:
    return attempt.server is not None and attempt.server.step in steps


async def answers(port: int) -> bool:
    """Whether something on this machine takes connections at a port."""
    for host in ("127.0.0.1", "::1"):
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                _, writer = await asyncio.open_connection(host, port)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            return True
    return False

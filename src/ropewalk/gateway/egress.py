"""What goes out to servers: the verdict, the connection, and the note of both."""

import asyncio
import time
from dataclasses import dataclass

import h11

from ropewalk.gateway.names import shown
from ropewalk.gateway.notes import Notes
from ropewalk.gateway.outbound import Forbidden, Outbound, Reached, Unreachable
from ropewalk.gateway.refusals import No
from ropewalk.gateway.relaying import pass_on
from ropewalk.gateway.requests import Header, Target, framing, host_value, onward
from ropewalk.gateway.rules import Verdict, verdict
from ropewalk.gateway.tunnels import Fronted, Passed, first_words, pump
from ropewalk.gateway.upstream import Cut, Upstream
from ropewalk.gateway.visitor import Hungup, Visitor
from ropewalk.ports.gateway import Door

ASKED = (
    "The person was asked whether {server} may be reached. If they say yes, the next try succeeds:"
    " do not try in a loop, go on without it, or say what it is needed for."
)
FIXED = "Only the person can change this, in their own configuration. Go on without it."


@dataclass(frozen=True, slots=True)
class Passage:
    """One connection that was let through: the number of its note, and when it began."""

    door: Door
    id: int
    began: float


class Egress:
    """The proxy's two ways: a tunnel, and a request that is passed on."""

    def __init__(self, outbound: Outbound, notes: Notes) -> None:
        """Of one gateway."""
        self._outbound = outbound
        self._notes = notes

    async def tunnel(self, door: Door, visitor: Visitor, target: Target) -> None:
        """CONNECT. No: it was refused or cannot be had."""
        let = self._judge(door, target)
        reached, passage = await self._reach(door, target, let, plain=False)
        passed, how = Passed(), "closed"
        try:
            first = await visitor.tunnel()
            if not let.named or target.port == 443:
                first = await first_words(visitor.reader, first, target.host)
            if first:
                reached.stream[1].write(first)
                passed.up += len(first)
            await pump((visitor.reader, visitor.writer), reached.stream, passed)
        except Fronted as error:
            how = "refused"
            self._refused(door, target, str(error))
        except (Hungup, OSError, EOFError, ExceptionGroup):
            how = "broken"
        finally:
            reached.stream[1].transport.abort()
            self._closed(passage, how, up=passed.up, down=passed.down)

    async def forward(self, door: Door, visitor: Visitor, request: h11.Request, to: Target) -> None:
        """A request in absolute form. No: it was refused or cannot be had."""
        if request.method == b"TRACE":
            raise No(405, "method", "TRACE is not passed on.")
        let = self._judge(door, to)
        reached, passage = await self._reach(door, to, let, plain=True)
        upstream, how, status = Upstream(reached.stream), "closed", 0
        asking = asyncio.create_task(self._ask(visitor, upstream, request, to, reached))
        try:
            response = await upstream.response()
            status = response.status_code
            await pass_on(upstream, visitor, response)
        except Cut as error:
            how = "broken"
            if visitor.answered:
                visitor.abort()
            else:
                raise No(502, "unreachable", f"{to.host} did not answer: {error}.") from None
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            upstream.abort()
            self._closed(passage, how, up=upstream.sent, down=upstream.received, status=status)

    async def _ask(
        self, visitor: Visitor, upstream: Upstream, request: h11.Request, to: Target, over: Reached
    ) -> None:
        """Send the request, then look whether the client is still there."""
        headers: list[Header] = [(b"host", host_value(to.host, to.port, 80))]
        headers += onward(request.headers) + framing(request)
        path = to.path
        if over.proxy:
            path = b"http://" + host_value(to.host, to.port, 80) + path
            if over.proxy.header:
                headers.append((b"proxy-authorization", over.proxy.header.encode("ascii")))
        try:
            await upstream.ask(request.method, path, headers, visitor.body())
            await visitor.gone()
        except OSError:
            return  # what the server says before it hangs up is read by the other task
        except (No, Hungup, h11.ProtocolError):
            pass
        upstream.abort()

    def _judge(self, door: Door, to: Target) -> Verdict:
        let = verdict(door.rules, to.host, to.port)
        if not let.let:
            self._refused(door, to, let.why, ask=let.ask)
            raise self._no(to, let.why, ask=let.ask)
        return let

    async def _reach(
        self, door: Door, to: Target, let: Verdict, *, plain: bool
    ) -> tuple[Reached, Passage]:
        began = time.monotonic()
        try:
            reached = await self._outbound.reach(to.host, to.port, private=let.private, plain=plain)
        except Forbidden as error:
            self._refused(door, to, str(error))
            raise self._no(to, str(error), ask=False) from None
        except Unreachable as error:
            self._note(door, "failed", to, why=str(error))
            text = f"{shown(to.host, to.port)} cannot be reached: {error}. (The rules allow it.)"
            raise No(502, "unreachable", text) from None
        seq = self._note(door, "opened", to, address=reached.address)
        return reached, Passage(door, seq, began)

    def _no(self, to: Target, why: str, *, ask: bool) -> No:
        server = shown(to.host, to.port)
        text = ASKED.format(server=server) if ask else FIXED
        return No(403, "refused", f"Ropewalk refused {server}: {why}. {text}")

    def _refused(self, door: Door, to: Target, why: str, *, ask: bool = False) -> None:
        self._note(door, "refused", to, why=why, asked=ask)
        if ask:
            usual = to.port in (80, 443)
            self._notes.ask(door, to.host if usual else shown(to.host, to.port), why)

    def _note(self, door: Door, what: str, to: Target, **more: object) -> int:
        return self._notes.note(
            door, f"connection.{what}", dispensable=True, host=to.host, port=to.port,
            method=to.kind, **more,
        )  # fmt: skip

    def _closed(self, passage: Passage, how: str, **more: int) -> None:
        seconds = round(time.monotonic() - passage.began, 3)
        self._notes.note(
            passage.door, "connection.closed", dispensable=True, id=passage.id, how=how,
            seconds=seconds, **more,
        )  # fmt: skip

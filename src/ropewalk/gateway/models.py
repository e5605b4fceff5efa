"""Requests to model providers: the door's token goes out, the real key goes in, and both ways are counted."""

import asyncio
import contextlib
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import h11

from ropewalk.core.budget import NOTHING
from ropewalk.core.errors import RopewalkError
from ropewalk.gateway.doors import OpenDoor
from ropewalk.gateway.holding import Holding
from ropewalk.gateway.masking import Mask
from ropewalk.gateway.network import Stream
from ropewalk.gateway.notes import Notes
from ropewalk.gateway.outbound import Forbidden, Unreachable
from ropewalk.gateway.pool import Pool
from ropewalk.gateway.providers import Known, Providers
from ropewalk.gateway.refusals import No
from ropewalk.gateway.relaying import pass_on
from ropewalk.gateway.requests import Header, Target, host_value, onward
from ropewalk.gateway.upstream import Cut, Upstream
from ropewalk.gateway.visitor import Hungup, Visitor
from ropewalk.gateway.watching import Watch, counts
from ropewalk.ports.gateway import Door
from ropewalk.wire.models import LARGEST, Asked, Body, Call, asked, call, encode, limited, parse

PATH = re.compile(r"/model/([a-z0-9][a-z0-9_-]{0,39})(/[!-~]*)?")
CARRIES = (b"authorization", b"x-api-key", b"x-goog-api-key", b"api-key")
"""Headers in which clients send a key."""
OURS = {
    *CARRIES,
    b"cookie",
    b"accept-encoding",
    b"expect",
    b"forwarded",
    b"via",
    b"x-forwarded-for",
}
THEIRS = {b"set-cookie", b"alt-svc", b"strict-transport-security"}
SLACK = 64
"""Bytes that a request may grow by when it is written anew with a limit."""
HELD = 512 * 1024 * 1024
"""Bytes of requests that are held at a time."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request, as it will be sent."""

    known: Known
    call: Call
    asked: Asked
    method: bytes
    path: bytes
    headers: list[Header]
    object: Body | None
    size: int

    def body(self, output: int | None) -> bytes:
        """What is sent, its output limited to so many tokens (None: as it asks itself)."""
        return b"" if self.object is None else encode(limited(self.call, self.object, output))


class Models:
    """The half of the gateway that speaks to providers."""

    def __init__(self, providers: Providers, pool: Pool, notes: Notes, holding: Holding) -> None:
        """Of one gateway."""
        self._holding = holding
        self._providers = providers
        self._pool = pool
        self._notes = notes
        self._held = 0

    async def serve(self, at: OpenDoor, visitor: Visitor, request: h11.Request, to: Target) -> None:
        """One request. No: it is refused."""
        name, path, query = _parts(to)
        path_query = _authorized(at.door, request, query)
        known = self._known(at.door, name)
        made = call(known.provider.kind, request.method.decode("ascii"), path)
        if not made.free and not made.codec:
            text = f"Ropewalk does not let {path[:80]} of {name} through: nobody can say what it costs."
            raise No(403, "unknown-path", text, model=True)
        async with self._gathered(visitor) as body:
            question = await self._question(known, made, request, path + path_query, body)
            await self._ask(at.door, visitor, question)

    def _known(self, door: Door, name: str) -> Known:
        known = self._providers.find(door.person, name)
        if name not in door.rules.providers:
            text = f"Ropewalk: this task may not use the model provider {name}. The person can allow it."
            raise No(403, "provider", text, model=True)
        if known is None:
            text = f"Ropewalk has no key for {name} at the moment (was the gateway restarted?). Try again."
            raise No(503, "no-key", text, model=True, retry_s=5)
        return known

    @contextlib.asynccontextmanager
    async def _gathered(self, visitor: Visitor):
        """The body of a request, and room for it while it is held."""
        gathered, size = bytearray(), 0
        try:
            async for piece in visitor.body():
                gathered += piece
                size += len(piece)
                self._held += len(piece)
                if len(gathered) > LARGEST:
                    raise No(413, "too-large", f"More than {LARGEST} bytes.", model=True)
                if self._held > HELD:
                    text = "Ropewalk's gateway holds too many requests at the moment. Try again."
                    raise No(503, "busy", text, model=True, retry_s=2)
            yield bytes(gathered)
        finally:
            self._held -= size

    async def _question(
        self, known: Known, made: Call, request: h11.Request, path: str, data: bytes
    ) -> Question:
        """A request as it will be sent. No: it is none, or the key cannot be had."""
        said, body = Asked(model=made.model), parse(data) if data else None
        if made.codec or data:
            if body is None:
                raise No(400, "malformed", "The request is no JSON object.", model=True)
            said = asked(made, body)
        return Question(
            known, made, said, request.method, (known.path + path).encode("ascii"),
            await _headers(known, request), body, len(data) + SLACK,
        )  # fmt: skip

    async def _ask(self, door: Door, visitor: Visitor, question: Question) -> None:
        provider, asks = question.known.provider, question.asked
        about: dict[str, Any] = {"provider": provider.name, "model": asks.model}
        if question.call.free:
            hold, output = None, None
            number = self._notes.note(door, "model.asked", **about, free=True)
        else:
            more = {**about, "streams": asks.streams, "bytes": question.size}
            number, hold = await self._holding.hold(door, visitor, asks, question.size, more)
            output = hold.output if hold else None

        def tell(kind: str, **body: Any) -> None:
            with contextlib.suppress(OSError):
                self._notes.note(door, f"model.{kind}", id=number, **about, **body)

        mask = Mask(self._providers.secrets())
        watch = Watch(question.call.codec, mask, provider.stall_s, tell)
        passage = Passage()
        try:
            await self._pass(visitor, question, question.body(output), watch, passage)
        except (Cut, OSError, Unreachable, Forbidden) as error:
            tell("trouble", status=watch.status, why="unreachable" if not watch.status else "cut")
            raise _cut(visitor, provider.name, error) from None
        except (Hungup, asyncio.CancelledError):
            passage.how = "hung-up"
            raise
        finally:
            reading = watch.end(cut=passage.how != "whole")
            spent = NOTHING
            if hold and passage.upstream:
                spent = self._holding.used(hold, asks, reading, watch.status)
            with contextlib.suppress(OSError):
                self._holding.settle(
                    door, hold, spent, id=number, **about, how=passage.how, status=watch.status,
                    first_ms=watch.first_ms, ms=round((time.monotonic() - watch.began) * 1000),
                    **passage.sizes, **counts(reading),
                )  # fmt: skip

    async def _pass(
        self, visitor: Visitor, question: Question, body: bytes, watch: Watch, passage: "Passage"
    ) -> None:
        """Ask, and pass the answer on. Cut, OSError, Unreachable, Forbidden, Hungup, No."""
        try:
            response = await self._sent(visitor, question, body, passage)
            assert passage.upstream  # noqa: S101
            await self._answer(visitor, passage.upstream, response, watch, question)
            passage.how = "whole"
        finally:
            if passage.upstream and passage.how != "whole":
                passage.upstream.abort()

    async def _sent(
        self, visitor: Visitor, question: Question, body: bytes, passage: "Passage"
    ) -> h11.Response:
        """The head of the answer. A connection that was used before may be dead: then once more, on a new one."""
        stream, used = await self._pool.take(question.known)
        try:
            return await _once(visitor, question, body, passage.over(stream))
        except (Cut, OSError):
            dead = passage.upstream is not None and not passage.upstream.received
            if not used or not dead:
                raise
        stream, _ = await self._pool.take(question.known, fresh=True)
        return await _once(visitor, question, body, passage.over(stream))

    async def _answer(
        self,
        visitor: Visitor,
        upstream: Upstream,
        response: h11.Response,
        watch: Watch,
        question: Question,
    ) -> None:
        watch.answered(response.status_code)
        if 300 <= response.status_code < 400:
            upstream.abort()
            text = "The provider wants to lead elsewhere, where the key must not go."
            raise No(502, "redirect", text, model=True)
        if response.status_code == 401 and question.known.key:
            question.known.key.stale()
        kept = [one for one in response.headers if one[0] not in THEIRS]
        response = h11.Response(
            status_code=response.status_code, headers=kept, reason=response.reason
        )
        async with _unless_gone(visitor, upstream):
            await pass_on(upstream, visitor, response, watch)
        if upstream.reusable:
            self._pool.give(question.known, (upstream.reader, upstream.writer))
        else:
            upstream.abort()


@dataclass(slots=True)
class Passage:
    """How far a request came: the conversation with the provider (None: nothing was sent), and how it ended."""

    upstream: Upstream | None = None
    how: str = "broken"

    def over(self, stream: Stream) -> Upstream:
        """A conversation on this connection."""
        self.upstream = Upstream(stream)
        return self.upstream

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes on the connection, both ways."""
        one = self.upstream
        return {"up": one.sent, "down": one.received} if one else {}


async def _once(
    visitor: Visitor, question: Question, body: bytes, upstream: Upstream
) -> h11.Response:
    size: list[Header] = []
    if body or question.method not in (b"GET", b"HEAD"):
        size = [(b"content-length", str(len(body)).encode())]
    try:
        await upstream.ask(question.method, question.path, [*question.headers, *size], body)
        async with _unless_gone(visitor, upstream):
            return await upstream.response()
    except BaseException:
        upstream.abort()
        raise


@contextlib.asynccontextmanager
async def _unless_gone(visitor: Visitor, upstream: Upstream):
    """Within, a client that hangs up ends the conversation with the provider. Hungup."""
    gone = False

    async def watch() -> None:
        nonlocal gone
        await visitor.gone()
        gone = True
        upstream.abort()

    watching = asyncio.create_task(watch())
    try:
        yield
    except Cut:
        if gone:
            raise Hungup from None
        raise
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def _parts(to: Target) -> tuple[str, str, str]:
    """The name of the provider, the path there, and the query. No."""
    path, _, query = to.path.decode("ascii").partition("?")
    match = PATH.fullmatch(path)
    if not match or not match[2]:
        raise No(404, "unknown-path", "The path must be /model/PROVIDER/…", model=True)
    return match[1], match[2], query


def _authorized(door: Door, request: h11.Request, query: str) -> str:
    """The query without a key, with its question mark. No: the token of this door did not come."""
    pairs = parse_qsl(query, keep_blank_values=True)
    came = [value for name, value in pairs if name == "key"]
    for name, value in request.headers:
        if name in CARRIES:
            came.append(value.decode("latin-1").removeprefix("Bearer ").strip())
    digests = [hashlib.sha256(one.encode()).hexdigest() for one in came]
    if not door.token_digest or not any(
        hmac.compare_digest(one, door.token_digest) for one in digests
    ):
        text = (
            "Ropewalk: this is not the token of this sandbox. Keys do not work here; the real one is put in outside."
            " Use the variables that the sandbox was started with."
        )
        raise No(401, "token", text, model=True)
    kept = [(name, value) for name, value in pairs if name != "key"]
    return f"?{urlencode(kept)}" if kept else ""


async def _headers(known: Known, request: h11.Request) -> list[Header]:
    """Those of the client without its credentials, and those of the provider. No: the key cannot be had."""
    try:
        own, _ = await known.headers()
    except RopewalkError as error:
        text = f"Ropewalk cannot ask {known.provider.name}: {error.message}."
        raise No(503, "no-key", text, model=True, retry_s=10) from None
    names = {name for name, _ in own} | OURS
    kept = [one for one in onward(request.headers) if one[0] not in names]
    host = (b"host", host_value(known.host, known.port, known.usual_port))
    return [host, *kept, *own, (b"accept-encoding", b"identity")]


def _cut(visitor: Visitor, provider: str, error: Exception) -> Exception:
    """What the client hears of a provider that broke off."""
    if visitor.answered:
        return Hungup()
    text = f"{provider} cannot be reached or did not answer: {error}."
    return No(502, "unreachable", text, model=True)

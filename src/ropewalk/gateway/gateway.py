"""What comes to a door, and where it goes."""

import asyncio
import sys

import h11

from ropewalk.gateway.doors import OpenDoor
from ropewalk.gateway.egress import Egress
from ropewalk.gateway.models import Models
from ropewalk.gateway.refusals import No
from ropewalk.gateway.requests import Target, target
from ropewalk.gateway.visitor import Hungup, Visitor

SELF = (
    "This is Ropewalk's gateway, the only way out of this sandbox: an HTTP proxy (CONNECT for https), and below"
    " /model/PROVIDER/ the model providers. What is refused says so, and why."
)
BROKEN = (
    "The gateway cannot note what it does (is the disk full?), so it does nothing. Try again later."
)


class Gateway:
    """Serves whoever comes through a door."""

    def __init__(self, egress: Egress, models: Models) -> None:
        """Its two halves."""
        self._egress = egress
        self._models = models
        self._retired = False
        self._idle: set[Visitor] = set()

    def retire(self) -> None:
        """From now on each connection is closed after its answer, and those that ask nothing at once."""
        self._retired = True
        for one in self._idle:
            one.abort()

    async def visit(
        self, at: OpenDoor, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Everything that one connection asks, in turn."""
        visitor = Visitor(reader, writer)
        try:
            while await self._serve(at, visitor) and not self._retired:
                pass
        except No as no:
            await visitor.refuse(no)
        except OSError as error:
            print(f"{at.door.attempt}: {error}", file=sys.stderr, flush=True)
            await visitor.refuse(No(503, "broken", BROKEN))
        except (Hungup, h11.LocalProtocolError):
            visitor.abort()
        finally:
            await visitor.close()

    async def _serve(self, at: OpenDoor, visitor: Visitor) -> bool:
        """One request; whether another may come."""
        self._idle.add(visitor)
        try:
            request = await visitor.request()
        finally:
            self._idle.discard(visitor)
        if request is None:
            return False
        to = target(request)
        if to.kind == "tunnel":
            await self._egress.tunnel(at.door, visitor, to)
            return False
        if to.kind == "server":
            await self._egress.forward(at.door, visitor, request, to)
        elif to.kind == "model":
            await self._models.serve(at, visitor, request, to)
        else:
            raise _self(to)
        return visitor.again()


def _self(to: Target) -> No:
    return No(200 if to.path == b"/" else 404, "self", SELF)

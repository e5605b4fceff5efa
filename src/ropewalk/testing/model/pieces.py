"""The bytes of a scripted answer, piece by piece, with what goes wrong in it."""

import json
from collections.abc import Iterator

from ropewalk.testing.model.reply import Reply
from ropewalk.testing.model.shape import Shape, event, events
from ropewalk.testing.model.shapes import SHAPES
from ropewalk.wire.models import Name

GARBAGE = b'\xff\xfe{"usage": {"input_tok\x00data: [[[\n\n'
FILLER = "x" * 65536
_HERE = "@@here@@"


def pieces(protocol: Name, reply: Reply, *, streams: bool) -> Iterator[bytes]:
    """All bytes of an answer's body. What is cut or hangs stops after half of its pieces."""
    if reply.fault == "garbage":
        yield GARBAGE
        return
    shape = SHAPES[protocol]
    if reply.fault == "endless":
        yield from (_endless_stream if streams else _endless)(shape, reply)
        return
    whole = list(_stream(shape, reply)) if streams else _halves(shape, reply)
    yield from whole[: len(whole) // 2] if reply.fault in ("cut", "hang") else whole


def _stream(shape: Shape, reply: Reply) -> Iterator[bytes]:
    """A word is a piece."""
    yield from events(shape.opening(reply))
    for word in reply.text.split(" "):
        yield event(shape.part(reply, f"{word} "))
    yield from events(shape.closing(reply))
    if shape.last:
        yield shape.last


def _halves(shape: Shape, reply: Reply) -> list[bytes]:
    body = json.dumps(shape.whole(reply)).encode()
    half = len(body) // 2
    return [body[:half], body[half:]]


def _endless(shape: Shape, reply: Reply) -> Iterator[bytes]:
    body = json.dumps(shape.whole(Reply(text=_HERE, usage=reply.usage, model=reply.model)))
    before, after = body.split(_HERE)
    yield before.encode()
    for _ in range(0, reply.size, len(FILLER)):
        yield FILLER.encode()
    yield after.encode()


def _endless_stream(shape: Shape, reply: Reply) -> Iterator[bytes]:
    yield from events(shape.opening(reply))
    part = event(shape.part(reply, FILLER))
    for _ in range(0, reply.size, len(FILLER)):
        yield part
    yield from events(shape.closing(reply))
    if shape.last:
        yield shape.last

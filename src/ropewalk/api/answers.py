"""What every route has in common: JSON out, errors as their words, patience with the disk."""

import asyncio
import functools
import json
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ropewalk.core.errors import (
    Bug,
    Conflict,
    Consent,
    NotFound,
    Outside,
    Refused,
    named,
)
from ropewalk.core.views import SCHEMA, Fault
from ropewalk.hub.hub import Hub

STATUS = {Consent: 409, NotFound: 404, Conflict: 409, Refused: 422, Outside: 503, Bug: 500}

PATIENCE_S = 2.0
"""How long a change waits for the disk before it is said that it refuses."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Json(JSONResponse):
    """Text of any kind, also the bytes of a file name that is not UTF-8 (as lone surrogates)."""

    def render(self, content: Any) -> bytes:
        """In ASCII, with escapes for the rest."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


async def fault(request: Request, failure: Exception) -> Response:
    """Answer with what went wrong, in words."""
    error = named(failure)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    consent = error if isinstance(error, Consent) else None
    said = Fault(
        code=error.code,
        message=error.message,
        hint=error.hint,
        subject=consent.subject if consent else "",
        text=consent.text if consent else "",
        digest=consent.digest if consent else "",
        agrees=consent.agrees if consent else {},
    )
    return Json({"schema": SCHEMA, "error": said}, status_code=status)


def changing(hub: Hub) -> Callable[[Handler], Handler]:
    """Makes a handler say when the disk refuses; the change is made later."""
    waiting: set[asyncio.Task[Response]] = set()

    def change(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def answer(request: Request) -> Response:
            task = asyncio.create_task(handler(request), name=f"change {request.url.path}")
            waiting.add(task)
            task.add_done_callback(waiting.discard)
            while not (await asyncio.wait([task], timeout=PATIENCE_S))[0]:
                if trouble := hub.ledger.trouble:
                    task.add_done_callback(lambda done: done.cancelled() or done.exception())
                    raise Outside(
                        f"The record cannot be written: {trouble}",
                        hint="Make room. What you asked for is done then; do not ask again.",
                    )
            return task.result()

        return answer

    return change

"""The hub as its clients see it: JSON in and out over the instance's unix socket."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from ropewalk.client.home import socket_path
from ropewalk.client.http import BROKEN, Answer, request
from ropewalk.core import errors
from ropewalk.core.views import EventView, Fault, HubStatus

TIMEOUT_S = 60.0
SILENCE_S = 35.0
"""A followed stream says something every 10 s; after this long without a word it is taken for dead."""


class Hub:
    """Calls to the hub of one home. Answers are the shapes of `core/views.py`."""

    def __init__(self, home: str) -> None:
        """Nothing is connected before the first call."""
        self.home = home

    def seen(self) -> HubStatus | None:
        """Who answers there; None if nobody does."""
        try:
            return cast("HubStatus", self._call("GET", "/v1/hello", None, 5.0))
        except OSError:
            return None

    def get(
        self,
        path: str,
        query: Mapping[str, str | float] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> Any:
        """One GET; empty values are left out of the query."""
        return self._reached("GET", path + _query(query or {}), None, timeout_s)

    def post(self, path: str, body: Mapping[str, Any], timeout_s: float = TIMEOUT_S) -> Any:
        """One POST of JSON."""
        return self._reached("POST", path, body, timeout_s)

    def events(self, of: str, *, after: int = 0, follow: bool = False, limit: int = 0) -> "Events":
        """The events of a task or attempt after a sequence number."""
        query = _query({"after": after, "of": of, "limit": limit or "", "follow": int(follow)})
        try:
            answer = request(socket_path(self.home), "GET", f"/v1/events{query}", None, SILENCE_S)
        except OSError as error:
            raise _gone() from error
        if answer.status >= 400:
            raise fault_of(_json(answer.read()), answer.status)
        return Events(answer)

    def _reached(
        self, method: str, path: str, body: Mapping[str, Any] | None, limit_s: float
    ) -> Any:
        try:
            return self._call(method, path, body, limit_s)
        except OSError as error:
            raise _gone() from error

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None, limit_s: float) -> Any:
        answer = request(socket_path(self.home), method, path, body, limit_s)
        content = _json(answer.read())
        if answer.status >= 400:
            raise fault_of(content, answer.status)
        return content


class Events:
    """An open stream of events, to iterate or to select on."""

    def __init__(self, answer: Answer) -> None:
        """Takes over the open answer."""
        self._answer = answer

    def fileno(self) -> int:
        """For select."""
        return self._answer.fileno()

    def more(self) -> list[EventView] | None:
        """What one read brought (maybe nothing, a heartbeat); None at the end."""
        try:
            lines = self._answer.more()
        except OSError as error:
            raise _gone() from error
        return None if lines is None else [_json(line) for line in lines if line.strip()]

    def __iter__(self) -> Iterator[EventView]:
        """Every event until the end, or until the iteration is dropped; then it is closed."""
        try:
            while (found := self.more()) is not None:
                yield from found
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the stream."""
        self._answer.close()


class NoHub(errors.Outside):
    """The hub cannot be reached."""

    code = "no-hub"


def _gone() -> NoHub:
    return NoHub("The hub cannot be reached.", hint="See why: ropewalk hub logs")


def _query(values: Mapping[str, str | float]) -> str:
    pairs = [f"{key}={_quote(str(value))}" for key, value in values.items() if value != ""]
    return "?" + "&".join(pairs) if pairs else ""


def _quote(text: str) -> str:
    """Percent-encoded as RFC 3986 has it (`urllib.parse` would cost 8 ms of a cold start)."""
    return "".join(
        chr(one) if (one < 128 and chr(one).isalnum()) or one in b"-._~" else f"%{one:02X}"
        for one in text.encode()
    )


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise errors.Outside(BROKEN, hint="See what it says: ropewalk hub logs") from error


KINDS: dict[str, type[errors.RopewalkError]] = {
    kind.code: kind
    for kind in (errors.Refused, errors.NotFound, errors.Conflict, errors.Outside, errors.Bug)
}


def fault_of(content: Any, status: int) -> errors.RopewalkError:
    """The error that an answer tells."""
    found = content.get("error") if isinstance(content, dict) else None
    if not isinstance(found, dict):
        return errors.Bug(f"The hub failed (HTTP {status}).", hint="ropewalk hub logs")
    fault = cast("Fault", found)
    message, hint = str(fault.get("message", "")), str(fault.get("hint", ""))
    if fault.get("code") == errors.Consent.code:
        return errors.Consent(
            message,
            subject=fault["subject"],
            text=fault["text"],
            digest=fault["digest"],
            agrees=fault.get("agrees"),
            hint=hint,
        )
    return KINDS.get(str(fault.get("code")), errors.RopewalkError)(message, hint=hint)

"""Request bodies: from JSON to what the hub takes, with an error that names the field."""

import json
import math
from collections.abc import AsyncIterable, Mapping
from typing import Any, cast

from ropewalk.core.errors import Refused
from ropewalk.hub.adopting import NewAdoption
from ropewalk.hub.ask import Ask
from ropewalk.hub.cleaning import Asked
from ropewalk.hub.forking import NewFork
from ropewalk.hub.init import Wish
from ropewalk.hub.newtask import NewTask

Body = dict[str, Any]
BODY_BYTES = 32 * 1024 * 1024
WAIT_S = 60.0
MOST = 2**53
LONGEST_S = 30 * 86_400.0
UPDATE = "Update the ropewalk command."
SPEECH = ("brief", "text", "reason", "message")
"""Fields that may hold any character; the others become names, paths and arguments."""


async def read_body(pieces: AsyncIterable[bytes]) -> Body:
    """The JSON object of a request. Refused: it is something else, or larger than 32 MB."""
    content, size = bytearray(), 0
    async for piece in pieces:
        size += len(piece)
        if size <= BODY_BYTES:
            content += piece
    if size > BODY_BYTES:
        raise Refused("The request is larger than 32 MB.", hint="Name a file in the prompt.")
    try:
        body: object = json.loads(content)
    except (ValueError, RecursionError):
        raise Refused("The request is not JSON.", hint=UPDATE) from None
    if not isinstance(body, dict):
        raise Refused("The request is not a JSON object.", hint=UPDATE)
    return cast("Body", body)


def word(query: Mapping[str, str], name: str) -> str:
    """A text that a query must hold. Refused: it does not."""
    return text_field(dict(query), name)


def number(query: Mapping[str, str], name: str, default: float, *, most: float) -> float:
    """A number of a query, between 0 and `most`. Refused: it is none."""
    try:
        value = float(query.get(name, default))
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise Refused(f"“{name}” must be a number.", hint=UPDATE)
    return min(max(value, 0.0), most)


def text_field(body: Body, name: str, default: str | None = None) -> str:
    """A text. Refused: it is missing (without a default) or something else."""
    value = body.get(name, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise Refused(f"“{name}” must be a text.", hint=UPDATE)
    if name not in SPEECH:
        _without_nul(name, value)
    return value


def _without_nul(name: str, *values: str) -> None:
    if any("\0" in one for one in values):
        raise Refused(f"“{name}” must not hold a NUL character.", hint="Remove it.")


def _optional(body: Body, name: str, kind: type[Any]) -> Any:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Refused(f"“{name}” must be of type {kind}.", hint=UPDATE)
    if isinstance(value, str):
        _without_nul(name, value)
    return value


def _texts(body: Body, name: str) -> tuple[str, ...]:
    value = body.get(name) or []
    if not isinstance(value, list) or not all(
        isinstance(one, str) for one in cast("list[Any]", value)
    ):
        raise Refused(f"“{name}” must be a list of texts.", hint=UPDATE)
    texts = tuple(cast("list[str]", value))
    _without_nul(name, *texts)
    return texts


def _mapping(body: Body, name: str) -> dict[str, str]:
    value = body.get(name) or {}
    items = cast("dict[Any, Any]", value).items() if isinstance(value, dict) else [(0, 0)]
    if not all(isinstance(one, str) for pair in items for one in pair):
        raise Refused(f"“{name}” must map texts to texts.", hint=UPDATE)
    texts = dict(cast("dict[str, str]", value))
    _without_nul(name, *texts, *texts.values())
    if any(not one or "=" in one for one in texts):
        raise Refused(f"“{name}” holds a name that no variable has.", hint=UPDATE)
    return texts


def new_task(body: Body) -> NewTask:
    """The body of POST /v1/tasks."""
    limit = body.get("limit_s")
    if isinstance(limit, bool) or (limit is not None and not isinstance(limit, int | float)):
        raise Refused("The time limit must be a number.", hint=UPDATE)
    if limit is not None and not limit > 0:
        raise Refused("The time limit must be positive.", hint="--limit 20m")
    if limit is not None and limit > LONGEST_S:
        raise Refused("The time limit is longer than 30 days.", hint="--limit 20m")
    return NewTask(
        directory=text_field(body, "directory"),
        brief=text_field(body, "brief"),
        agents=_texts(body, "agents"),
        count=_optional(body, "count", int),
        checks=_texts(body, "checks"),
        unchecked=bool(body.get("unchecked")),
        base=_optional(body, "base", str),
        on=_optional(body, "on", str),
        with_changes=bool(body.get("with_changes")),
        limit_s=float(limit) if limit is not None else None,
        environment=_mapping(body, "environment"),
        secrets=_mapping(body, "secrets"),
        trust=bool(body.get("trust")),
        consent=bool(body.get("consent")),
        actor=f"person:{text_field(body, 'actor', 'person')}",
        terminal=text_field(body, "terminal", ""),
    )


def new_starter(body: Body) -> Wish:
    """The body of POST /v1/init."""
    return Wish(
        directory=text_field(body, "directory"),
        path=text_field(body, "path", ""),
        write=bool(body.get("write")),
        force=bool(body.get("force")),
        actor=f"person:{text_field(body, 'actor', 'person')}",
    )


def shown(body: Body) -> list[Asked]:
    """The body of POST /v1/gc."""
    items = body.get("items")
    if not isinstance(items, list):
        raise Refused("“items” must be a list.", hint=UPDATE)
    return [
        Asked(text_field(one, "kind"), text_field(one, "id"), text_field(one, "stamp", ""))
        for one in cast("list[Body]", items)
        if isinstance(one, dict)
    ]


def ask(body: Body) -> Ask:
    """The body of POST /v1/act/VERB, apart from the ids."""
    return Ask(
        actor=f"person:{text_field(body, 'actor', 'person')}",
        terminal=text_field(body, "terminal", ""),
        reason=text_field(body, "reason", ""),
        text=text_field(body, "text", ""),
        option=text_field(body, "option", ""),
        question=text_field(body, "question", ""),
        others=text_field(body, "others", "drop"),
        target=text_field(body, "target", ""),
        mode=text_field(body, "mode", ""),
        message=text_field(body, "message", ""),
        unchecked=bool(body.get("unchecked")),
        names=_texts(body, "names"),
        secrets=_mapping(body, "secrets"),
        to=text_field(body, "to", ""),
    )


def new_adoption(body: Body) -> NewAdoption:
    """The body of POST /v1/adoptions."""
    named = text_field(body, "named")
    if not named:
        raise Refused("There is nothing to adopt.", hint="ropewalk adopt PATH or BRANCH")
    agents = _texts(body, "agents")
    if len(agents) > 1:
        raise Refused("What is adopted is one attempt.", hint="Fork it for another agent.")
    return NewAdoption(named=named, task=new_task({**body, "brief": body.get("brief") or ""}))


def new_fork(body: Body, attempt: str) -> NewFork:
    """The body of POST /v1/forks/ATTEMPT."""
    return NewFork(
        attempt=attempt,
        at=text_field(body, "at", ""),
        brief=text_field(body, "brief", ""),
        agent=text_field(body, "agent", ""),
        environment=_mapping(body, "environment"),
        secrets=_mapping(body, "secrets"),
        trust=bool(body.get("trust")),
        consent=bool(body.get("consent")),
        actor=f"person:{text_field(body, 'actor', 'person')}",
    )

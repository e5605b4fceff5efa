"""Request bodies: from JSON to what the hub takes, with an error that names the field."""

from typing import Any, cast

from ropewalk.core.errors import Refused
from ropewalk.hub.actions import Ask
from ropewalk.hub.tasks import NewTask

Body = dict[str, Any]


def text_field(body: Body, name: str, default: str | None = None) -> str:
    """A text. Refused: it is missing (without a default) or something else."""
    value = body.get(name, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise Refused(f"“{name}” must be a text.", hint="Update the ropewalk command.")
    return value


def _optional(body: Body, name: str, kind: type[Any]) -> Any:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Refused(f"“{name}” must be of type {kind}.", hint="Update the ropewalk command.")
    return value


def _texts(body: Body, name: str) -> tuple[str, ...]:
    value = body.get(name) or []
    if not isinstance(value, list) or not all(
        isinstance(one, str) for one in cast("list[Any]", value)
    ):
        raise Refused(f"“{name}” must be a list of texts.", hint="Update the ropewalk command.")
    return tuple(cast("list[str]", value))


def _mapping(body: Body, name: str) -> dict[str, str]:
    value = body.get(name) or {}
    items = cast("dict[Any, Any]", value).items() if isinstance(value, dict) else [(0, 0)]
    if not all(isinstance(one, str) for pair in items for one in pair):
        raise Refused(f"“{name}” must map texts to texts.", hint="Update the ropewalk command.")
    return dict(cast("dict[str, str]", value))


def new_task(body: Body) -> NewTask:
    """The body of POST /v1/tasks."""
    limit = body.get("limit_s")
    if limit is not None and (not isinstance(limit, int | float) or limit <= 0):
        raise Refused("The time limit must be positive.", hint="--limit 20m")
    return NewTask(
        directory=text_field(body, "directory"),
        brief=text_field(body, "brief"),
        agents=_texts(body, "agents"),
        count=_optional(body, "count", int),
        checks=_texts(body, "checks"),
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
    )

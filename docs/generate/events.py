"""The page of the events."""

from dataclasses import MISSING, Field, fields
from typing import Any, get_type_hints

from docs.generate.markdown import doc, head, kind, table, text_of

from ropewalk.core.events import KINDS, Draft, Event, Recorded


def page() -> str:
    """Markdown."""
    lines = head(
        "Events",
        "State is the fold of these facts. `ropewalk log --json` and the API's `/v1/events` tell them.",
        "## Circumstances",
    )
    lines += ["", doc(Draft), "", *_fields(Draft), "", doc(Recorded), "", *_fields(Recorded)]
    lines += ["", "## Facts"]
    for tag, event in KINDS.items():
        lines += ["", f"### `{tag}` · version {event.version}", "", doc(event)]
        rows = _fields(event)
        lines += ["", *rows] if rows else []
    return text_of(lines)


def _fields(record: type[Event] | type[Draft] | type[Recorded]) -> list[str]:
    hints = get_type_hints(record)
    rows = [
        (f"`{one.name}`", f"`{kind(hints[one.name])}`", _default(one)) for one in fields(record)
    ]
    return table(("field", "type", "default"), rows)


def _default(one: "Field[Any]") -> str:
    return "" if one.default is MISSING else f"`{one.default!r}`"

"""What ACP shows inside messages and tool calls, as text for a person."""

import difflib
from itertools import islice

from ropewalk.core.payload import Payload
from ropewalk.wire.jsonrpc import Body, Json, body, items, text

DETAIL = 100_000
"""Characters of a tool call's detail that are kept."""

PARTS = 50
"""Pieces of content of one tool call that are looked at."""

COMPARED = 1_000
"""Lines of a diff's two sides that are compared; beyond it comparing could take minutes."""


def block(value: Json) -> str:
    """The text of a content block; what is not text is named, not shown."""
    content = body(value)
    match text(content.get("type")):
        case "text":
            return text(content.get("text"))
        case "resource_link":
            return f"[{text(content.get('name')) or 'resource'}]({text(content.get('uri'))})"
        case "resource":
            resource = body(content.get("resource"))
            return text(resource.get("text")) or f"[resource {text(resource.get('uri'))}]"
        case "image" | "audio" as kind:
            return f"[{kind} {text(content.get('mimeType'))}]"
        case _:
            return ""


def detail(call: Body) -> Payload | None:
    """The content of a tool call, else what it was given and gave back; None if it says nothing."""
    parts = map(_part, items(call.get("content"))[:PARTS])
    shown = "\n".join(part for part in parts if part)
    shown = shown or "\n".join(
        filter(None, [_raw(call.get("rawInput")), _raw(call.get("rawOutput"))])
    )
    return Payload.of(_shortened(shown)) if shown else None


def _part(value: Json) -> str:
    part = body(value)
    match text(part.get("type")):
        case "content":
            return block(part.get("content"))
        case "diff":
            return _diff(
                text(part.get("path")), text(part.get("oldText")), text(part.get("newText"))
            )
        case _:
            return ""


def _diff(path: str, old: str, new: str) -> str:
    before, after = old.splitlines(), new.splitlines()
    head = [f"--- {path}" if old else "--- /dev/null", f"+++ {path}"]
    if len(before) + len(after) <= COMPARED:
        changes = difflib.unified_diff(before, after, lineterm="")
        return "\n".join([*head, *islice(changes, 2, None)])
    return "\n".join([*head, f"@@ {len(before)} lines before, {len(after)} after @@"])


def _raw(value: Json) -> str:
    if isinstance(value, str):
        return text(value)
    fields = body(value)
    words = [(key, text(one)) for key, one in fields.items()]
    return "\n".join(f"{text(key)}: {one}" for key, one in words if one)


def _shortened(shown: str) -> str:
    if len(shown) <= DETAIL:
        return shown
    half = DETAIL // 2
    left_out = len(shown) - 2 * half
    return f"{shown[:half]}\n… {left_out} characters left out …\n{shown[-half:]}"

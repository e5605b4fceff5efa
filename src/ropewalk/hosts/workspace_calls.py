"""The calls of the ports `Workspaces`, `Bases` and `Disk` over a host's socket: bytes as base64, records as JSON."""

import base64
from typing import Any

from ropewalk.core.codec import dump, load
from ropewalk.core.errors import Refused
from ropewalk.ports import Order, Workspaces

CALLS = (
    *("prepare", "snapshot", "replace", "keep", "bring_back", "trash", "restore", "read"),
    *("begin", "finish", "discard"),
    *("usage", "examine", "taken", "strangers", "weigh", "clear"),
)


async def answer_call(workspaces: Workspaces, call: str, arguments: dict[str, Any]) -> Any:
    """Do what was asked for; its result as JSON. Refused: there is no such call."""
    if call not in CALLS:
        raise Refused(f"there is no workspace call {call}")
    if call == "prepare":
        arguments = {"order": load(Order, arguments)}
    result = await getattr(workspaces, call)(**arguments)
    return base64.b64encode(result).decode() if isinstance(result, bytes) else dump(result)

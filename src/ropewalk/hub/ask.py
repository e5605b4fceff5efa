"""What a verb is asked for, and what does it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a verb was given besides the ids. Unused fields are empty."""

    actor: str = "person"
    terminal: str = ""
    reason: str = ""
    text: str = ""
    option: str = ""
    question: str = ""
    others: str = "drop"
    target: str = ""
    mode: str = ""
    message: str = ""
    unchecked: bool = False
    names: tuple[str, ...] = ()
    action: str = ""
    secrets: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    to: str = ""


Verb = Callable[[str, Ask], Awaitable[str]]
"""Does a verb on the attempt of that name; answers with what is said to the person."""

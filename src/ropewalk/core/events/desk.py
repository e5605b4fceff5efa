"""Events of the desk: a person edits an attempt's files in an editor of their own."""

from dataclasses import dataclass

from ropewalk.core.events.envelope import Event
from ropewalk.core.payload import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class EditsBrought(Event):
    """The person's edits are to come into the workspace: what lies between the commits `base` and `commit`."""

    tag = "edits.brought"
    action: str
    base: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditsTaken(Event):
    """They are in the workspace, as version `number` (0: it had them already); `diff` is what they changed."""

    tag = "edits.taken"
    action: str
    number: int
    diff: Payload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditsConflicted(Event):
    """They conflict with what the agent did since; the workspace is untouched.

    `onto` is the commit that they were brought onto, `commit` both together, with conflict markers in `paths`.
    """

    tag = "edits.conflicted"
    action: str
    onto: str
    commit: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditsLeft(Event):
    """They did not come in: the person let go of them, or it could not be done. A ref holds them."""

    tag = "edits.left"
    action: str
    reason: str

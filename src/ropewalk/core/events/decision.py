"""Events of what a person decides, and of the way into a branch."""

from dataclasses import dataclass

from ropewalk.core.events.envelope import Event
from ropewalk.core.payload import Payload
from ropewalk.core.records import MergeMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Event):
    """The person chose this version. `others` names the siblings that were dropped with it."""

    tag = "decision.kept"
    action: str
    number: int
    others: tuple[str, ...] = ()
    reason: str = ""
    reviewed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Event):
    """The person's repository holds the kept version under a ref; number 0: none any more."""

    tag = "decision.held"
    number: int
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped(Event):
    """The person threw this away; the workspace goes to the trash."""

    tag = "decision.dropped"
    action: str
    reason: str = ""
    reviewed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionUndone(Event):
    """A keep or drop was taken back."""

    tag = "decision.undone"
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeAsked(Event):
    """The person wants this version in a branch."""

    tag = "merge.asked"
    action: str
    number: int
    target: str
    mode: MergeMode
    message: Payload
    unchecked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeBuilt(Event):
    """The change stands on the target as it is now, in our store."""

    tag = "merge.built"
    action: str
    onto: str
    commit: str
    tree: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCommitted(Event):
    """The person's commit of the built tree exists; the branch has not moved yet."""

    tag = "merge.committed"
    action: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(Event):
    """The branch is at our commit."""

    tag = "merge.done"
    action: str
    target: str
    before: str
    after: str
    checkout: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeBounced(Event):
    """It could not be brought in; nothing was moved."""

    tag = "merge.bounced"
    action: str
    reason: str
    hint: str = ""
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeUndone(Event):
    """The branch is back where it was before the merge."""

    tag = "merge.undone"
    action: str
    target: str
    back_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebased(Event):
    """The change now stands on another base; conflicts, if any, are in the files."""

    tag = "change.rebased"
    base: str
    conflicts: tuple[str, ...] = ()

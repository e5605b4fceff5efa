"""Events: immutable facts in the past tense. State is nothing but their fold.

Every event has a stable `tag` and a `version` (raised when its fields change meaning). `Draft` is an
event with its circumstances before it was stored, `Recorded` is the same with its sequence number.
"""

from ropewalk.core.events.change import (
    CheckEnded,
    CheckStarted,
    EditsJudged,
    EvidenceWanted,
    SnapshotFailed,
    Standing,
    TurnLeftNothing,
    VersionMade,
)
from ropewalk.core.events.conversation import (
    Channel,
    GapMade,
    MessageQueued,
    Noted,
    Outcome,
    PlanChanged,
    QuestionAnswered,
    QuestionAsked,
    QuestionClosed,
    SessionOpened,
    TextAdded,
    ToolChanged,
    TurnEnded,
    TurnStarted,
    UsageChanged,
)
from ropewalk.core.events.decision import (
    DecisionUndone,
    Dropped,
    Held,
    Kept,
    MergeAsked,
    MergeBounced,
    MergeBuilt,
    MergeCommitted,
    Merged,
    MergeUndone,
    Rebased,
)
from ropewalk.core.events.envelope import Draft, Event, Recorded
from ropewalk.core.events.rewinding import FilesKept, RewindAsked, RewindFailed, Rewound
from ropewalk.core.events.work import (
    AttemptAdded,
    AttemptAdmitted,
    ConsentGiven,
    KeysGiven,
    ProcessEnded,
    ProcessStarted,
    ProjectAdded,
    ResumeAsked,
    SetupEnded,
    SetupStarted,
    StartFailed,
    StopAsked,
    TaskClosed,
    TaskCreated,
    TaskReopened,
    WorkspacePrepared,
    WorkspaceRestored,
    WorkspaceTrashed,
)

__all__ = [
    "KINDS",
    "AttemptAdded",
    "AttemptAdmitted",
    "Channel",
    "CheckEnded",
    "CheckStarted",
    "ConsentGiven",
    "DecisionUndone",
    "Draft",
    "Dropped",
    "EditsJudged",
    "Event",
    "EvidenceWanted",
    "FilesKept",
    "GapMade",
    "Held",
    "Kept",
    "KeysGiven",
    "MergeAsked",
    "MergeBounced",
    "MergeBuilt",
    "MergeCommitted",
    "MergeUndone",
    "Merged",
    "MessageQueued",
    "Noted",
    "Outcome",
    "PlanChanged",
    "ProcessEnded",
    "ProcessStarted",
    "ProjectAdded",
    "QuestionAnswered",
    "QuestionAsked",
    "QuestionClosed",
    "Rebased",
    "Recorded",
    "ResumeAsked",
    "RewindAsked",
    "RewindFailed",
    "Rewound",
    "SessionOpened",
    "SetupEnded",
    "SetupStarted",
    "SnapshotFailed",
    "Standing",
    "StartFailed",
    "StopAsked",
    "TaskClosed",
    "TaskCreated",
    "TaskReopened",
    "TextAdded",
    "ToolChanged",
    "TurnEnded",
    "TurnLeftNothing",
    "TurnStarted",
    "UsageChanged",
    "VersionMade",
    "WorkspacePrepared",
    "WorkspaceRestored",
    "WorkspaceTrashed",
]


def _leaves(root: type[Event]) -> list[type[Event]]:
    return [leaf for kind in root.__subclasses__() for leaf in [kind, *_leaves(kind)]]


KINDS: dict[str, type[Event]] = {kind.tag: kind for kind in _leaves(Event)}
"""All events by tag."""

"""Events: immutable facts in the past tense. State is nothing but their fold.

Every event has a stable `tag` and a `version` (raised when its fields change meaning). `Draft` is an
event with its circumstances before it was stored, `Recorded` is the same with its sequence number.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from ropewalk.core.payload import Payload
from ropewalk.core.records import Agent, Check, Exit, MergeMode, Option, PlanEntry, Version

Outcome = Literal["done", "refused", "failed", "stopped", "timed-out", "interrupted"]
Channel = Literal["message", "thought", "stdout", "stderr", "user"]
Standing = Literal["passed", "failed", "timed-out", "not-run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The root of all facts."""

    tag: ClassVar[str] = ""
    version: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event and its circumstances, not stored yet.

    Ids are permanent random ids, never aliases. `epoch` counts the starts of the attempt. `source` is
    the run that said it (empty: no run did), `source_seq` its place there (a spool position), `part`
    counts the events of one place: the three together are recorded only once. `actor` is
    `person:NAME`, `agent:NAME` or `hub`. `observed` is in seconds since the epoch.
    """

    event: Event
    project: str = ""
    task: str = ""
    attempt: str = ""
    epoch: int = 0
    host: str = ""
    source: str = ""
    source_seq: int = 0
    part: int = 0
    actor: str = "hub"
    observed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A draft with its number in the one sequence of this hub, and the time it was recorded."""

    seq: int
    recorded: float
    draft: Draft

    @property
    def event(self) -> Event:
        """The fact itself."""
        return self.draft.event


# --- project -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAdded(Event):
    """A repository was used for the first time."""

    tag = "project.added"
    path: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Event):
    """The person agreed to something: a file's commands (`file:…`) or an agent without a sandbox."""

    tag = "consent.given"
    subject: str
    digest: str


# --- task ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCreated(Event):
    """A person asked for something. `base` is frozen for all its attempts."""

    tag = "task.created"
    number: int
    title: str
    brief: Payload
    base: str
    base_tree: str
    base_name: str
    target: str
    checks: tuple[Check, ...]
    limit_s: float
    environment: dict[str, str]
    notices: tuple[str, ...] = ()
    merge_mode: MergeMode = "squash"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskClosed(Event):
    """Every attempt of the task is decided and nothing of it runs."""

    tag = "task.closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReopened(Event):
    """A decision of a closed task was taken back."""

    tag = "task.reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptAdded(Event):
    """An agent will try the task."""

    tag = "attempt.added"
    number: int
    agent: Agent


# --- workspace and process -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptAdmitted(Event):
    """There is room for it: it may start. The event's epoch is the new one."""

    tag = "attempt.admitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspacePrepared(Event):
    """The workspace is there."""

    tag = "workspace.prepared"
    path: str
    branch: str
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceTrashed(Event):
    """The whole workspace is in the trash; a ref holds its last version."""

    tag = "workspace.trashed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRestored(Event):
    """The workspace is back from the trash."""

    tag = "workspace.restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStarted(Event):
    """A runner holds the agent's process."""

    tag = "process.started"
    run: str
    pid: int | None
    containment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEnded(Event):
    """The agent's process is gone."""

    tag = "process.ended"
    run: str
    exit: Exit


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFailed(Event):
    """Preparing the workspace or starting the process did not succeed."""

    tag = "start.failed"
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAsked(Event):
    """Somebody wants the process gone, a decision made it needless, or another needs its room."""

    tag = "stop.asked"
    cause: Literal["person", "decision", "room"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeAsked(Event):
    """Somebody wants an attempt that ended to go on."""

    tag = "resume.asked"


# --- conversation --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened(Event):
    """The agent speaks its protocol and has a session that can be named later."""

    tag = "session.opened"
    session: str
    title: str = ""
    can_load: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQueued(Event):
    """A person said something that the agent will get as its next turn."""

    tag = "message.queued"
    message: str
    text: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted(Event):
    """The agent got a prompt: the brief (message empty) or a queued message."""

    tag = "turn.started"
    turn: int
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAdded(Event):
    """The agent wrote something."""

    tag = "text.added"
    channel: Channel
    text: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChanged(Event):
    """A tool call began or changed (an upsert by `call`). Empty fields mean unchanged."""

    tag = "tool.changed"
    call: str
    title: str = ""
    kind: str = ""
    status: str = ""
    detail: Payload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanged(Event):
    """The agent's own plan, whole."""

    tag = "plan.changed"
    entries: tuple[PlanEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageChanged(Event):
    """What the agent says it used so far in this session; claims, not measurements."""

    tag = "usage.changed"
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked(Event):
    """The agent waits for an answer. `question` is its key: the spool position it was read at."""

    tag = "question.asked"
    question: str
    kind: Literal["permission", "question"]
    title: str
    options: tuple[Option, ...]
    detail: Payload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered(Event):
    """Somebody answered."""

    tag = "question.answered"
    question: str
    option: str
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionClosed(Event):
    """The question went away without an answer."""

    tag = "question.closed"
    question: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapMade(Event):
    """Output beyond the quota was not kept."""

    tag = "output.gap"
    channel: Channel
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """Something worth telling that is nobody's words: a protocol fault, an odd line."""

    tag = "noted"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded(Event):
    """The agent stopped working, for a reason that was seen."""

    tag = "turn.ended"
    turn: int
    outcome: Outcome
    reason: str = ""


# --- the change ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionMade(Event):
    """The turn altered files: a new immutable version of the change."""

    tag = "version.made"
    change: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLeftNothing(Event):
    """The turn altered no file."""

    tag = "turn.left-nothing"
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFailed(Event):
    """The files of the turn could not be kept as a version; they are still in the workspace."""

    tag = "snapshot.failed"
    turn: int
    reason: str


# --- evidence ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceWanted(Event):
    """A tree is to be judged by a check. `key` stands for (tree, check, environment)."""

    tag = "evidence.wanted"
    key: str
    check: Check
    commit: str
    tree: str
    environment: str
    again: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStarted(Event):
    """A check runs."""

    tag = "check.started"
    key: str
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEnded(Event):
    """What a check said. `cases` is the JSON of all cases where the runner could tell.

    `not-run`: the check itself could not be run, which says nothing about the change. `again` counts
    the repetitions for flakiness; `flaky` names the cases that differed between them.
    """

    tag = "check.ended"
    key: str
    standing: Standing
    exit: Exit
    duration_s: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    reason: str = ""
    cases: Payload | None = None
    output: Payload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditsJudged(Event):
    """What a version does to existing tests, and the tree with the base's tests to judge it by as well.

    `with_base_tests` is empty where the version leaves tests and their configuration alone.
    """

    tag = "edits.judged"
    number: int
    paths: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    commit: str = ""
    tree: str = ""


# --- decisions -----------------------------------------------------------------------------------


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


def _leaves(root: type[Event]) -> list[type[Event]]:
    return [leaf for kind in root.__subclasses__() for leaf in [kind, *_leaves(kind)]]


KINDS: dict[str, type[Event]] = {kind.tag: kind for kind in _leaves(Event)}
"""All events by tag."""

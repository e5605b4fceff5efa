"""Events of projects, tasks, workspaces and processes."""

from dataclasses import dataclass, field
from typing import Literal

from ropewalk.core.events.envelope import Event
from ropewalk.core.payload import Payload
from ropewalk.core.records import Agent, Check, Exit, Fork, MergeMode
from ropewalk.core.rules import Rules
from ropewalk.core.setup import Setup


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAdded(Event):
    """A repository was used for the first time."""

    tag = "project.added"
    path: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Event):
    """The person agreed to something.

    A file's commands (`file:…`), an agent without a sandbox (`agent:…`) or in one (`boxed:…`).
    """

    tag = "consent.given"
    subject: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCreated(Event):
    """A person asked for something. `base` is frozen for all its attempts, and so are the `rules`.

    `sandbox` says in words what its agents were to be locked in (empty: nothing was said of it then).
    """

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
    setup: Setup = field(default_factory=Setup)
    rules: Rules = field(default_factory=Rules)
    sandbox: str = ""


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
    """An agent will try the task.

    `fork` names the attempt that it goes on from, if there is one; its first version then says with what.
    `brief` is its own prompt (None: the task's), `base` its own base (empty: the task's).
    """

    tag = "attempt.added"
    number: int
    agent: Agent
    brief: Payload | None = None
    fork: Fork | None = None
    base: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptAdmitted(Event):
    """There is room for it: it may start. The event's epoch is the new one."""

    tag = "attempt.admitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupStarted(Event):
    """A command of the set-up runs; `commands` counts them all, `number` from 1 on."""

    tag = "setup.started"
    command: str
    number: int
    commands: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupEnded(Event):
    """A command of the set-up is over. `code` is None where it was ended by a signal; `output` its last words."""

    tag = "setup.ended"
    command: str
    code: int | None
    duration_s: float
    output: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspacePrepared(Event):
    """The workspace is there. `port` is the first of its own block of ports; 0: it has none."""

    tag = "workspace.prepared"
    path: str
    branch: str
    engine: str
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceTrashed(Event):
    """The whole workspace is in the trash; a ref holds its last version."""

    tag = "workspace.trashed"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsGone(Event):
    """The files of all its versions go for good: it was dropped, its time is over, and a person wants the room."""

    tag = "versions.gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRestored(Event):
    """The workspace is back from the trash; its ports may be others now."""

    tag = "workspace.restored"
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStarted(Event):
    """A runner holds the agent's process. `sandbox` says in words what it is locked in (empty: nothing was said)."""

    tag = "process.started"
    run: str
    pid: int | None
    containment: str
    sandbox: str = ""


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
class KeysGiven(Event):
    """Variables of these names are there for the attempt's agent. Their values are kept nowhere."""

    tag = "keys.given"
    names: tuple[str, ...]


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

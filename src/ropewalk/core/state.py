"""State: what is known now, as frozen records. `fold.py` derives it from events, nothing else writes it."""

from dataclasses import dataclass, field
from typing import Literal

from ropewalk.core.desk import Edits
from ropewalk.core.events import CheckEnded, EditsJudged, Outcome
from ropewalk.core.history import Rewind, Turn
from ropewalk.core.payload import Payload
from ropewalk.core.records import Agent, Check, Fork, MergeMode, Option, Version
from ropewalk.core.rules import Rules
from ropewalk.core.servers import Server
from ropewalk.core.setup import Setup

ProcessState = Literal["none", "starting", "alive", "parked", "lost"]
TurnState = Literal["queued", "preparing", "working", "ended", "unknown"]
Decision = Literal["none", "kept", "dropped", "merged"]
WorkspaceState = Literal["none", "ready", "trashed"]
Stop = Literal["", "person", "decision", "room"]
MergeStep = Literal["asked", "built", "committed", "done", "bounced", "undoing", "undone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A repository that tasks were asked for.

    `consents` maps subjects to the digests agreed to last, `trusted` has each pair that ever was.
    """

    id: str
    path: str
    name: str
    consents: dict[str, str] = field(default_factory=dict[str, str])
    trusted: tuple[str, ...] = ()

    def agreed(self, subject: str, digest: str) -> bool:
        """Whether the person agreed to this very digest, now or before."""
        return self.consents.get(subject) == digest or trust_mark(subject, digest) in self.trusted


def trust_mark(subject: str, digest: str) -> str:
    """A subject and its digest as one word (a digest holds no space)."""
    return f"{digest} {subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a person asked for. `created` in seconds since the epoch."""

    id: str
    project: str
    number: int
    title: str
    brief: Payload
    base: str
    base_tree: str
    base_name: str
    target: str
    checks: tuple[Check, ...] = ()
    limit_s: float = 0.0
    environment: dict[str, str] = field(default_factory=dict[str, str])
    notices: tuple[str, ...] = ()
    merge_mode: MergeMode = "squash"
    setup: Setup = field(default_factory=Setup)
    rules: Rules = field(default_factory=Rules)
    sandbox: str = ""
    attempts: tuple[str, ...] = ()
    created: float = 0.0
    by: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something said that the agent has not got yet."""

    id: str
    text: Payload
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An open question of an agent."""

    id: str
    kind: Literal["permission", "question"]
    title: str
    options: tuple[Option, ...]
    asked: float
    detail: Payload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the agent says it used."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """The way of a change into a branch, as far as it got."""

    action: str
    number: int
    target: str
    mode: MergeMode
    message: Payload
    by: str
    step: MergeStep = "asked"
    unchecked: bool = False
    onto: str = ""
    built: str = ""
    tree: str = ""
    commit: str = ""
    reason: str = ""
    hint: str = ""
    conflicts: tuple[str, ...] = ()
    checkout: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One agent's try at a task: its process, its turn, its change and what was decided of it.

    Times are seconds since the epoch, 0 where it has not happened. `snapshot_due` is the turn whose
    files are not kept yet (0: none). `stop` says why the process shall go (empty: it may stay).
    A message that comes while a person's stop is on its way makes that `room`: it may come back.
    `base` is what the change stands on: the task's base until a rebase. `decided_by` is the actor.
    `keys` are the names of variables that its agent was promised.
    `brief` is its own prompt where it has one; else the task's is meant.
    `gone`: no ref holds the files of its versions any more; nothing brings it back.
    """

    id: str
    task: str
    project: str
    number: int
    agent: Agent
    base: str
    epoch: int = 0
    process: ProcessState = "none"
    run: str = ""
    pid: int | None = None
    containment: str = ""
    sandbox: str = ""
    turn: int = 0
    state: TurnState = "queued"
    outcome: Outcome | None = None
    reason: str = ""
    hint: str = ""
    session: str = ""
    can_load: bool = False
    inbox: tuple[Message, ...] = ()
    questions: tuple[Question, ...] = ()
    usage: Usage = Usage()
    stop: Stop = ""
    workspace: WorkspaceState = "none"
    path: str = ""
    engine: str = ""
    port: int = 0
    branch: str = ""
    snapshot_due: int = 0
    versions: tuple[Version, ...] = ()
    edits: tuple[EditsJudged, ...] = ()
    decision: Decision = "none"
    action: str = ""
    decided_by: str = ""
    kept: int = 0
    held: int = 0
    merge: Merge | None = None
    conflicts: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    queued_at: float = 0.0
    started_at: float = 0.0
    ended_at: float = 0.0
    decided_at: float = 0.0
    brief: Payload | None = None
    fork: Fork | None = None
    turns: tuple[Turn, ...] = ()
    rewinds: tuple[Rewind, ...] = ()
    server: Server | None = None
    brought: tuple[Edits, ...] = ()
    gone: bool = False

    @property
    def version(self) -> Version | None:
        """The newest version of the change."""
        return self.versions[-1] if self.versions else None

    @property
    def rewinding(self) -> Rewind | None:
        """The way back that it is on: its files are about to be set back."""
        last = self.rewinds[-1] if self.rewinds else None
        return last if last and last.step in ("asked", "kept") else None

    @property
    def bringing(self) -> Edits | None:
        """A person's edits that are about to come into its files."""
        last = self.brought[-1] if self.brought else None
        return last if last and last.step == "asked" else None

    @property
    def merging(self) -> bool:
        """It is on its way into a branch."""
        return self.merge is not None and self.merge.step in ("asked", "built", "committed")

    @property
    def bounced(self) -> bool:
        """Its newest version could not be brought in."""
        merge, newest = self.merge, self.version
        return (
            merge is not None
            and merge.step == "bounced"
            and newest is not None
            and (merge.number == newest.number)
        )

    @property
    def serving(self) -> bool:
        """A server of its runs, or is about to."""
        return self.server is not None and self.server.live

    @property
    def settled(self) -> bool:
        """Its turn is over, its files are kept, and nothing is about to change them."""
        to_be_told = bool(self.inbox) and self.process == "alive"
        busy = self.snapshot_due or to_be_told or self.rewinding or self.bringing
        return self.state == "ended" and not busy

    @property
    def findings(self) -> tuple[str, ...]:
        """What the newest version does to existing tests; what older ones did no longer counts."""
        number = self.version.number if self.version else 0
        return tuple(
            one for edits in self.edits if edits.number == number for one in edits.findings
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A tree judged by a check, or about to be. `key` stands for (tree, check, environment).

    `results` has one entry per repetition; the last is the one that counts.
    """

    key: str
    project: str
    task: str
    check: Check
    commit: str
    tree: str
    environment: str
    standing: Literal["wanted", "running", "passed", "failed", "timed-out", "not-run"] = "wanted"
    run: str = ""
    again: int = 0
    results: tuple[CheckEnded, ...] = ()

    @property
    def finished(self) -> bool:
        """Nothing is to be run for it any more."""
        return self.standing not in ("wanted", "running")


@dataclass(slots=True, kw_only=True)
class World:
    """All that the hub holds in memory: what lives, by permanent id. Only `fold` alters what is known.

    `closed` counts the closed tasks of each project, most of which are in the store alone. `no_disk` are the
    attempts that wait because the disk has no room, `disk_words` says why: seen on this machine, no fact of the record.
    """

    projects: dict[str, Project] = field(default_factory=dict[str, Project])
    tasks: dict[str, Task] = field(default_factory=dict[str, Task])
    attempts: dict[str, Attempt] = field(default_factory=dict[str, Attempt])
    evidence: dict[str, Evidence] = field(default_factory=dict[str, Evidence])
    last_task: int = 0
    closed: dict[str, int] = field(default_factory=dict[str, int])
    no_disk: frozenset[str] = frozenset()
    disk_words: str = ""

    def of_task(self, task: str) -> list[Attempt]:
        """The attempts of a task, in order."""
        return [self.attempts[one] for one in self.tasks[task].attempts]

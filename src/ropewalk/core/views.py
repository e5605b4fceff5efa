"""What the API says: the JSON shapes that every face shows. Typed dictionaries, so that they cost nothing to read.

Schema version 1 (`"schema": 1` stands in every answer of the API and in every `--json` output). Times are
seconds since the epoch, durations seconds, money US dollars. New keys may be added; none changes its meaning.
"""

from typing import Any, Literal, TypedDict

SCHEMA = 1

Group = Literal["needs you", "working", "ready", "done"]


class CheckCell(TypedDict):
    """How one version stands against one check."""

    name: str
    required: bool
    standing: Literal["none", "wanted", "running", "passed", "failed", "timed-out", "not-run"]
    passed: int
    failed: int
    skipped: int
    failures: list[str]
    flaky: list[str]
    duration_s: float
    reason: str
    outdated: bool


class SecretView(TypedDict):
    """What is known of a secret: never its value. `command` prints it; empty: it is kept, in `place`.

    `agents` are those that ask for it.
    """

    name: str
    place: str
    command: str
    since: float
    agents: list[str]


class SecretsView(TypedDict):
    """The secrets of an instance."""

    schema: int
    secrets: list[SecretView]


class OptionView(TypedDict):
    """One answer that a question offers; `key` is the key or word to type."""

    id: str
    label: str
    kind: str
    key: str


class QuestionView(TypedDict):
    """An open question."""

    id: str
    kind: str
    title: str
    detail: str
    options: list[OptionView]
    asked: float


class VersionView(TypedDict):
    """One version of a change."""

    number: int
    turn: int
    commit: str
    tree: str
    files: int
    added: int
    removed: int
    summary: str
    made: Literal["turn", "edits", "rewind", "rebase", "fork", "adopted", "person"]
    note: str


class ForkView(TypedDict):
    """Where an attempt comes from: an attempt of the same task, its turn and version (0: the base)."""

    of: str
    turn: int
    version: int


class ServerView(TypedDict):
    """An attempt's server. `running` says that it takes connections at `address`; `starting`: not yet.

    `reason` says why it ended. `since` is when it was asked for, `asked_to_stop` whether its end was wanted.
    """

    state: Literal["starting", "running", "stopping", "ended"]
    address: str
    port: int
    since: float
    reason: str
    asked_to_stop: bool


class ServerLog(TypedDict):
    """A server's output from a position on; ask again from `next`. `live`: more may come."""

    schema: int
    text: str
    next: int
    live: bool


class AttemptView(TypedDict):
    """An attempt as one row shows it.

    `status` is one or two words, `detail` what it does or waits for, `next` a command. `keys` are the names
    of variables that its agent was promised.
    """

    schema: int
    id: str
    alias: str
    task: int
    project: str
    agent: str
    model: str
    group: Group
    status: str
    detail: str
    next: str
    process: str
    turn: int
    turn_state: str
    outcome: str
    reason: str
    hint: str
    epoch: int
    sandbox: str
    queued: float
    started: float
    ended: float
    elapsed_s: float
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    versions: list[VersionView]
    checks: list[CheckCell]
    questions: list[QuestionView]
    inbox: int
    decision: str
    kept_version: int
    merge: str
    conflicts: list[str]
    workspace: str
    path: str
    engine: str
    port: int
    branch: str
    edits: list[str]
    keys: list[str]
    fork: ForkView | None
    server: ServerView | None


class TurnView(TypedDict):
    """A turn; 0 is what was there before the first. `by` is the actor, `prompt` the first line.

    `version` holds the files at its end (0: those of the base), `files_are` says how it came about: the
    turn made a `version`, it changed `nothing`, they are `lost`, or (turn 0) `base` or `fork`; empty while
    it goes on. Files and lines are counted against the base. `then` lists the versions that no turn made.
    """

    number: int
    by: str
    prompt: str
    started: float
    ended: float
    elapsed_s: float
    outcome: str
    files_are: Literal["", "version", "nothing", "lost", "base", "fork"]
    version: int
    files: int
    added: int
    removed: int
    then: list[VersionView]


class TurnsView(TypedDict):
    """What `turns` shows."""

    schema: int
    id: str
    alias: str
    task: int
    fork: ForkView | None
    turns: list[TurnView]


class VisitView(TypedDict):
    """The way into a workspace for a program of the person's on this machine.

    `argv` goes before the program's own words; whoever opens `pipe` for writing, and writes a byte, keeps the
    workspace mounted until they close it. Both are empty where the files are simply at `path`. `environment`
    holds the workspace's variables.
    """

    schema: int
    argv: list[str]
    pipe: str
    path: str
    environment: dict[str, str]


class DeskView(TypedDict):
    """The desk: whose files it shows, where, and what became of edits that were there.

    `conflicts` are the files that hold conflict markers.
    """

    schema: int
    alias: str
    path: str
    message: str
    conflicts: list[str]


class TrialView(TypedDict):
    """What is tried, or was taken back, in the checkout at `root`; `paths` are relative to it."""

    schema: int
    message: str
    root: str
    paths: list[str]


class TaskView(TypedDict):
    """A task with its attempts. A race stands in the group of its most urgent attempt."""

    schema: int
    id: str
    number: int
    project: str
    project_name: str
    title: str
    group: Group
    base: str
    base_name: str
    target: str
    created: float
    by: str
    closed: bool
    limit_s: float
    notices: list[str]
    base_checks: list[CheckCell]
    attempts: list[AttemptView]


class Board(TypedDict):
    """What `ls` shows. Tasks in order of urgency, then newest first."""

    schema: int
    project: str
    project_name: str
    tasks: list[TaskView]
    counts: dict[str, int]
    hidden_done: int


class RankedRow(TypedDict):
    """One row of `compare`."""

    rank: int
    alias: str
    agent: str
    version: int
    checks: str
    with_base_tests: str
    agrees_with: list[str]
    files: int
    added: int
    removed: int
    cost_usd: float | None
    why: str
    findings: list[str]
    regressions: list[str]
    fixed: list[str]
    fork: ForkView | None


class Comparison(TypedDict):
    """What `compare` shows: every attempt, ranked, with reasons; advice, not a decision."""

    schema: int
    task: int
    title: str
    base_checks: list[CheckCell]
    rows: list[RankedRow]
    confidence: str
    notes: list[str]
    next: list[str]


class EventView(TypedDict):
    """One event as the API tells it. `body` holds the event's fields; payloads as {digest, size, text?}."""

    schema: int
    seq: int
    tag: str
    version: int
    project: str
    task: str
    attempt: str
    alias: str
    epoch: int
    source: str
    source_seq: int
    actor: str
    observed: float
    recorded: float
    body: dict[str, Any]


class ActionResult(TypedDict):
    """What became of one id of a verb. `message` is one sentence; `error` is an error's code or empty."""

    id: str
    message: str
    hint: str
    error: str


class Acted(TypedDict):
    """The answer of a verb: one result an id, in order; `seq` is the newest event, to follow from."""

    schema: int
    results: list[ActionResult]
    seq: int


class Undoable(TypedDict):
    """The last reversible action. `same_terminal` False: ask before it is undone.

    `since` is what the same person did after it that cannot be taken back; empty: nothing.
    """

    schema: int
    action: str
    what: str
    by: str
    when: float
    same_terminal: bool
    since: str


class Finding(TypedDict):
    """One line of `doctor`."""

    name: str
    state: Literal["ok", "note", "problem"]
    text: str
    hint: str


class Doctor(TypedDict):
    """What `doctor` found."""

    schema: int
    findings: list[Finding]


class DiskItem(TypedDict):
    """Something on the disk. `kind`: workspace, trash, base, store, spools, versions or objects.

    Versions are those of attempts that were dropped long ago; objects those of a store that no ref needs.
    `since`: made, trashed or used last.

    `dirty`: no ref holds its files as they are (null: somebody works on it, or it has none). `ignored` counts
    the files that are in no version. `frees`: it may go for good; else `why` says why it stays.
    """

    kind: str
    id: str
    name: str
    engine: str
    files: int
    bytes: int
    since: float
    stamp: str
    state: str
    dirty: bool | None
    unmerged: bool
    ignored: int
    ignored_bytes: int
    largest: str
    held_by: str
    used_by: list[str]
    frees: bool
    why: str


class DiskView(TypedDict):
    """What takes the disk, and what could go."""

    schema: int
    items: list[DiskItem]
    frees_bytes: int


class DiskClearing(TypedDict):
    """What went for good, what did not (`frees` false, `why`), and what was not even tried."""

    schema: int
    items: list[DiskItem]
    freed_bytes: int
    stays: list[str]


class Starter(TypedDict):
    """What `init` found: the text of a first `ropewalk.toml`, and whether it was written to `file`.

    `source` says where the set-up's commands come from, `checks` names those found, `notes` what else was.
    """

    schema: int
    file: str
    text: str
    written: bool
    source: str
    commands: list[list[str]]
    checks: list[str]
    notes: list[str]


class HubStatus(TypedDict):
    """Who the hub is, why it is up and when it will end by itself (0: not foreseen)."""

    schema: int
    version: str
    api: int
    pid: int
    hub: str
    home: str
    started: float
    reasons: list[str]
    ends_at: float
    live_attempts: int


class Fault(TypedDict):
    """An error as the API tells it (with HTTP status 4xx or 5xx). The last four only for code `consent`.

    `text` is shown before the person agrees; `agrees` has the digest of each subject that is agreed to.
    """

    code: str
    message: str
    hint: str
    subject: str
    text: str
    digest: str
    agrees: dict[str, str]

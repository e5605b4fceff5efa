"""Small frozen records that events, commands and ports share."""

from dataclasses import dataclass, field
from typing import Literal

PromptBy = Literal["argument", "stdin", "file"]
AgentKind = Literal["command", "acp"]
ReportKind = Literal["none", "junit", "go-json"]
MergeMode = Literal["squash", "merge", "rebase"]
Made = Literal["turn", "edits", "rewind", "rebase", "fork", "adopted", "person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """How to start a coding agent: the profile, frozen into each attempt that uses it.

    `argv` may hold `{prompt}`, `{model}` and `{file}`; an argument that consists of an unset
    placeholder is left out together with the option before it. `resume` is the same for a later turn of
    a command agent (empty: a later turn starts afresh with the new prompt). `environment` holds plain
    values, `passes` names variables that are handed through from the person's environment.
    """

    name: str
    kind: AgentKind
    argv: tuple[str, ...]
    prompt_by: PromptBy = "argument"
    resume: tuple[str, ...] = ()
    model: str | None = None
    environment: dict[str, str] = field(default_factory=dict[str, str])
    passes: tuple[str, ...] = ()
    memory_mb: int = 400
    scripted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A command that judges a change; its definition comes from the base commit.

    `argv` runs in a clean checkout of the tree to be judged; `{report}` in it stands for the path where
    a report of kind `report` is expected. `config` holds globs of the files that decide what the check
    does (test configuration, scripts); `tests` holds globs of test files. `limit_s` is in seconds.
    """

    name: str
    argv: tuple[str, ...]
    required: bool = True
    report: ReportKind = "none"
    limit_s: float = 900.0
    tests: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    found_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test as a check reported it. `name` is stable between runs."""

    name: str
    status: Literal["passed", "failed", "skipped", "xfailed"]
    duration_s: float = 0.0
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """An immutable state of an attempt's change: `7.2@3`. Counts are against the base.

    `made` says what led to it: a turn, or what was found changed outside of one (`edits`), a way back to
    an earlier state, a rebase, the attempt that it goes on from, or a worktree or branch that was
    adopted. `turn` is then the last one before.
    """

    number: int
    turn: int
    commit: str
    tree: str
    base: str
    files: int
    added: int
    removed: int
    paths: tuple[str, ...] = ()
    summary: str = ""
    made: Made = "turn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Where an attempt comes from: an attempt of the same task, its turn, and its version (0: the base)."""

    attempt: str
    turn: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer that a question offers. `kind` is e.g. allow_once, allow_always, reject_once."""

    id: str
    label: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """One line of an agent's own plan."""

    text: str
    status: str = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Hard limits that the runner enforces while nobody watches. Seconds and bytes; 0 is no limit.

    `deadline_s` counts from the start or from the last `limits` message; `output_bytes` is how much
    output the spool keeps; beyond it `keep` decides: `tail` keeps head and tail, `stop` ends the run.
    """

    deadline_s: float = 0.0
    output_bytes: int = 256 * 1024 * 1024
    keep: Literal["tail", "stop"] = "tail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How a run ended. `cause` is `exit` unless a limit or a person ended it, or it was lost.

    `error` says in words why the command could not be started at all; then `code` is 126 or 127, as a
    shell has it.
    """

    code: int | None
    signal: int | None = None
    cause: Literal[
        "exit", "deadline", "output", "memory", "processes", "disk", "stopped", "lost"
    ] = "exit"
    error: str = ""

"""Events of versions of a change, and of the evidence about them."""

from dataclasses import dataclass
from typing import Literal

from ropewalk.core.events.envelope import Event
from ropewalk.core.payload import Payload
from ropewalk.core.records import Check, Exit, Version

Standing = Literal["passed", "failed", "timed-out", "not-run"]


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

"""Effects: what state wants done outside, compared with what was seen. Derived, never stored.

An effect is keyed by (attempt or evidence, epoch, step). After a restart the same effects are derived
again and repeated; whoever executes them answers a repeated one with what is there already.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ropewalk.core.keys import evidence_key
from ropewalk.core.records import Check
from ropewalk.core.state import Attempt, Evidence, Task, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something to be done for `subject` (an attempt, or evidence's key). Equal effects are the same deed."""

    subject: str
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare(Effect):
    """Make the workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(Effect):
    """Start the agent's process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver(Effect):
    """Give a waiting agent the next queued message (the first prompt goes with the start)."""

    turn: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRun(Effect):
    """End the agent's process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Effect):
    """Keep the files of the turn as a version."""

    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepFiles(Effect):
    """Keep what is there as a version, before the files are set back."""

    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBack(Effect):
    """Make the files those of an earlier version."""

    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeEdits(Effect):
    """Merge a person's edits into the files."""

    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeEdits(Effect):
    """See what a version does to existing tests."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Effect):
    """Let the person's repository hold the kept version under a ref (0: hold none any more)."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trash(Effect):
    """Move the workspace to the trash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore(Effect):
    """Bring the workspace back from the trash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serve(Effect):
    """Start the server, follow it to its end, and end it when that is wanted."""

    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCheck(Effect):
    """Judge a tree. `epoch` counts the repetitions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildMerge(Effect):
    """Bring the change onto the target as it is now."""

    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitMerge(Effect):
    """Make the person's commit of the built tree."""

    action: str
    onto: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveBranch(Effect):
    """Move the target branch to the person's commit."""

    action: str
    commit: str


def wanted(attempt: Attempt) -> Iterator[Effect]:
    """What an attempt wants done now, apart from checks."""
    yield from _process(attempt)
    yield from _files(attempt)
    yield from _decision(attempt)
    if attempt.server and attempt.server.live:
        yield Serve(subject=attempt.id, run=attempt.server.run)


def _process(attempt: Attempt) -> Iterator[Effect]:
    subject, epoch = attempt.id, attempt.epoch
    alive = attempt.process == "alive"
    if attempt.stop:
        if alive:
            yield StopRun(subject=subject, epoch=epoch)
        return
    if attempt.rewinding or attempt.bringing:
        return
    if attempt.state == "preparing" and attempt.workspace == "none":
        yield Prepare(subject=subject, epoch=epoch)
    elif attempt.state == "preparing" and attempt.workspace == "ready" and not alive:
        yield Start(subject=subject, epoch=epoch)
    if alive and _may_be_prompted(attempt):
        message = attempt.inbox[0].id
        yield Deliver(subject=subject, epoch=epoch, turn=attempt.turn + 1, message=message)


def _may_be_prompted(attempt: Attempt) -> bool:
    idle = attempt.state == "ended" and not attempt.snapshot_due
    return idle and bool(attempt.inbox) and attempt.decision in ("none", "kept")


def _files(attempt: Attempt) -> Iterator[Effect]:
    if attempt.state == "ended" and attempt.snapshot_due and attempt.workspace == "ready":
        yield Snapshot(subject=attempt.id, epoch=attempt.epoch, turn=attempt.snapshot_due)
        return
    if attempt.rewinding and attempt.workspace == "ready" and attempt.state != "working":
        kind = KeepFiles if attempt.rewinding.step == "asked" else SetBack
        yield kind(subject=attempt.id, action=attempt.rewinding.action)
        return
    if attempt.bringing and attempt.workspace == "ready" and attempt.state != "working":
        yield TakeEdits(subject=attempt.id, action=attempt.bringing.action)
        return
    gone = attempt.decision in ("dropped", "merged")
    if gone and attempt.workspace == "ready" and at_rest(attempt):
        yield Trash(subject=attempt.id, epoch=attempt.epoch)
    if not gone and attempt.workspace == "trashed":
        yield Restore(subject=attempt.id, epoch=attempt.epoch)
    version = attempt.version
    judged = {one.number for one in attempt.edits}
    if version and attempt.decision != "dropped" and version.number not in judged:
        yield JudgeEdits(subject=attempt.id, number=version.number)


def at_rest(attempt: Attempt) -> bool:
    """Nothing of the attempt runs or is about to."""
    busy = attempt.snapshot_due or attempt.rewinding or attempt.bringing or attempt.serving
    return attempt.process != "alive" and attempt.state == "ended" and not busy


def _decision(attempt: Attempt) -> Iterator[Effect]:
    if attempt.decision == "kept" and attempt.kept != attempt.held:
        yield Hold(subject=attempt.id, number=attempt.kept)
    elif attempt.decision in ("none", "dropped") and attempt.held:
        yield Hold(subject=attempt.id, number=0)
    merge = attempt.merge
    if merge is None:
        return
    if merge.step == "asked":
        yield BuildMerge(subject=attempt.id, action=merge.action)
    elif merge.step == "committed":
        yield MoveBranch(subject=attempt.id, action=merge.action, commit=merge.commit)


# --- evidence ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A tree that wants evidence: of the base, a version, a version with the base's tests, or a merge."""

    task: str
    commit: str
    tree: str
    required_only: bool = False


def trees(world: World, task: Task, *, closed: bool = False) -> Iterator[Judged]:
    """The trees of a task that want evidence, the base first. `closed`: those of a closed task too."""
    if task.closed and not closed:
        return
    yield Judged(task=task.id, commit=task.base, tree=task.base_tree)
    for attempt in world.of_task(task.id):
        if closed or attempt.decision not in ("dropped", "merged"):
            yield from _trees(attempt)


def _trees(attempt: Attempt) -> Iterator[Judged]:
    merge = attempt.merge
    if merge and merge.step == "built" and not merge.unchecked:
        yield Judged(task=attempt.task, commit=merge.built, tree=merge.tree, required_only=True)
    version = attempt.version
    if version is None:
        return
    yield Judged(task=attempt.task, commit=version.commit, tree=version.tree)
    for edits in attempt.edits:
        if edits.number == version.number and edits.tree:
            yield Judged(
                task=attempt.task, commit=edits.commit, tree=edits.tree, required_only=True
            )


def keys(task: Task, judged: Judged, environment: str) -> Iterator[tuple[Check, str]]:
    """The checks that a tree wants, each with the key of its evidence."""
    for check in task.checks:
        if check.required or not judged.required_only:
            yield check, evidence_key(judged.tree, check, environment)


def again(task: Task, evidence: Evidence) -> bool:
    """Failures on the base are run once more, so that flaky ones are known by name."""
    failed = evidence.standing == "failed"
    return failed and evidence.tree == task.base_tree and evidence.again == 0

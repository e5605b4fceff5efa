"""The screen: one pure function from state to what a person sees. In one group each, with what it waits for."""

from collections.abc import Callable, Sequence

from ropewalk.core.activity import SETTING_UP
from ropewalk.core.lifecycle import alias, option_keys
from ropewalk.core.records import Check
from ropewalk.core.serverviews import server_view
from ropewalk.core.state import Attempt, Evidence, Question, Task, World
from ropewalk.core.turns import where
from ropewalk.core.turnviews import fork_view, version_view
from ropewalk.core.views import (
    SCHEMA,
    AttemptView,
    CheckCell,
    Group,
    OptionView,
    QuestionView,
    TaskView,
)

URGENCY: tuple[Group, ...] = ("needs you", "working", "ready", "done")
"""The groups in the order in which they want to be seen."""

Pairs = Sequence[tuple[Check, Evidence | None]]
EvidenceOf = Callable[[Task, str], Pairs]


def group(attempt: Attempt) -> Group:
    """Where an attempt stands. Failed, interrupted and unknown need the person."""
    if attempt.decision in ("dropped", "merged"):
        return "done"
    if attempt.questions:
        return "needs you"
    if attempt.state in ("queued", "preparing", "working") or attempt.merging:
        return "working"
    if attempt.state == "unknown" or attempt.conflicts:
        return "needs you"
    if attempt.bounced:
        return "needs you"
    if attempt.decision == "kept":
        return "done"
    return "ready" if attempt.outcome == "done" else "needs you"


def status(attempt: Attempt) -> str:
    """One or two words for where it stands."""
    if attempt.decision in ("dropped", "merged"):
        return attempt.decision
    if attempt.questions:
        return "asks"
    if attempt.merging:
        return "merging"
    if attempt.bounced:
        return "bounced"
    if attempt.decision == "kept" and attempt.state == "ended":
        return "kept"
    if attempt.state == "ended":
        words = {"done": "ready", None: "ended"}
        return words.get(attempt.outcome, str(attempt.outcome))
    return attempt.state


def merge_words(attempt: Attempt) -> str:
    """How far the way into the branch is: empty, `building`, `checking`, `merged` or `bounced: …`."""
    merge = attempt.merge
    if merge is None or merge.step == "undone":
        return ""
    if merge.step == "bounced":
        return f"bounced: {merge.reason}"
    return {"asked": "building", "built": "checking", "committed": "moving", "done": "merged"}.get(
        merge.step, ""
    )


NO_DISK = "waits for disk: {}; ropewalk gc shows what can go"


def detail(attempt: Attempt, doing: str) -> str:
    """What it does or waits for, in a few words."""
    if attempt.questions:
        return (
            f"wants to {attempt.questions[0].title}"
            if _is_deed(attempt)
            else attempt.questions[0].title
        )
    if attempt.state == "queued":
        return "waits for room"
    if attempt.state == "preparing":
        if attempt.workspace == "ready":
            return "starting the agent"
        return doing if doing.startswith(SETTING_UP) else "making the workspace"
    if attempt.bounced:
        return attempt.merge.reason if attempt.merge else ""
    if attempt.merging:
        return f"merging into {attempt.merge.target if attempt.merge else ''}"
    if attempt.rewinding:
        return f"going back to {where(attempt.rewinding)}"
    if attempt.state == "ended":
        return attempt.reason or ("" if attempt.versions else "changed nothing")
    return doing


def _is_deed(attempt: Attempt) -> bool:
    first = attempt.questions[0]
    return first.kind == "permission" and not first.title[:1].isupper()


def next_step(attempt: Attempt, name: str) -> str:
    """The command that a person would most likely want now."""
    if attempt.questions:
        return f"ropewalk answer {name} {' | '.join(option_keys(attempt.questions[0]).values())}"
    if attempt.decision == "dropped":
        return "ropewalk undo"
    if attempt.decision == "kept":
        return f"ropewalk merge {name}"
    if attempt.decision == "merged":
        return "ropewalk undo"
    if attempt.conflicts:
        return f'ropewalk say {name} "Resolve the conflicts"'
    if attempt.state == "ended" and attempt.outcome == "done":
        return f"ropewalk diff {name}" if attempt.versions else f"ropewalk log {name}"
    if attempt.state == "ended":
        return f"ropewalk log {name} · ropewalk resume {name}"
    return f"ropewalk log -f {name}"


# --- views ---------------------------------------------------------------------------------------


def check_cell(check: Check, found: Evidence | None, *, outdated: bool = False) -> CheckCell:
    """How a tree stands against one check."""
    last = found.results[-1] if found and found.results and found.finished else None
    return CheckCell(
        name=check.name,
        required=check.required,
        standing=found.standing if found else "none",
        passed=last.passed if last else 0,
        failed=last.failed if last else 0,
        skipped=last.skipped if last else 0,
        failures=list(last.failures[:20]) if last else [],
        flaky=list(last.flaky) if last else [],
        duration_s=last.duration_s if last else 0.0,
        reason=last.reason if last else "",
        outdated=outdated,
    )


def question_view(question: Question) -> QuestionView:
    """An open question with a key for each answer."""
    keys = option_keys(question)
    options = [
        OptionView(id=one.id, label=one.label, kind=one.kind, key=keys[one.id])
        for one in question.options
    ]
    text = question.detail.text if question.detail and question.detail.text else ""
    return QuestionView(
        id=question.id,
        kind=question.kind,
        title=question.title,
        detail=text,
        options=options,
        asked=question.asked,
    )


def attempt_view(
    world: World, attempt: Attempt, *, now: float, doing: str, evidence: EvidenceOf
) -> AttemptView:
    """An attempt as every face shows it."""
    name = alias(world, attempt)
    task = world.tasks[attempt.task]
    version = attempt.version
    cells = [check_cell(*one) for one in evidence(task, version.tree)] if version else []
    no_disk = attempt.id in world.no_disk and attempt.state == "queued"
    return AttemptView(
        schema=SCHEMA,
        id=attempt.id,
        alias=name,
        task=task.number,
        project=attempt.project,
        agent=attempt.agent.name,
        model=attempt.agent.model or "",
        group=group(attempt),
        status=status(attempt),
        detail=NO_DISK.format(world.disk_words) if no_disk else detail(attempt, doing),
        next="ropewalk gc" if no_disk else next_step(attempt, name),
        process=attempt.process,
        turn=attempt.turn,
        turn_state=attempt.state,
        outcome=attempt.outcome or "",
        reason=attempt.reason,
        hint=attempt.hint,
        epoch=attempt.epoch,
        sandbox=attempt.sandbox or task.sandbox or "none",
        queued=attempt.queued_at,
        started=attempt.started_at,
        ended=attempt.ended_at,
        elapsed_s=_elapsed(attempt, now),
        input_tokens=attempt.usage.input_tokens,
        output_tokens=attempt.usage.output_tokens,
        cost_usd=attempt.usage.cost_usd,
        versions=[version_view(attempt, one) for one in attempt.versions],
        checks=cells,
        questions=[question_view(one) for one in attempt.questions],
        inbox=len(attempt.inbox),
        decision=attempt.decision,
        kept_version=attempt.kept,
        merge=merge_words(attempt),
        conflicts=list(attempt.conflicts),
        workspace=attempt.workspace,
        path=attempt.path,
        engine=attempt.engine,
        port=attempt.port,
        branch=attempt.branch,
        edits=list(attempt.findings),
        keys=list(attempt.keys),
        fork=fork_view(world, attempt),
        server=server_view(attempt.server, name),
    )


def _elapsed(attempt: Attempt, now: float) -> float:
    if not attempt.started_at:
        return 0.0
    return max(0.0, (attempt.ended_at or now) - attempt.started_at)


def task_view(
    world: World, task: Task, *, attempts: list[AttemptView], evidence: EvidenceOf
) -> TaskView:
    """A task with its attempts; it stands in the group of the most urgent one."""
    groups = [one["group"] for one in attempts]
    urgent: Group = URGENCY[-1]
    for one in reversed(URGENCY):
        urgent = one if one in groups else urgent
    return TaskView(
        schema=SCHEMA,
        id=task.id,
        number=task.number,
        project=task.project,
        project_name=world.projects[task.project].name,
        title=task.title,
        group=urgent,
        base=task.base,
        base_name=task.base_name,
        target=task.target,
        created=task.created,
        by=task.by,
        closed=task.closed,
        limit_s=task.limit_s,
        notices=list(task.notices),
        base_checks=[check_cell(*one) for one in evidence(task, task.base_tree)],
        attempts=attempts,
    )

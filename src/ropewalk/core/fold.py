"""The fold: state is what the events add up to. Nothing else writes state."""

from dataclasses import replace

from ropewalk.core import events as e
from ropewalk.core.payload import Payload
from ropewalk.core.state import (
    Attempt,
    Evidence,
    Project,
    Task,
    World,
    trust_mark,
)
from ropewalk.core.steps import step


def fold(world: World, draft: e.Draft) -> None:
    """Let one event happen to the world. Events about what is not in memory are passed over."""
    event = draft.event
    if isinstance(event, e.ProjectAdded | e.ConsentGiven):
        _fold_project(world, draft)
    elif isinstance(event, e.TaskCreated | e.TaskClosed | e.TaskReopened):
        _fold_task(world, draft)
    elif isinstance(event, e.AttemptAdded):
        _add_attempt(world, event, draft)
    elif isinstance(event, e.EvidenceWanted | e.CheckStarted | e.CheckEnded):
        _fold_evidence(world, draft)
    elif draft.attempt in world.attempts:
        world.attempts[draft.attempt] = step(world.attempts[draft.attempt], draft)


# --- project, task, evidence ---------------------------------------------------------------------


def _fold_project(world: World, draft: e.Draft) -> None:
    event = draft.event
    if isinstance(event, e.ProjectAdded):
        world.projects[draft.project] = Project(id=draft.project, path=event.path, name=event.name)
    elif isinstance(event, e.ConsentGiven):
        project = world.projects[draft.project]
        consents = {**project.consents, event.subject: event.digest}
        trusted = (*project.trusted, trust_mark(event.subject, event.digest))
        world.projects[draft.project] = replace(
            project, consents=consents, trusted=tuple(dict.fromkeys(trusted))
        )


def _fold_task(world: World, draft: e.Draft) -> None:
    event = draft.event
    if isinstance(event, e.TaskCreated):
        world.last_task = max(world.last_task, event.number)
        world.tasks[draft.task] = Task(
            id=draft.task,
            project=draft.project,
            number=event.number,
            title=event.title,
            brief=event.brief,
            base=event.base,
            base_tree=event.base_tree,
            base_name=event.base_name,
            target=event.target,
            checks=event.checks,
            limit_s=event.limit_s,
            environment=event.environment,
            notices=event.notices,
            merge_mode=event.merge_mode,
            setup=event.setup,
            rules=event.rules,
            sandbox=event.sandbox,
            created=draft.observed,
            by=draft.actor,
        )
    elif draft.task in world.tasks:
        closed = isinstance(event, e.TaskClosed)
        if closed != world.tasks[draft.task].closed:
            count = world.closed.get(draft.project, 0) + (1 if closed else -1)
            world.closed[draft.project] = count
        world.tasks[draft.task] = replace(world.tasks[draft.task], closed=closed)


def _add_attempt(world: World, event: e.AttemptAdded, draft: e.Draft) -> None:
    task = world.tasks[draft.task]
    world.tasks[draft.task] = replace(task, attempts=(*task.attempts, draft.attempt))
    world.attempts[draft.attempt] = Attempt(
        id=draft.attempt,
        task=draft.task,
        project=draft.project,
        number=event.number,
        agent=event.agent,
        base=event.base or task.base,
        brief=event.brief,
        fork=event.fork,
        queued_at=draft.observed,
    )


def _fold_evidence(world: World, draft: e.Draft) -> None:
    event = draft.event
    if isinstance(event, e.EvidenceWanted):
        known = world.evidence.get(event.key)
        if known is not None:
            world.evidence[event.key] = replace(
                known,
                standing="wanted",
                run="",
                again=event.again,
                project=draft.project,
                task=draft.task,
                commit=event.commit,
            )
            return
        world.evidence[event.key] = Evidence(
            key=event.key,
            project=draft.project,
            task=draft.task,
            check=event.check,
            commit=event.commit,
            tree=event.tree,
            environment=event.environment,
            again=event.again,
        )
    elif isinstance(event, e.CheckStarted) and event.key in world.evidence:
        known = world.evidence[event.key]
        world.evidence[event.key] = replace(known, standing="running", run=event.run)
    elif isinstance(event, e.CheckEnded) and event.key in world.evidence:
        known = world.evidence[event.key]
        world.evidence[event.key] = replace(
            known, standing=event.standing, run="", results=(*known.results, _bare(event))
        )


def _bare(event: e.CheckEnded) -> e.CheckEnded:
    """A result without its texts, which may be large: the store has them."""

    def bare(payload: Payload | None) -> Payload | None:
        return replace(payload, text=None) if payload and payload.digest else payload

    return replace(event, cases=bare(event.cases), output=bare(event.output))

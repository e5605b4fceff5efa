"""The work: workspaces and processes come and go."""

from dataclasses import replace

from ropewalk.core import events as e
from ropewalk.core.state import Attempt
from ropewalk.core.steps.turn import Turn, requeue


def _admitted(attempt: Attempt, event: e.AttemptAdmitted, draft: e.Draft) -> Attempt:
    if attempt.decision in ("dropped", "merged"):
        return attempt
    return replace(
        attempt,
        epoch=draft.epoch,
        state="preparing",
        outcome=None,
        reason="",
        hint="",
        stop="",
        run="",
        questions=(),
    )


def _prepared(attempt: Attempt, event: e.WorkspacePrepared, draft: e.Draft) -> Attempt:
    return replace(
        attempt,
        workspace="ready",
        path=event.path,
        branch=event.branch,
        engine=event.engine,
        port=event.port,
    )


def _started(attempt: Attempt, event: e.ProcessStarted, draft: e.Draft) -> Attempt:
    return replace(
        attempt,
        process="alive",
        run=event.run,
        pid=event.pid,
        containment=event.containment,
        sandbox=event.sandbox or attempt.sandbox,
    )


def _start_failed(attempt: Attempt, event: e.StartFailed, draft: e.Draft) -> Attempt:
    return replace(
        attempt,
        process="none",
        state="ended",
        outcome="failed",
        reason=event.reason,
        hint=event.hint,
        ended_at=draft.observed,
    )


def _ended(attempt: Attempt, event: e.ProcessEnded, draft: e.Draft) -> Attempt:
    process = "lost" if event.exit.cause == "lost" else "none"
    after = replace(attempt, process=process, pid=None, questions=())
    may_return = after.decision in ("none", "kept") and after.stop != "person"
    if after.inbox and after.state == "ended" and may_return:
        return replace(after, state="queued", queued_at=draft.observed)
    return after


def _stop_asked(attempt: Attempt, event: e.StopAsked, draft: e.Draft) -> Attempt:
    if attempt.state == "queued" and attempt.process != "alive":
        return replace(
            attempt, state="ended", outcome="stopped", reason=event.reason, ended_at=draft.observed
        )
    return replace(attempt, stop=event.cause)


def _resume_asked(attempt: Attempt, event: e.ResumeAsked, draft: e.Draft) -> Attempt:
    return requeue(attempt, draft.observed)


def _keys_given(attempt: Attempt, event: e.KeysGiven, draft: e.Draft) -> Attempt:
    return replace(attempt, keys=tuple(dict.fromkeys((*attempt.keys, *event.names))))


def _trashed(attempt: Attempt, event: e.WorkspaceTrashed, draft: e.Draft) -> Attempt:
    return replace(attempt, workspace="trashed")


def _versions_gone(attempt: Attempt, event: e.VersionsGone, draft: e.Draft) -> Attempt:
    return replace(attempt, gone=True)


def _restored(attempt: Attempt, event: e.WorkspaceRestored, draft: e.Draft) -> Attempt:
    return replace(attempt, workspace="ready", port=event.port)


TURNS: dict[type[e.Event], Turn] = {
    e.AttemptAdmitted: _admitted,
    e.WorkspacePrepared: _prepared,
    e.WorkspaceTrashed: _trashed,
    e.VersionsGone: _versions_gone,
    e.WorkspaceRestored: _restored,
    e.ProcessStarted: _started,
    e.ProcessEnded: _ended,
    e.StartFailed: _start_failed,
    e.StopAsked: _stop_asked,
    e.ResumeAsked: _resume_asked,
    e.KeysGiven: _keys_given,
}

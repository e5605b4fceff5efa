"""Steps: what each event does to the attempt that it is about."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ropewalk.core import events as e
from ropewalk.core import trail
from ropewalk.core.desk import Edits
from ropewalk.core.desk import went as brought_on
from ropewalk.core.servers import Server, stepped, stopping
from ropewalk.core.state import (
    Attempt,
    Merge,
    Message,
    Question,
    Stop,
    Usage,
)

Circumstances = e.Draft
Turn = Callable[[Attempt, Any, Circumstances], Attempt]


def step(attempt: Attempt, draft: e.Draft) -> Attempt:
    """The attempt after an event; unchanged by events of an epoch that is over, and by mere words."""
    turn = TURNS.get(type(draft.event))
    if turn is None or (draft.epoch and draft.epoch < attempt.epoch):
        return attempt
    return turn(attempt, draft.event, draft)


# --- process and turn ----------------------------------------------------------------------------


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
        attempt, process="alive", run=event.run, pid=event.pid, containment=event.containment
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


def _requeue(attempt: Attempt, at: float) -> Attempt:
    """Bring an attempt that ended back into the queue, unless its process is there to be spoken to."""
    back = _undecided(attempt) if attempt.decision == "dropped" else attempt
    if back.state != "ended" or back.process == "alive":
        return back
    return replace(back, state="queued", queued_at=at)


def _undecided(attempt: Attempt) -> Attempt:
    return replace(attempt, decision="none", action="", decided_by="", kept=0, decided_at=0.0)


def _resume_asked(attempt: Attempt, event: e.ResumeAsked, draft: e.Draft) -> Attempt:
    return _requeue(attempt, draft.observed)


def _keys_given(attempt: Attempt, event: e.KeysGiven, draft: e.Draft) -> Attempt:
    return replace(attempt, keys=tuple(dict.fromkeys((*attempt.keys, *event.names))))


def _session_opened(attempt: Attempt, event: e.SessionOpened, draft: e.Draft) -> Attempt:
    return replace(attempt, session=event.session, can_load=event.can_load)


def _message_queued(attempt: Attempt, event: e.MessageQueued, draft: e.Draft) -> Attempt:
    message = Message(id=event.message, text=event.text, by=draft.actor)
    stop = "room" if attempt.stop in ("person", "decision") else attempt.stop
    return _requeue(replace(attempt, inbox=(*attempt.inbox, message), stop=stop), draft.observed)


def _turn_started(attempt: Attempt, event: e.TurnStarted, draft: e.Draft) -> Attempt:
    return replace(
        attempt,
        state="working",
        turn=event.turn,
        outcome=None,
        reason="",
        hint="",
        inbox=tuple(one for one in attempt.inbox if one.id != event.message),
        started_at=draft.observed,
        ended_at=0.0,
        turns=trail.begun(attempt, event, draft.observed),
    )


def _turn_ended(attempt: Attempt, event: e.TurnEnded, draft: e.Draft) -> Attempt:
    return replace(
        attempt,
        state="ended",
        outcome=event.outcome,
        reason=event.reason,
        questions=(),
        ended_at=draft.observed,
        snapshot_due=attempt.turn if attempt.workspace == "ready" else 0,
        turns=trail.ended(attempt, event, draft.observed),
    )


def _asked(attempt: Attempt, event: e.QuestionAsked, draft: e.Draft) -> Attempt:
    question = Question(
        id=event.question,
        kind=event.kind,
        title=event.title,
        options=event.options,
        asked=draft.observed,
        detail=event.detail,
    )
    return replace(attempt, questions=(*attempt.questions, question))


def _question_gone(
    attempt: Attempt, event: e.QuestionAnswered | e.QuestionClosed, draft: e.Draft
) -> Attempt:
    left = tuple(one for one in attempt.questions if one.id != event.question)
    return replace(attempt, questions=left)


def _used(attempt: Attempt, event: e.UsageChanged, draft: e.Draft) -> Attempt:
    usage = Usage(
        input_tokens=event.input_tokens, output_tokens=event.output_tokens, cost_usd=event.cost_usd
    )
    return replace(attempt, usage=usage)


# --- change and decision -------------------------------------------------------------------------


def _version_made(attempt: Attempt, event: e.VersionMade, draft: e.Draft) -> Attempt:
    return replace(
        attempt,
        versions=(*attempt.versions, event.change),
        snapshot_due=0,
        conflicts=(),
        turns=trail.versioned(attempt, event.change),
    )


def _nothing_left(
    attempt: Attempt, event: e.TurnLeftNothing | e.SnapshotFailed, draft: e.Draft
) -> Attempt:
    failed = isinstance(event, e.SnapshotFailed)
    reason = (
        f"its files could not be kept as a version: {event.reason}" if failed else attempt.reason
    )
    files = "lost" if failed else "nothing"
    return replace(
        attempt, snapshot_due=0, reason=reason, turns=trail.kept(attempt, event.turn, files)
    )


def _edits_judged(attempt: Attempt, event: e.EditsJudged, draft: e.Draft) -> Attempt:
    return replace(attempt, edits=(*attempt.edits, event))


def _kept(attempt: Attempt, event: e.Kept, draft: e.Draft) -> Attempt:
    return replace(
        attempt,
        decision="kept",
        action=event.action,
        decided_by=draft.actor,
        kept=event.number,
        decided_at=draft.observed,
    )


def _held(attempt: Attempt, event: e.Held, draft: e.Draft) -> Attempt:
    return replace(attempt, held=event.number)


def _dropped(attempt: Attempt, event: e.Dropped, draft: e.Draft) -> Attempt:
    after = replace(
        attempt,
        decision="dropped",
        action=event.action,
        decided_by=draft.actor,
        inbox=(),
        decided_at=draft.observed,
        stop=_needless(attempt),
        server=stopping(attempt.server, "the attempt was dropped"),
    )
    if attempt.state == "queued":
        return replace(after, state="ended", outcome="stopped", ended_at=draft.observed)
    return after


def _needless(attempt: Attempt) -> Stop:
    """A decision makes the process needless, whether it is there already or about to be."""
    runs = attempt.process == "alive" or attempt.state == "preparing"
    return "decision" if runs else attempt.stop


def _decision_undone(attempt: Attempt, event: e.DecisionUndone, draft: e.Draft) -> Attempt:
    return _undecided(attempt)


def _trashed(attempt: Attempt, event: e.WorkspaceTrashed, draft: e.Draft) -> Attempt:
    return replace(attempt, workspace="trashed")


def _versions_gone(attempt: Attempt, event: e.VersionsGone, draft: e.Draft) -> Attempt:
    return replace(attempt, gone=True)


def _restored(attempt: Attempt, event: e.WorkspaceRestored, draft: e.Draft) -> Attempt:
    return replace(attempt, workspace="ready", port=event.port)


def _rebased(attempt: Attempt, event: e.Rebased, draft: e.Draft) -> Attempt:
    return replace(attempt, base=event.base, conflicts=event.conflicts)


def _rewind_asked(attempt: Attempt, event: e.RewindAsked, draft: e.Draft) -> Attempt:
    return replace(attempt, rewinds=trail.asked(attempt, event, draft.actor, draft.observed))


def _files_kept(attempt: Attempt, event: e.FilesKept, draft: e.Draft) -> Attempt:
    rewinds = trail.went(attempt, event.action, step="kept", before=event.number)
    return replace(attempt, rewinds=rewinds)


def _rewound(attempt: Attempt, event: e.Rewound, draft: e.Draft) -> Attempt:
    base = next((one.base for one in attempt.rewinds if one.action == event.action), attempt.base)
    return replace(
        attempt, base=base, conflicts=(), rewinds=trail.arrived(attempt, event.action, event.number)
    )


def _rewind_failed(attempt: Attempt, event: e.RewindFailed, draft: e.Draft) -> Attempt:
    rewinds = trail.went(attempt, event.action, step="failed", reason=event.reason)
    return replace(attempt, rewinds=rewinds)


# --- serving -------------------------------------------------------------------------------------


def _server_asked(attempt: Attempt, event: e.ServerAsked, draft: e.Draft) -> Attempt:
    if attempt.serving or attempt.workspace != "ready":
        return attempt
    server = Server(run=event.run, port=event.port, by=draft.actor, at=draft.observed)
    return replace(attempt, server=server)


def _server_started(attempt: Attempt, event: e.ServerStarted, draft: e.Draft) -> Attempt:
    return replace(attempt, server=stepped(attempt.server, event.run, "started"))


def _server_answered(attempt: Attempt, event: e.ServerAnswered, draft: e.Draft) -> Attempt:
    return replace(attempt, server=stepped(attempt.server, event.run, "answers"))


def _server_stopped(attempt: Attempt, event: e.ServerStopAsked, draft: e.Draft) -> Attempt:
    return replace(attempt, server=stopping(attempt.server, event.reason))


def _server_ended(attempt: Attempt, event: e.ServerEnded, draft: e.Draft) -> Attempt:
    ended = stepped(attempt.server, event.run, "ended")
    if ended is None or ended == attempt.server:
        return attempt
    output = trail.bare(event.output) if event.output else None
    return replace(attempt, server=replace(ended, reason=event.reason, output=output))


# --- the desk ------------------------------------------------------------------------------------


def _edits_brought(attempt: Attempt, event: e.EditsBrought, draft: e.Draft) -> Attempt:
    edits = Edits(
        action=event.action,
        base=event.base,
        commit=event.commit,
        by=draft.actor,
        at=draft.observed,
    )
    return replace(attempt, brought=(*attempt.brought, edits))


def _edits_taken(attempt: Attempt, event: e.EditsTaken, draft: e.Draft) -> Attempt:
    diff = trail.bare(event.diff) if event.diff else None
    done = {"step": "done", "made": event.number, "diff": diff, "after": attempt.turn}
    return replace(attempt, brought=brought_on(attempt.brought, event.action, **done))


def _edits_conflicted(attempt: Attempt, event: e.EditsConflicted, draft: e.Draft) -> Attempt:
    both = {"onto": event.onto, "merged": event.commit, "paths": event.paths}
    brought = brought_on(attempt.brought, event.action, step="conflict", **both)
    return replace(attempt, brought=brought)


def _edits_left(attempt: Attempt, event: e.EditsLeft, draft: e.Draft) -> Attempt:
    brought = brought_on(attempt.brought, event.action, step="left", reason=event.reason)
    return replace(attempt, brought=brought)


# --- merge ---------------------------------------------------------------------------------------


def _merge_asked(attempt: Attempt, event: e.MergeAsked, draft: e.Draft) -> Attempt:
    merge = Merge(
        action=event.action,
        number=event.number,
        target=event.target,
        mode=event.mode,
        message=event.message,
        unchecked=event.unchecked,
        by=draft.actor,
    )
    return replace(attempt, merge=merge)


def _merging(attempt: Attempt, action: str, **changes: Any) -> Attempt:
    if attempt.merge is None or attempt.merge.action != action:
        return attempt
    return replace(attempt, merge=replace(attempt.merge, **changes))


def _merge_built(attempt: Attempt, event: e.MergeBuilt, draft: e.Draft) -> Attempt:
    return _merging(
        attempt, event.action, step="built", onto=event.onto, built=event.commit, tree=event.tree
    )


def _merge_committed(attempt: Attempt, event: e.MergeCommitted, draft: e.Draft) -> Attempt:
    return _merging(attempt, event.action, step="committed", commit=event.commit)


def _merged(attempt: Attempt, event: e.Merged, draft: e.Draft) -> Attempt:
    after = _merging(
        attempt,
        event.action,
        step="done",
        onto=event.before,
        commit=event.after,
        checkout=event.checkout,
    )
    number = after.merge.number if after.merge else after.kept
    return replace(
        after,
        decision="merged",
        action=event.action,
        decided_by=draft.actor,
        kept=number,
        stop=_needless(after),
        decided_at=draft.observed,
        conflicts=(),
        server=stopping(after.server, "the attempt was merged"),
    )


def _bounced(attempt: Attempt, event: e.MergeBounced, draft: e.Draft) -> Attempt:
    return _merging(
        attempt,
        event.action,
        step="bounced",
        reason=event.reason,
        hint=event.hint,
        conflicts=event.conflicts,
    )


def _merge_undone(attempt: Attempt, event: e.MergeUndone, draft: e.Draft) -> Attempt:
    after = _merging(attempt, event.action, step="undone")
    return _undecided(after)


TURNS: dict[type[e.Event], Turn] = {
    e.AttemptAdmitted: _admitted,
    e.WorkspacePrepared: _prepared,
    e.WorkspaceTrashed: _trashed,
    e.WorkspaceRestored: _restored,
    e.VersionsGone: _versions_gone,
    e.ProcessStarted: _started,
    e.ProcessEnded: _ended,
    e.StartFailed: _start_failed,
    e.StopAsked: _stop_asked,
    e.ResumeAsked: _resume_asked,
    e.KeysGiven: _keys_given,
    e.SessionOpened: _session_opened,
    e.MessageQueued: _message_queued,
    e.TurnStarted: _turn_started,
    e.TurnEnded: _turn_ended,
    e.QuestionAsked: _asked,
    e.QuestionAnswered: _question_gone,
    e.QuestionClosed: _question_gone,
    e.UsageChanged: _used,
    e.VersionMade: _version_made,
    e.TurnLeftNothing: _nothing_left,
    e.SnapshotFailed: _nothing_left,
    e.EditsJudged: _edits_judged,
    e.Kept: _kept,
    e.Held: _held,
    e.Dropped: _dropped,
    e.DecisionUndone: _decision_undone,
    e.Rebased: _rebased,
    e.RewindAsked: _rewind_asked,
    e.FilesKept: _files_kept,
    e.Rewound: _rewound,
    e.RewindFailed: _rewind_failed,
    e.ServerAsked: _server_asked,
    e.ServerStarted: _server_started,
    e.ServerAnswered: _server_answered,
    e.ServerStopAsked: _server_stopped,
    e.ServerEnded: _server_ended,
    e.EditsBrought: _edits_brought,
    e.EditsTaken: _edits_taken,
    e.EditsConflicted: _edits_conflicted,
    e.EditsLeft: _edits_left,
    e.MergeAsked: _merge_asked,
    e.MergeBuilt: _merge_built,
    e.MergeCommitted: _merge_committed,
    e.Merged: _merged,
    e.MergeBounced: _bounced,
    e.MergeUndone: _merge_undone,
}
"""What each event does to its attempt; events that are not here leave it as it is."""

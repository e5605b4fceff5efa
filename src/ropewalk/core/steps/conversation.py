"""The conversation: its session, messages, turns, questions and costs."""

from dataclasses import replace

from ropewalk.core import events as e
from ropewalk.core import trail
from ropewalk.core.state import Attempt, Message, Question, Usage
from ropewalk.core.steps.turn import Turn, requeue


def _session_opened(attempt: Attempt, event: e.SessionOpened, draft: e.Draft) -> Attempt:
    return replace(attempt, session=event.session, can_load=event.can_load)


def _message_queued(attempt: Attempt, event: e.MessageQueued, draft: e.Draft) -> Attempt:
    message = Message(id=event.message, text=event.text, by=draft.actor)
    stop = "room" if attempt.stop in ("person", "decision") else attempt.stop
    return requeue(replace(attempt, inbox=(*attempt.inbox, message), stop=stop), draft.observed)


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


TURNS: dict[type[e.Event], Turn] = {
    e.SessionOpened: _session_opened,
    e.MessageQueued: _message_queued,
    e.TurnStarted: _turn_started,
    e.TurnEnded: _turn_ended,
    e.QuestionAsked: _asked,
    e.QuestionAnswered: _question_gone,
    e.QuestionClosed: _question_gone,
    e.UsageChanged: _used,
}

"""ACP as scripts: what the agent says, what we tell, what we send."""

import json
from typing import Any

import pytest

from ropewalk.core import codec
from ropewalk.core.events import (
    GapMade,
    Noted,
    PlanChanged,
    QuestionAsked,
    QuestionClosed,
    SessionOpened,
    TextAdded,
    ToolChanged,
    TurnEnded,
    UsageChanged,
)
from ropewalk.core.payload import Payload
from ropewalk.core.records import Exit, Option, PlanEntry
from ropewalk.wire import acp
from ropewalk.wire.lines import LIMIT
from tests.wire.script import Talk, ask, chunk, line, update, welcome

CANCELLED = {"outcome": {"outcome": "cancelled"}}


def message(text: str) -> TextAdded:
    return TextAdded(channel="message", text=Payload.of(text))


def test_the_handshake_and_a_turn() -> None:
    talk = Talk()
    talk.take(talk.dialect.open(cwd="/w", session=""))
    (hello,) = talk.sent().items()
    assert hello[0] == "initialize"
    assert hello[1]["params"]["protocolVersion"] == 1
    talk.hear(welcome())
    assert talk.sent()["session"]["method"] == "session/new"
    assert talk.sent()["session"]["params"] == {"cwd": "/w", "mcpServers": []}
    talk.hear({"id": 2, "result": {"sessionId": "s1"}})
    assert talk.events == [SessionOpened(session="s1")]
    talk.take(talk.dialect.prompt(turn=1, text="Do it"))
    assert talk.sent()["prompt:1"]["params"] == {
        "sessionId": "s1",
        "prompt": [{"type": "text", "text": "Do it"}],
    }
    talk.hear(chunk("a"), chunk("b"), chunk("t", "agent_thought_chunk"), chunk("c"))
    thought = TextAdded(channel="thought", text=Payload.of("t"))
    assert talk.events == [message("ab"), thought, message("c")]
    talk.hear({"id": 4, "result": {"stopReason": "end_turn"}})
    assert talk.events == [TurnEnded(turn=1, outcome="done")]


def test_a_prompt_before_the_session_waits_for_it() -> None:
    talk = Talk()
    talk.take(talk.dialect.open(cwd="/w", session=""))
    talk.take(talk.dialect.prompt(turn=1, text="early"))
    assert talk.sends == []
    talk.hear(welcome(), {"id": 2, "result": {"sessionId": "s1"}})
    assert list(talk.sent()) == ["session", "prompt:1"]


def test_prompts_go_one_after_the_other() -> None:
    talk = Talk().working()
    talk.take(talk.dialect.prompt(turn=2, text="more"))
    assert talk.sends == []
    talk.hear({"id": 4, "result": {"stopReason": "end_turn"}})
    assert list(talk.sent()) == ["prompt:2"]


@pytest.mark.parametrize(
    ("stop", "outcome", "words"),
    [
        ("end_turn", "done", ""),
        ("max_tokens", "failed", "limit of tokens"),
        ("max_turn_requests", "failed", "limit of model requests"),
        ("refusal", "refused", "refused"),
        ("cancelled", "stopped", "cancelled"),
        ("tired", "failed", "unknown here: tired"),
        (7, "failed", "none given"),
    ],
)
def test_how_turns_end(stop: Any, outcome: str, words: str) -> None:
    talk = Talk().working().hear({"id": 4, "result": {"stopReason": stop}})
    (ended,) = talk.events
    assert isinstance(ended, TurnEnded)
    assert ended.outcome == outcome
    assert words in ended.reason


def test_an_error_ends_the_turn_with_its_words() -> None:
    error = {"code": -32603, "message": "Internal error", "data": {"details": "no model"}}
    talk = Talk().working().hear({"id": 4, "error": error})
    assert talk.events == [TurnEnded(turn=1, outcome="failed", reason="Internal error: no model")]


@pytest.mark.parametrize(
    "error",
    [
        {"code": -32000, "message": "x"},
        {"code": -32603, "message": "Internal error", "data": {"details": "Not logged in"}},
    ],
)
def test_an_agent_that_is_not_logged_in(error: dict[str, Any]) -> None:
    at_once = Talk()
    at_once.take(at_once.dialect.open(cwd="/w", session=""))
    at_once.take(at_once.dialect.prompt(turn=1, text="x"))
    at_once.hear(welcome(), {"id": 2, "error": error})
    later = Talk().working().hear({"id": 4, "error": error})
    for (ended,) in (at_once.events, later.events):
        assert isinstance(ended, TurnEnded)
        assert ended.outcome == "failed"
        assert "the agent is not logged in" in ended.reason
    at_once.take(at_once.dialect.prompt(turn=2, text="x"))
    assert [one.turn for one in at_once.events] == [2]


def test_another_protocol_version_is_refused_in_words() -> None:
    talk = Talk()
    talk.take(talk.dialect.open(cwd="/w", session=""))
    talk.hear({"id": 1, "result": {"protocolVersion": 2}})
    assert talk.sends == []
    talk.take(talk.dialect.prompt(turn=1, text="x"))
    assert "speaks ACP version 2" in talk.events[0].reason


def test_a_tool_call_from_its_start_to_its_end() -> None:
    talk = Talk().working()
    diff = {"type": "diff", "path": "/w/a", "oldText": "one\ntwo\n", "newText": "one\n2\n"}
    talk.update("tool_call", toolCallId="c", title="Edit a", kind="edit", status="pending")
    assert talk.events == [ToolChanged(call="c", title="Edit a", kind="edit", status="pending")]
    talk.update("tool_call_update", toolCallId="c", status="completed", content=[diff])
    (changed,) = talk.events
    assert isinstance(changed, ToolChanged)
    assert (changed.title, changed.status) == ("", "completed")
    assert changed.detail.text == "--- /w/a\n+++ /w/a\n@@ -1,2 +1,2 @@\n one\n-two\n+2"
    talk.update("tool_call", toolCallId="d", title="Run", rawInput={"command": "ls", "n": 3})
    assert talk.events[0].detail.text == "command: ls"


def test_a_huge_diff_and_a_huge_output_stay_readable() -> None:
    talk = Talk().working()
    diff = {"type": "diff", "path": "a", "oldText": "a\n" * 5000, "newText": "b\n" * 5000}
    text = {"type": "content", "content": {"type": "text", "text": "x" * 300_000}}
    talk.update("tool_call", toolCallId="c", title="t", content=[diff])
    assert "5000 lines before, 5000 after" in talk.events[0].detail.text
    talk.update("tool_call_update", toolCallId="c", content=[text])
    assert "200000 characters left out" in talk.events[0].detail.text


def test_a_plan() -> None:
    entries = [{"content": "a", "status": "completed"}, {"content": "b"}, 7]
    talk = Talk().working().update("plan", entries=entries)
    done, pending = PlanEntry(text="a", status="completed"), PlanEntry(text="b", status="pending")
    assert talk.events == [PlanChanged(entries=(done, pending))]


def test_usage_is_told_when_it_changes() -> None:
    talk = Talk().working()
    spent = update("usage_update", used=900, size=1000, cost={"amount": 0.5, "currency": "USD"})
    assert talk.hear(spent).events == [UsageChanged(input_tokens=900, cost_usd=0.5)]
    assert talk.hear(spent).events == []
    usage = {"inputTokens": 700, "outputTokens": 300, "totalTokens": 1000}
    talk.hear({"id": 4, "result": {"stopReason": "end_turn", "usage": usage}})
    sums = UsageChanged(input_tokens=700, output_tokens=300, cost_usd=0.5)
    assert talk.events[0] == sums
    talk.hear(update("usage_update", used=950, size=1000, cost={"amount": 9, "currency": "EUR"}))
    assert talk.events == []


def test_a_question_and_its_answer() -> None:
    talk = Talk().working()
    talk.update("tool_call", toolCallId="c1", title="rm -rf build")
    at = str(talk.at)
    talk.hear(ask(0, content=[{"type": "content", "content": {"type": "text", "text": "why"}}]))
    tool, asked = talk.events
    assert isinstance(tool, ToolChanged)
    assert asked == QuestionAsked(
        question=at,
        kind="permission",
        title="rm -rf build",
        options=(
            Option(id="y", label="Yes", kind="allow_once"),
            Option(id="n", label="No", kind="reject_once"),
        ),
        detail=Payload.of("why"),
    )
    assert talk.take(talk.dialect.answer(question=at, option="maybe")).sends == []
    assert talk.take(talk.dialect.answer(question="0", option="y")).sends == []
    talk.take(talk.dialect.answer(question=at, option="y"))
    reply = {"outcome": {"outcome": "selected", "optionId": "y"}}
    assert talk.sent() == {f"answer:{at}": {"jsonrpc": "2.0", "id": 0, "result": reply}}
    assert talk.take(talk.dialect.answer(question=at, option="y")).sends == []


def test_questions_with_the_same_id_are_answered_apart() -> None:
    talk = Talk().working().hear(ask(0), ask(0))
    first, second = (one.question for one in talk.events if isinstance(one, QuestionAsked))
    assert first != second
    assert list(talk.take(talk.dialect.answer(question=second, option="n")).sent()) == [
        f"answer:{second}"
    ]
    assert list(talk.take(talk.dialect.answer(question=first, option="y")).sent()) == [
        f"answer:{first}"
    ]


@pytest.mark.parametrize("key", [0, "x-1", None, 10**40, "\ud800"])
def test_the_id_of_a_question_comes_back_as_it_was(key: Any) -> None:
    talk = Talk().working().hear(ask(key))
    asked = talk.events[-1]
    talk.take(talk.dialect.answer(question=asked.question, option="y"))
    (reply,) = talk.sent().values()
    assert reply["id"] == key


def test_cancelling() -> None:
    talk = Talk().working().hear(ask(0, title="May I?"))
    asked = talk.events[-1].question
    talk.take(talk.dialect.cancel())
    assert talk.events == [QuestionClosed(question=asked, reason="the turn was cancelled")]
    sent = talk.sent()
    assert list(sent) == ["cancel:1", f"answer:{asked}"]
    assert sent["cancel:1"]["method"] == "session/cancel"
    assert sent[f"answer:{asked}"]["result"] == CANCELLED
    assert talk.take(talk.dialect.cancel()).sends == []
    talk.hear(ask(1))
    assert talk.events == []
    assert [one["result"] for one in talk.sent().values()] == [CANCELLED]
    talk.hear({"id": 4, "error": {"code": -32603, "message": "aborted"}})
    assert talk.events[-1].outcome == "stopped"
    talk.take(talk.dialect.prompt(turn=2, text="on"))
    assert list(talk.sent()) == ["prompt:2"]


def test_cancelling_a_prompt_that_was_not_sent() -> None:
    talk = Talk()
    talk.take(talk.dialect.open(cwd="/w", session=""))
    talk.take(talk.dialect.prompt(turn=1, text="x"))
    talk.take(talk.dialect.cancel())
    assert [one.outcome for one in talk.events] == ["stopped"]
    assert talk.hear(welcome(), {"id": 2, "result": {"sessionId": "s"}}).sends[1:] == []


def test_cancelling_nothing() -> None:
    talk = Talk().begin()
    talk.take(talk.dialect.cancel())
    assert (talk.events, talk.sends) == ([], [])


def test_a_question_left_open_by_the_turn_is_closed() -> None:
    talk = Talk().working().hear(ask(0))
    talk.hear({"id": 4, "result": {"stopReason": "end_turn"}})
    assert [type(one) for one in talk.events] == [QuestionClosed, TurnEnded]
    assert [one["result"] for one in talk.sent().values()] == [CANCELLED]


def test_a_question_without_options_is_answered_for_the_person() -> None:
    message = ask(0)
    message["params"]["options"] = [{"name": "no id"}]
    talk = Talk().working().hear(message)
    assert talk.events == []
    assert [one["result"] for one in talk.sent().values()] == [CANCELLED]


@pytest.mark.parametrize("late", [False, True])
def test_loading_tells_nothing_twice(late: bool) -> None:
    talk = Talk()
    talk.take(talk.dialect.open(cwd="/w", session="s0"))
    talk.hear(welcome(can_load=True))
    assert talk.sent()["session"]["method"] == "session/load"
    assert talk.sent()["session"]["params"]["sessionId"] == "s0"
    past = [chunk("old", "user_message_chunk"), chunk("said"), update("plan", entries=[])]
    answer = {"id": 2, "result": {}}
    talk.hear(*([answer, *past] if late else [*past, answer]))
    assert talk.events == [SessionOpened(session="s0", can_load=True)]
    talk.take(talk.dialect.prompt(turn=2, text="x"))
    assert talk.hear(chunk("new")).events == [message("new")]


def test_a_session_that_cannot_be_loaded_is_replaced_and_it_is_said() -> None:
    talk = Talk()
    talk.take(talk.dialect.open(cwd="/w", session="s0"))
    talk.hear(welcome(can_load=True), {"id": 2, "error": {"code": -32002, "message": "gone"}})
    assert "could not load its session (gone)" in talk.events[0].text
    assert talk.sent()["session:again"]["method"] == "session/new"
    talk.hear({"id": 3, "result": {"sessionId": "s9"}})
    assert talk.events == [SessionOpened(session="s9", can_load=True)]


def test_an_agent_that_cannot_load_gets_a_new_session() -> None:
    talk = Talk()
    talk.take(talk.dialect.open(cwd="/w", session="s0"))
    talk.hear(welcome())
    assert isinstance(talk.events[0], Noted)
    assert talk.sent()["session"]["method"] == "session/new"


def test_files_and_terminals_are_refused() -> None:
    talk = Talk().working()
    at = talk.at
    talk.hear({"id": 9, "method": "fs/read_text_file", "params": {"path": "/etc/passwd"}})
    assert talk.events == []
    reply = talk.sent()[f"reply:{at}"]
    assert (reply["id"], reply["error"]["code"]) == (9, -32601)


def test_what_is_no_message_is_noted_once() -> None:
    talk = Talk().working()
    talk.feed(b"warning: \xff" + b"x" * 1000 + b"\n[1]\n\n  \n{}\n")
    (noted,) = talk.events
    assert isinstance(noted, Noted)
    assert noted.text.startswith("A line of the agent is no message: warning: �")
    assert len(noted.text) < 260
    assert talk.feed(b"again\n").events == []
    talk.take(talk.dialect.closed(Exit(code=0)))
    assert talk.events[0] == Noted(text="4 lines of the agent were no messages")


def test_a_line_that_is_too_long_is_dropped_and_the_next_is_read() -> None:
    talk = Talk(acp.load).working()
    talk.dialect = acp.load(talk.dialect.dump())
    step = talk.dialect.receive("stdout", b"x" * LIMIT, at=talk.at)
    assert step.events == ()
    step = step.dialect.receive("stdout", b"x", at=talk.at + LIMIT)
    assert [type(one) for one in step.events] == [Noted]
    rest = b"x" * 9 + b"\n" + line(chunk("ok"))
    assert step.dialect.receive("stdout", rest, at=talk.at + LIMIT + 1).events == (message("ok"),)


def test_bytes_seen_again_are_skipped() -> None:
    talk = Talk().working()
    data = line(chunk("one")) + line(chunk("two"))
    first = talk.dialect.receive("stdout", data[:50], at=talk.at)
    again = first.dialect.receive("stdout", data, at=talk.at)
    told = "".join(one.text.text for one in (*first.events, *again.events))
    assert told == "onetwo"
    assert again.dialect.receive("stdout", data, at=talk.at).events == ()


def test_output_that_was_not_kept() -> None:
    talk = Talk().working()
    talk.feed(line(chunk("lost"))[:30])
    talk.take(talk.dialect.gap("stdout", 1000))
    assert talk.events == [GapMade(channel="stdout", size=1000)]
    talk.at += 1000
    assert talk.feed(b'st"}}}\n' + line(chunk("here"))).events == [message("here")]


def test_output_that_is_missing_without_a_word() -> None:
    talk = Talk().working()
    talk.at += 5
    talk.feed(b"...\n" + line(chunk("here")))
    assert talk.events == [GapMade(channel="stdout", size=5), message("here")]


def test_stderr_is_text() -> None:
    talk = Talk().working()
    one = talk.dialect.receive("stderr", "ä".encode()[:1], at=0)
    two = one.dialect.receive("stderr", "ä".encode(), at=0)
    assert [*one.events, *two.events] == [TextAdded(channel="stderr", text=Payload.of("ä"))]


@pytest.mark.parametrize(
    ("exit_", "outcome", "words"),
    [
        (Exit(code=0), "failed", "ended before its turn did (exit status 0)"),
        (Exit(code=None, signal=9), "failed", "killed by signal 9"),
        (Exit(code=None, signal=15, cause="stopped"), "stopped", "stopped"),
        (Exit(code=None, signal=9, cause="deadline"), "timed-out", "time"),
        (Exit(code=None, signal=9, cause="output"), "failed", "output limit"),
        (Exit(code=None, cause="lost"), "interrupted", "lost"),
    ],
)
def test_an_agent_that_goes_in_the_middle(exit_: Exit, outcome: str, words: str) -> None:
    talk = Talk().working().hear(ask(0))
    talk.take(talk.dialect.prompt(turn=2, text="waits"))
    talk.take(talk.dialect.closed(exit_))
    closed, first, second = talk.events
    assert isinstance(closed, QuestionClosed)
    assert (first.turn, first.outcome) == (1, outcome)
    assert words in first.reason
    assert (second.turn, second.outcome) == (2, outcome)
    assert talk.sends == []
    assert talk.take(talk.dialect.closed(exit_)).events == []
    talk.take(talk.dialect.prompt(turn=3, text="x"))
    assert [(one.turn, one.outcome) for one in talk.events] == [(3, outcome)]


def test_an_answer_without_a_newline_before_the_exit_counts() -> None:
    talk = Talk().working()
    talk.feed(line({"id": 4, "result": {"stopReason": "end_turn"}})[:-1])
    assert talk.events == []
    talk.take(talk.dialect.closed(Exit(code=0)))
    assert talk.events == [TurnEnded(turn=1, outcome="done")]


def test_nothing_is_sent_to_an_agent_that_is_gone() -> None:
    talk = Talk().working().feed(line({"id": 9, "method": "fs/read_text_file"})[:-1])
    assert talk.take(talk.dialect.closed(Exit(code=0))).sends == []


def test_all_words_can_be_stored() -> None:
    bad = "a\ud800b"
    talk = Talk()
    told = talk.take(talk.dialect.open(cwd="/w", session="")).events
    info = {"agentInfo": {"name": bad}, "protocolVersion": 1}
    told += talk.hear({"id": 1, "result": info}, {"id": 2, "result": {"sessionId": bad}}).events
    talk.take(talk.dialect.prompt(turn=1, text="x"))
    told += talk.hear(
        chunk(bad),
        update("tool_call", toolCallId=bad, title=bad, kind=bad, rawInput={bad: bad}),
        update("plan", entries=[{"content": bad, "status": bad}]),
        ask(0, bad, title=bad),
        {"id": 4, "error": {"message": bad, "data": {"details": bad + "!"}}},
    ).events
    assert len(told) >= 8
    for event in told:
        json.dumps(codec.dump(event), ensure_ascii=False).encode("utf-8")


def test_answers_to_nothing_have_no_effect() -> None:
    talk = Talk().working()
    for key in (1, 2, 3, 5, -1, True, 4.0, "4", None, [4], {"a": 1}):
        talk.hear({"id": key, "result": {"stopReason": "end_turn", "sessionId": "other"}})
        assert (talk.events, talk.sends) == ([], [])
    talk.hear({"id": 4, "result": {"stopReason": "end_turn"}})
    assert talk.hear({"id": 4, "result": {"stopReason": "end_turn"}}).events == []


@pytest.mark.parametrize("state", ["{", "[]", "{}", "3", '{"dialect":"acp","version":1,"state":3}',
                                   '{"dialect":"acp","version":2,"state":{}}',
                                   '{"dialect":"plain","version":1,"state":{}}',
                                   '{"dialect":"acp","version":1,"state":{"waiting":3}}'])  # fmt: skip
def test_a_state_that_is_none_is_refused(state: str) -> None:
    with pytest.raises(ValueError, match=r"acp|Prompt|State"):
        acp.load(state)

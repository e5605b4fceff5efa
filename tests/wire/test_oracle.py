"""The official SDK's schema as the judge of what we send, what we understand, and our own agent."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from acp import helpers, schema
from acp.meta import CLIENT_METHODS
from pydantic import BaseModel

from ropewalk.core.events import (
    PlanChanged,
    QuestionAsked,
    TextAdded,
    ToolChanged,
    TurnEnded,
    UsageChanged,
)
from ropewalk.wire import acp
from tests.wire.pump import SCRIPTED, Pump
from tests.wire.script import Talk, ask, welcome

REQUESTS = {
    "initialize": schema.InitializeRequest,
    "session/new": schema.NewSessionRequest,
    "session/load": schema.LoadSessionRequest,
    "session/prompt": schema.PromptRequest,
    "session/cancel": schema.CancelNotification,
}


def strict(model: type[BaseModel], value: dict[str, Any]) -> None:
    """Valid, and nothing in it that the schema does not know."""
    known = json.loads(model.model_validate(value).model_dump_json(by_alias=True))
    assert value.keys() <= known.keys()


def judge(talk: Talk) -> None:
    for message in talk.sent().values():
        assert message["jsonrpc"] == "2.0"
        if "method" in message:
            strict(REQUESTS[message["method"]], message["params"])
        elif "result" in message:
            strict(schema.RequestPermissionResponse, message["result"])
        else:
            strict(schema.Error, message["error"])


@pytest.mark.parametrize("session", ["", "old"])
def test_all_we_send_is_valid(session: str) -> None:
    talk = Talk()
    judge(talk.take(talk.dialect.open(cwd="/w", session=session)))
    judge(talk.hear(welcome(can_load=True)))
    talk.hear({"id": 2, "result": {"sessionId": "s1"}})
    judge(talk.take(talk.dialect.prompt(turn=1, text="Do it")))
    talk.hear(ask(0), ask(1))
    first = talk.events[1].question
    judge(talk.take(talk.dialect.answer(question=first, option="y")))
    judge(talk.hear({"id": 5, "method": "terminal/create", "params": {}}))
    judge(talk.take(talk.dialect.cancel()))
    assert len(talk.sends) == 2


def update_of(model: BaseModel) -> dict[str, Any]:
    whole = schema.SessionNotification(session_id="s1", update=model)
    params = json.loads(whole.model_dump_json(by_alias=True, exclude_none=True))
    return {"method": "session/update", "params": params}


def test_updates_of_the_sdk_are_understood() -> None:
    talk = Talk().working()
    diff = helpers.tool_diff_content("/w/a", "new\n", "old\n")
    cost = schema.Cost(amount=0.5, currency="USD")
    cases = [
        (helpers.update_agent_message_text("hi"), TextAdded),
        (helpers.update_agent_thought_text("hm"), TextAdded),
        (helpers.update_user_message_text("me"), TextAdded),
        (helpers.start_tool_call("c", "Edit", kind="edit", content=[diff]), ToolChanged),
        (helpers.update_tool_call("c", status="completed", raw_output={"out": "x"}), ToolChanged),
        (helpers.update_plan([helpers.plan_entry("a", status="in_progress")]), PlanChanged),
        (
            schema.UsageUpdate(session_update="usage_update", used=5, size=9, cost=cost),
            UsageChanged,
        ),
    ]
    for model, kind in cases:
        (told,) = talk.hear(update_of(model)).events
        assert isinstance(told, kind), model


@pytest.mark.parametrize("status", get_args(schema.ToolCallStatus))
@pytest.mark.parametrize("kind", get_args(schema.ToolKind))
def test_every_kind_and_status_of_a_tool_call(kind: str, status: str) -> None:
    model = helpers.start_tool_call("c", "T", kind=kind, status=status)
    (told,) = Talk().working().hear(update_of(model)).events
    assert (told.kind, told.status, told.title) == (kind, status, "T")


def test_every_kind_of_update_is_taken_without_a_note() -> None:
    members = get_args(get_args(schema.SessionNotification.model_fields["update"].annotation)[0])
    union = members or get_args(schema.SessionNotification.model_fields["update"].annotation)
    tags = {get_args(one.model_fields["session_update"].annotation)[0] for one in union}
    assert {"agent_message_chunk", "usage_update", "session_info_update"} <= tags
    for tag in tags:
        talk = Talk().working().update(tag, toolCallId="c", entries=[], used=0)
        assert not any(one.tag == "noted" for one in talk.events)


@pytest.mark.parametrize("stop", get_args(schema.StopReason))
def test_every_stop_reason_is_known(stop: str) -> None:
    usage = schema.Usage(total_tokens=3, input_tokens=2, output_tokens=1)
    answer = schema.PromptResponse(stop_reason=stop, usage=usage)
    result = json.loads(answer.model_dump_json(by_alias=True, exclude_none=True))
    spent, ended = Talk().working().hear({"id": 4, "result": result}).events
    assert spent == UsageChanged(input_tokens=2, output_tokens=1)
    assert isinstance(ended, TurnEnded)
    assert "unknown" not in ended.reason


@pytest.mark.parametrize("kind", get_args(schema.PermissionOptionKind))
def test_a_question_of_the_sdk(kind: str) -> None:
    request = schema.RequestPermissionRequest(
        session_id="s1",
        tool_call=schema.ToolCallUpdate(tool_call_id="c", title="T", kind="execute"),
        options=[schema.PermissionOption(option_id="o", name="N", kind=kind)],
    )
    params = json.loads(request.model_dump_json(by_alias=True, exclude_none=True))
    talk = Talk().working()
    talk.hear({"id": 0, "method": "session/request_permission", "params": params})
    asked = talk.events[-1]
    assert isinstance(asked, QuestionAsked)
    assert [(one.id, one.label, one.kind) for one in asked.options] == [("o", "N", kind)]


def test_every_other_request_of_an_agent_is_refused() -> None:
    ours = {"session/request_permission", "session/update"}
    for method in set(CLIENT_METHODS.values()) - ours:
        talk = Talk().working().hear({"id": 7, "method": method, "params": {}})
        assert [one["error"]["code"] for one in talk.sent().values()] == [-32601]


def test_our_own_agent_speaks_as_the_schema_says(tmp_path: Path) -> None:
    script = (
        "say a\nthink b\nplan c; d\nwrite x y\nappend x z\ndelete x\nrun echo hi\nusage 1 2 0.5\n"
        "ask May I\nsay ok\n"
    )
    with Pump(acp.load(), (*SCRIPTED, "--acp"), tmp_path) as pump:
        pump.take(pump.dialect.open(cwd=str(tmp_path), session=""))
        pump.take(pump.dialect.prompt(turn=1, text=script))
        pump.until(pump.has(QuestionAsked))
        asked = pump.of(QuestionAsked)[0].question
        pump.take(pump.dialect.answer(question=asked, option="yes"))
        pump.until(pump.has(TurnEnded))
        lines = [json.loads(one) for one in pump.heard["stdout"].splitlines()]
    answers = [schema.InitializeResponse, schema.NewSessionResponse, schema.PromptResponse]
    for message in lines:
        if message.get("method") == "session/update":
            strict(schema.SessionNotification, message["params"])
        elif message.get("method") == "session/request_permission":
            strict(schema.RequestPermissionRequest, message["params"])
        else:
            strict(answers.pop(0), message["result"])
    assert answers == []

"""The dialects and the scripted agent with each other, over real pipes."""

from pathlib import Path

from ropewalk.core.events import (
    Event,
    Noted,
    PlanChanged,
    QuestionAsked,
    SessionOpened,
    TextAdded,
    ToolChanged,
    TurnEnded,
    UsageChanged,
)
from ropewalk.wire import acp, plain
from tests.wire.pump import SCRIPTED, Pump

ACP = (*SCRIPTED, "--acp")


def said(events: list[Event], channel: str = "message") -> str:
    return "".join(
        one.text.text for one in events if isinstance(one, TextAdded) and one.channel == channel
    )


def test_a_turn_over_acp(tmp_path: Path) -> None:
    with Pump(acp.load(), ACP, tmp_path) as pump:
        pump.take(pump.dialect.open(cwd=str(tmp_path), session=""))
        text = (
            "Fix it.\nthink hm\nplan look; mend\nsay one\nsay two\nwrite a.txt hello\n"
            "run cat a.txt\nusage 5 7 0.25\n"
        )
        pump.take(pump.dialect.prompt(turn=1, text=text))
        pump.until(pump.has(TurnEnded))
        assert (tmp_path / "a.txt").read_text() == "hello\n"
        (opened,) = pump.of(SessionOpened)
        assert opened.can_load
        assert opened.title == "scripted 1"
        assert said(pump.events) == "one\ntwo\n"
        assert said(pump.events, "thought") == "hm\n"
        assert [one.text for one in pump.of(PlanChanged)[0].entries] == ["look", "mend"]
        edit, started, ended = pump.of(ToolChanged)
        assert edit.kind == "edit"
        assert "+hello" in edit.detail.text
        assert (started.title, started.status) == ("cat a.txt", "in_progress")
        assert (ended.status, ended.detail.text) == ("completed", "hello\n")
        assert pump.of(UsageChanged)[-1] == UsageChanged(
            input_tokens=5, output_tokens=7, cost_usd=0.25
        )
        assert pump.of(TurnEnded) == [TurnEnded(turn=1, outcome="done")]


def test_a_question_answered_yes_and_a_question_answered_no(tmp_path: Path) -> None:
    with Pump(acp.load(), ACP, tmp_path) as pump:
        pump.take(pump.dialect.open(cwd=str(tmp_path), session=""))
        script = "ask first\nsay did\nend\nask second\nsay never\nend\nsay bye"
        pump.take(pump.dialect.prompt(turn=1, text=script))
        pump.until(pump.has(QuestionAsked))
        first = pump.of(QuestionAsked)[0]
        assert pump.heard["stdout"][int(first.question) :].startswith(b"{")
        pump.take(pump.dialect.answer(question=first.question, option="yes"))
        pump.until(pump.has(QuestionAsked, 2))
        pump.take(pump.dialect.answer(question=pump.of(QuestionAsked)[1].question, option="no"))
        pump.until(pump.has(TurnEnded))
        assert said(pump.events) == "did\nNot allowed: second\nbye\n"


def test_cancel_then_a_follow_up(tmp_path: Path) -> None:
    with Pump(acp.load(), ACP, tmp_path) as pump:
        pump.take(pump.dialect.open(cwd=str(tmp_path), session=""))
        pump.take(pump.dialect.prompt(turn=1, text="say here\nhang"))
        pump.until(lambda: said(pump.events) == "here\n")
        pump.take(pump.dialect.cancel())
        pump.take(pump.dialect.prompt(turn=2, text="say again"))
        pump.until(pump.has(TurnEnded, 2))
        assert [(one.turn, one.outcome) for one in pump.of(TurnEnded)] == [
            (1, "stopped"),
            (2, "done"),
        ]


def test_a_session_is_loaded_after_the_agent_was_killed(tmp_path: Path) -> None:
    state = {"ROPEWALK_AGENT_STATE": str(tmp_path / "state")}
    with Pump(acp.load(), ACP, tmp_path, **state) as pump:
        pump.take(pump.dialect.open(cwd=str(tmp_path), session=""))
        pump.take(pump.dialect.prompt(turn=1, text="say before\ncrash"))
        pump.until(pump.has(TurnEnded))
        assert pump.of(TurnEnded)[0].outcome == "failed"
        assert "signal 9" in pump.of(TurnEnded)[0].reason
        session = pump.of(SessionOpened)[0].session
    with Pump(acp.load(), ACP, tmp_path, **state) as pump:
        pump.take(pump.dialect.open(cwd=str(tmp_path), session=session))
        pump.take(pump.dialect.prompt(turn=2, text="say after"))
        pump.until(pump.has(TurnEnded))
        assert b"before" in pump.heard["stdout"]
        assert said(pump.events) == "after\n"
        assert pump.of(SessionOpened)[0].session == session


def test_failures_and_garbage_are_told(tmp_path: Path) -> None:
    with Pump(acp.load(), ACP, tmp_path) as pump:
        pump.take(pump.dialect.open(cwd=str(tmp_path), session=""))
        pump.take(pump.dialect.prompt(turn=1, text="garbage\ngarbage\nsay ok\nfail no model"))
        pump.until(pump.has(TurnEnded))
        assert pump.of(TurnEnded) == [TurnEnded(turn=1, outcome="failed", reason="no model")]
        assert len(pump.of(Noted)) == 1


def test_a_command_with_its_prompt_in_argv(tmp_path: Path) -> None:
    script = "#1:\nsay mine\nwrite ü/ä.txt <<EOF\nx\n\ny\nEOF\nexit 3\n#2:\nsay yours\n"
    argv = (*SCRIPTED, script)
    with Pump(plain.loader("argument")(), argv, tmp_path, ROPEWALK_ATTEMPT_NUMBER="1") as pump:
        pump.take(pump.dialect.open(cwd=str(tmp_path), session=""))
        pump.take(pump.dialect.prompt(turn=1, text=script))
        pump.until(pump.has(TurnEnded))
        assert said(pump.events, "stdout") == "mine\n"
        assert (tmp_path / "ü" / "ä.txt").read_text() == "x\n\ny\n"
        assert pump.of(TurnEnded) == [TurnEnded(turn=1, outcome="failed", reason="exit status 3")]


def test_a_command_with_its_prompt_on_stdin(tmp_path: Path) -> None:
    with Pump(plain.loader("stdin")(), (*SCRIPTED, "-"), tmp_path) as pump:
        pump.take(pump.dialect.prompt(turn=1, text="Do it:\n```script\nsay höi\n```\nsay no"))
        pump.until(pump.has(TurnEnded))
        assert said(pump.events, "stdout") == "höi\n"
        assert pump.of(TurnEnded) == [TurnEnded(turn=1, outcome="done")]

import json
from typing import Any

from tests.cli.answers import Server
from tests.cli.program import Terminal, ropewalk
from tests.cli.samples import attempt, board, comparison, question, row, task


def ready(alias: str) -> Any:
    facts = {"group": "ready", "status": "ready", "turn_state": "ended", "outcome": "done"}
    version = {"number": 1, "turn": 1, "commit": "c" * 40, "tree": "t", "files": 1, "added": 3}
    return attempt(alias, **facts, detail="", versions=[{**version, "removed": 1, "summary": "s"}])


def serve(hub: Server, started: Any, now: Any) -> None:
    hub.say("POST /v1/tasks", started)
    hub.say("GET /v1/tasks/7", now)
    hub.say("GET /v1/wait", {"schema": 1, "done": True, "attempts": []})
    hub.say("GET /v1/compare/7", comparison(row(1, "7.1"), row(2, "7.2")))


def test_a_race_elsewhere_than_on_a_terminal_is_plain_lines_and_ends_with_the_table(
    hub: Server,
) -> None:
    serve(hub, task(attempt("7.1"), attempt("7.2")), task(ready("7.1"), ready("7.2")))
    done = ropewalk(hub.home, "run", "-n", "2", "Fix", "it")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert (
        done.stdout.splitlines()[0]
        == "task 7 · 2 attempts · sandbox none · base main · checks none"
    )
    assert "7.1  ready" in done.stdout
    assert done.stdout.endswith("  ropewalk merge 7.2\n")
    body = next(body for route, body in hub.asked if route == "POST /v1/tasks")
    assert (body["brief"], body["count"]) == ("Fix it", 2)


def test_what_fails_is_not_all(hub: Server) -> None:
    failed = {**ready("7.1"), "outcome": "failed", "status": "failed"}
    serve(hub, task(attempt("7.1")), task(failed, ready("7.2")))
    assert ropewalk(hub.home, "run", "Fix it").returncode == 5


def test_equal_questions_are_asked_once_and_one_key_answers_them_all(hub: Server) -> None:
    state = {"answers": 0}
    asking = task(
        attempt("7.1", questions=[question()], group="needs you"),
        attempt("7.2", questions=[question(id="q2")], group="needs you"),
    )

    def answer(body: dict[str, Any]) -> Any:
        state["answers"] += 1
        hub.emit("question.answered")
        told = {
            "id": body["ids"][0],
            "message": f"answered {body['ids'][0]}",
            "hint": "",
            "error": "",
        }
        return {"schema": 1, "results": [told], "seq": 1}

    through = task(ready("7.1"), ready("7.2"))
    serve(hub, asking, lambda _: through if state["answers"] == 2 else asking)
    hub.say("POST /v1/act/answer", answer)
    screen = Terminal(hub.home, ["run", "Fix it"])
    screen.until("7.1, 7.2 asks: reach api.stripe.com")
    screen.type("a")
    screen.until("answered 7.2")
    assert screen.end() == 0
    said = [(body["ids"], body["question"]) for route, body in hub.asked if "answer" in route]
    assert said == [(["7.1"], "q1"), (["7.2"], "q2")]


def test_ctrl_c_leaves_the_agents_at_work_and_names_the_stop_command(hub: Server) -> None:
    going = task(attempt("7.1"))
    serve(hub, going, going)
    screen = Terminal(hub.home, ["run", "Fix it"])
    screen.until("Ctrl-C leaves them at work")
    screen.interrupt()
    screen.until("ropewalk stop 7")
    assert screen.end() == 0
    assert not [route for route, _ in hub.asked if "/act/" in route]


def test_consent_without_a_terminal_is_refused_and_with_the_word_given(hub: Server) -> None:
    fault: dict[str, object] = {
        "code": "consent",
        "message": "Run claude without a sandbox?",
        "hint": "agree: --yes",
    }
    fault |= {"subject": "agent:claude", "text": "claude runs as you", "digest": "d1"}
    fault |= {"agrees": {"agent:claude": "d1"}}
    given: list[str] = []
    serve(hub, task(), task(ready("7.1")))
    hub.say("POST /v1/tasks", lambda _: task() if given else {"error": fault})
    hub.say("POST /v1/consents", lambda body: given.append(body["digest"]) or {"schema": 1})
    asked = ropewalk(hub.home, "run", "--json", "--detach", "Fix it")
    assert asked.returncode == 3
    assert json.loads(asked.stdout)["error"] == fault
    assert ropewalk(hub.home, "run", "--yes", "--detach", "Fix it").returncode == 0
    assert given == ["d1"]


def test_the_watched_board_follows_what_happens(hub: Server) -> None:
    states = [board(task(attempt("7.1"))), board(task(ready("7.1"), group="ready"))]
    hub.say("GET /v1/board", lambda _: states[bool(hub.stream)])
    screen = Terminal(hub.home, ["ls", "--watch"])
    screen.until("WORKING")
    hub.emit("turn.ended")
    screen.until("READY")
    screen.interrupt()
    assert screen.end() == 0

"""Verbs from end to end, against recorded answers."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.cli.answers import Server
from tests.cli.program import environment, ropewalk
from tests.cli.samples import attempt, board, cell, comparison, row, task


def acted(message: str, error: str = "") -> object:
    told = {"id": "7.2", "message": message, "hint": "", "error": error}
    return {"schema": 1, "results": [told], "seq": 0}


def test_merge_waits_for_its_end_and_says_how_to_take_it_back(hub: Server) -> None:
    hub.say("POST /v1/act/merge", acted("merging 7.2 into main"))
    hub.say("GET /v1/attempts/7.2", attempt("7.2", checks=[cell()]))
    hub.emit("merge.done", target="main", before="3f2c1a9" * 5, after="9ab01c4" * 5, checkout="")
    done = ropewalk(hub.home, "merge", "7.2", "smaller")
    assert done.returncode == 0, done.stderr
    assert "Checked again on main as it is now (3f2c1a9): pytest passed." in done.stdout
    assert done.stdout.endswith("main is at 9ab01c4. `ropewalk undo` takes it back.\n")
    body = next(body for route, body in hub.asked if route.endswith("/merge"))
    assert (body["ids"], body["reason"], body["unchecked"]) == (["7.2"], "smaller", False)


def test_a_bounced_merge_says_why(hub: Server) -> None:
    hub.say("POST /v1/act/merge", acted("merging 7.2 into main"))
    hub.emit("merge.bounced", reason="main moved", hint="ropewalk rebase 7.2", conflicts=["a.py"])
    done = ropewalk(hub.home, "merge", "7.2")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == [
        "7.2 was not merged: main moved",
        "  a.py",
        "ropewalk rebase 7.2",
    ]


def test_the_log_folds_tools_and_joins_pieces(hub: Server) -> None:
    hub.emit("turn.started", turn=1)
    hub.emit("text.added", channel="message", text={"text": "I will \x1b[2Jre"})
    hub.emit("text.added", channel="message", text={"text": "ad\nthe file"})
    hub.emit("tool.changed", call="1", title="read a.py", status="pending")
    hub.emit("tool.changed", call="1", status="completed")
    hub.emit("turn.ended", turn=1, outcome="done", reason="")
    done = ropewalk(hub.home, "log", "7.1")
    assert done.stdout.splitlines() == [
        "— turn 1",
        "I will read",
        "the file",
        "· read a.py",
        "✓ read a.py",
        "— done",
    ]


def test_undo_is_not_done_blindly_without_a_terminal(hub: Server) -> None:
    last = {"schema": 1, "action": "a1", "what": "merge of 7.2", "by": "ann", "when": 1.0}
    hub.say("GET /v1/undo", {**last, "same_terminal": False})
    hub.say("POST /v1/undo", acted("main is back at 3f2c1a9"))
    refused = ropewalk(hub.home, "undo")
    assert refused.returncode == 3
    assert "ropewalk undo --yes" in refused.stderr
    assert ropewalk(hub.home, "undo", "--yes").returncode == 0


def test_a_failure_of_one_id_is_the_exit_code(hub: Server) -> None:
    hub.say("POST /v1/act/stop", acted("7.2 is not running.", "refused"))
    assert ropewalk(hub.home, "stop", "7.2").returncode == 1
    assert ropewalk(hub.home, "stop").returncode == 2


def test_json_is_the_api_s_shape(hub: Server) -> None:
    hub.say("GET /v1/compare/7", comparison(row(1, "7.1")))
    found = json.loads(ropewalk(hub.home, "compare", "7", "--json").stdout)
    assert found["rows"][0]["alias"] == "7.1"
    lost = ropewalk(hub.home, "show", "9.9", "--json")
    assert (lost.returncode, json.loads(lost.stdout)["error"]["code"]) == (1, "not-found")


def test_a_reader_that_goes_away_is_no_error(hub: Server) -> None:
    hub.say("GET /v1/board", board(*(task(number=n) for n in range(3000))))
    argv = [sys.executable, "-m", "ropewalk", "ls"]
    child = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(hub.home)
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.read(10)
    child.stdout.close()
    assert child.stderr.read() == b""
    child.stderr.close()
    child.wait(30)


def test_status_of_no_hub_starts_none(tmp_path: Path) -> None:
    done = ropewalk(tmp_path, "hub", "status")
    assert (done.returncode, list(tmp_path.iterdir())) == (0, [])


def test_nothing_heavy_is_imported_for_a_board(hub: Server) -> None:
    hub.say("GET /v1/board", board(*(task(number=n) for n in range(300))))
    argv = [sys.executable, "-X", "importtime", "-m", "ropewalk", "ls"]
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=30, check=True, env=environment(hub.home)
    )
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    heavy = {"asyncio", "http.client", "dataclasses", "subprocess", "termios", "sqlalchemy"}
    assert not names & heavy
    took: list[float] = []
    for _ in range(5):
        start = time.monotonic()
        ropewalk(hub.home, "ls")
        took.append(time.monotonic() - start)
    assert statistics.median(took) < 2.0

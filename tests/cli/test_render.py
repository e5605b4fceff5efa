from typing import Any

import pytest

from ropewalk.cli.compare import comparison_lines
from ropewalk.cli.rows import attempt_line, board_lines
from ropewalk.cli.style import PLAIN
from ropewalk.cli.text import cut, pad, plain, plain_lines, width, wrap
from ropewalk.cli.turns import turns_lines
from tests.cli.samples import attempt, board, cell, comparison, question, row, task

HOSTILE = "\x1b[2J\x1b]0;title\x07ok\x9b31m\x08\u202egood\x1bPdcs\x1b\\\x00"


def test_what_comes_from_agents_cannot_steer_the_terminal() -> None:
    assert plain(HOSTILE) == "okgood"
    assert plain_lines("a\r\nb\rc\td") == ["a", "b", "c    d"]
    assert plain("\x1b]0;never ended") == ""


def test_wide_and_combining_characters_keep_their_columns() -> None:
    assert width("漢字") == 4
    assert cut("漢字漢字", 4) == "漢…"
    assert pad("e\u0301", 3) == "e\u0301  "
    assert wrap("漢字漢字漢字 ab", 8) == ["漢字漢字", "漢字 ab"]


def test_an_attempt_at_80_columns() -> None:
    one = attempt(questions=[question()], detail="wants api.stripe.com", group="needs you")
    assert attempt_line(one, 80, PLAIN) == (
        "  7.1   needs you   0:48  $0.06  wants api.stripe.com       a: allow once  n: no"
    )
    assert attempt_line(attempt(), 80, PLAIN) == (
        "  7.1   working     0:48  $0.06  reading cart/pricing.py"
    )


@pytest.mark.parametrize("columns", [20, 40, 80, 120])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    one = attempt(detail=HOSTILE + "漢字" * 90, checks=[cell()], questions=[question()])
    assert width(attempt_line(one, columns, PLAIN)) <= columns
    found = comparison(row(1, "7.1", why="word " * 40), row(2, "7.2"))
    if columns >= 80:
        assert max(map(width, comparison_lines(found, columns, PLAIN))) <= columns


TURN: Any = {
    "number": 0, "by": "", "prompt": "", "started": 0.0, "ended": 0.0, "elapsed_s": 0.0, "outcome": "",
    "files_are": "fork", "version": 1, "files": 1, "added": 2, "removed": 0, "then": [],
}  # fmt: skip
BACK: Any = {
    "number": 3, "turn": 1, "commit": "c", "tree": "t", "files": 1, "added": 2, "removed": 0,
    "summary": "", "made": "rewind", "note": "set back to turn 0",
}  # fmt: skip


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_turns(columns: int) -> None:
    first = {**TURN, "number": 1, "by": "person:ann", "prompt": HOSTILE + "漢字 " * 40}
    ended = {"started": 10.0, "elapsed_s": 75.0, "outcome": "done", "files_are": "version"}
    idle = {**TURN, "number": 2, "files_are": "nothing", "prompt": "look"}
    going = {**TURN, "number": 3, "files_are": "", "version": 0}
    found: Any = {"schema": 1, "id": "x", "alias": "7.2", "task": 7}
    found |= {"fork": {"of": "7.1", "turn": 4, "version": 2}}
    found |= {"turns": [TURN, {**first, **ended, "version": 2, "then": [BACK]}, idle, going]}
    lines = turns_lines(found, columns, PLAIN)
    assert max(map(width, lines)) <= columns
    text = " ".join(" ".join(lines).split())
    assert "\x1b" not in text
    assert text.startswith("7.2 from 7.1 at turn 4")
    for words in ("@2", "ann", "1:15", "done", "set back to turn 0", "rewind 7.2 --to TURN"):
        assert words in text, words
    if columns == 120:
        assert "@1, no change" in text
        assert "at work" in text


def test_the_board_is_grouped_by_urgency() -> None:
    done = task(attempt("8.1", group="done", status="merged", detail=""), number=8, group="done")
    lines = board_lines(board(done, task(), counts={"working": 1, "done": 1}), 80, PLAIN)
    assert lines == [
        "WORKING 1",
        "7 · Fix the cart",
        "  7.1   working     0:48  $0.06  reading cart/pricing.py",
        "",
        "DONE 1",
        "8 · Fix the cart",
        "  8.1   merged      0:48  $0.06",
    ]


def test_reasons_are_wrapped_never_cut() -> None:
    why = (
        "breaks tests/test_api.py::test_totals, which passed on the base, and is the largest of all"
    )
    lines = comparison_lines(comparison(row(1, "7.3", why=why)), 80, PLAIN)
    assert why in " ".join(" ".join(lines).split())

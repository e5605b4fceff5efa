"""What agents and files say, on the faces a person reads: nothing is obeyed, nothing is hidden."""

import json
import time

import pytest

from ropewalk.cli.diff import painted
from ropewalk.cli.style import PLAIN
from ropewalk.cli.text import exact_lines, plain, plain_lines
from ropewalk.core.events import PlanChanged, QuestionAsked, ToolChanged
from ropewalk.wire.acp import Acp
from tests.attacks.acp import conversation

OBEYED = "\x1b\x9b\x9d\x07\x08\x0b\r\x7f\x85\x90"
TURNED = "\u202a\u202e\u2066\u2069\u200f\u061c"
UNSEEN = "\u200b\ufeff\u180e\U000e0041\u2063"
ATTACKS = [
    "\x1b]52;c;cm0gLXJmIC8=\x07",
    "\x1b]0;owned\x1b\\",
    "\x9d52;c;x\x9c",
    "\x1b[2J\x1b[H",
    "\x9b31m",
    "\x1bP$q\x1b\\",
    "\x1b[\x1b[31m31m",
    "\x1b\x1b]]0;x\x07",
    "\x1b\x00[31m",
    "\x1b\u200b[31m",
    "ok\rrm -rf /",
    "a\x08\x08b",
    *TURNED,
    *UNSEEN,
    "\ud800",
]


@pytest.mark.parametrize("attack", ATTACKS, ids=ascii)
def test_a_terminal_obeys_nothing(attack: str) -> None:
    for shown in (plain(attack), *plain_lines(attack), *exact_lines(attack)):
        assert not set(shown) & set(OBEYED + TURNED + UNSEEN)
        shown.encode()


@pytest.mark.parametrize("start", ["\x9d", "\x1b]", "\x90", "\x1bP", "\x1b_", "\x1b^", "\x1bX"])
def test_no_string_of_a_terminal_hides_the_lines_after_it(start: str) -> None:
    text = f"# harmless {start}\ncommand = 'evil'\n# \x9c end"
    assert "command = 'evil'" in plain_lines(text)


@pytest.mark.parametrize("attack", ATTACKS, ids=ascii)
def test_what_a_person_judges_is_complete(attack: str) -> None:
    """A consent text and a diff lose nothing, not even a character that cannot be seen."""
    text = f"one {attack}two\nthree"
    shown = "\n".join(exact_lines(text))
    for char in text:
        code = ord(char)
        spelled = (f"\\x{code:02x}", f"\\u{{{code:x}}}")
        assert (
            char in shown
            if char.isprintable() or char == "\n"
            else any(s in shown for s in spelled)
        )
    diff = painted(f"+# {attack}\n+evil()\n", PLAIN)
    assert diff.endswith("\n+evil()\n")


def test_json_for_a_terminal_is_ascii() -> None:
    assert json.dumps("\x9b31m \u202e \udcff").isascii()


def test_long_words_of_an_agent_are_cut_before_they_are_stored() -> None:
    long = "x" * 1_000_000
    call = {"toolCallId": long, "title": long, "kind": long, "status": long}
    plan = {"sessionUpdate": "plan", "entries": [{"content": long, "status": long}]}
    options = [{"optionId": "yes", "name": long, "kind": long}, {"optionId": long, "name": "no"}]
    began = time.monotonic()
    events = conversation(
        Acp(),
        {"method": "session/update", "params": {"update": {"sessionUpdate": "tool_call", **call}}},
        {"method": "session/update", "params": {"update": plan}},
        {
            "id": long[:100],
            "method": "session/request_permission",
            "params": {"toolCall": call, "options": options},
        },
    )
    tool = next(one for one in events if isinstance(one, ToolChanged))
    asked = next(one for one in events if isinstance(one, QuestionAsked))
    planned = next(one for one in events if isinstance(one, PlanChanged))
    assert max(map(len, (tool.call, tool.title, tool.kind, tool.status, asked.title))) <= 2_000
    assert [len(one.label) for one in asked.options] == [2_000]
    assert len(planned.entries[0].text) <= 2_000
    assert time.monotonic() - began < 10

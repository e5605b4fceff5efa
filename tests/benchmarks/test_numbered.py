"""The counting of benchmarks: it sees what is lost and what is there twice."""

from typing import Any, cast

import pytest
from bench.numbered import Count, count, emitted, texts
from bench.table import report

from ropewalk.core.views import EventView


def said(attempt: str, text: str, channel: str = "message") -> EventView:
    event: dict[str, Any] = {"tag": "text.added", "attempt": attempt}
    return cast("EventView", {**event, "body": {"channel": channel, "text": {"text": text}}})


def test_lines_that_were_cut_anywhere_are_put_together() -> None:
    events = [
        said("a", "event 00000"),
        said("b", "event 0000001\n"),
        said("a", "01\nevent 0000002\n"),
    ]
    assert count(texts(events), {"a": 2, "b": 1}) == Count(found=3, lost=0, doubled=0)
    assert count(texts([*events, said("b", "words", "stderr")]), {"b": 1}).doubled == 0


def test_lost_and_doubled() -> None:
    found = texts([said("a", "event 0000001\nevent 0000003\nevent 0000003\n")])
    assert count(found, {"a": 4, "never seen": 2}) == Count(found=3, lost=4, doubled=1)


def test_times() -> None:
    assert emitted("event 0000001 12.500000\nevent 0000002\nevent 0000003 13.25\n") == [12.5, 13.25]


def test_the_last_line_is_flat_json(capsys: pytest.CaptureFixture[str]) -> None:
    report("title", [("a", "1 ms", "how")], {"a_ms": 1.23456, "lost": 0})
    assert capsys.readouterr().out == 'title\na  1 ms  how\n{"a_ms": 1.235, "lost": 0}\n'

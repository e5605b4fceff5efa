"""What a script makes the scripted agent do."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ropewalk.core.events import QuestionAsked, TextAdded, ToolChanged, TurnEnded
from ropewalk.testing.script import script
from ropewalk.wire import acp
from tests.wire.pump import SCRIPTED, Pump


def run(
    tmp_path: Path, *arguments: str, text: str = "", limit_s: float = 20, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*SCRIPTED, *arguments],
        input=text.encode(),
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, **environment},
        timeout=limit_s,
        check=False,
    )


def test_prose_around_a_block() -> None:
    prompt = "say no\n```script\nsay a\nhello there\nwrite p q r\n```\nsay no"
    assert script(prompt, "") == [("say", "a"), ("write", "p q r\n")]


def test_sections_by_attempt() -> None:
    prompt = "say all\n#1:\nsay one\n#2:\nsay two\n#12:\nsay twelve"
    assert [rest for _, rest in script(prompt, "")] == ["all"]
    assert [rest for _, rest in script(prompt, "2")] == ["all", "two"]
    assert [rest for _, rest in script(prompt, "12")] == ["all", "twelve"]


def test_texts_of_many_lines() -> None:
    assert script("say a\\nb", "") == [("say", "a\nb")]
    assert script("append p <<END\n  x\n\nEND\nsay c", "") == [
        ("append", "p   x\n\n"),
        ("say", "c"),
    ]
    assert script("write p <<END\nnever ends", "") == [("write", "p never ends\n")]


@pytest.mark.parametrize("way", ["argument", "stdin", "file"])
def test_the_three_ways_of_a_prompt(tmp_path: Path, way: str) -> None:
    (tmp_path / "prompt").write_text("say hällo")
    arguments = {"argument": ("say hällo",), "stdin": ("-",), "file": ("--file", "prompt")}[way]
    assert run(tmp_path, *arguments, text="say hällo").stdout.decode() == "hällo\n"


def test_files(tmp_path: Path) -> None:
    run(tmp_path, "write d/a one\nappend d/a two\nwrite b x\ndelete b")
    assert (tmp_path / "d" / "a").read_text() == "one\ntwo\n"
    assert not (tmp_path / "b").exists()


def test_a_command_and_its_output(tmp_path: Path) -> None:
    assert run(tmp_path, "run echo out; echo err >&2; exit 3\nsay on").stdout == b"out\nerr\non\n"


@pytest.mark.parametrize(
    ("line", "code"), [("exit 3", 3), ("exit", 0), ("crash 7", 7), ("crash", -9), ("fail x", 1)]
)
def test_ends(tmp_path: Path, line: str, code: int) -> None:
    done = run(tmp_path, f"say a\n{line}\nsay b")
    assert (done.returncode, done.stdout) == (code, b"a\n")


def test_numbered_lines_at_a_rate(tmp_path: Path) -> None:
    begin = time.monotonic()
    out = run(tmp_path, "emit 30 100").stdout.decode().split("\n")
    assert time.monotonic() - begin >= 0.29
    assert out == [*(f"event {number:07}" for number in range(1, 31)), ""]


def test_emitted_lines_can_tell_their_time(tmp_path: Path) -> None:
    before = time.time()
    for words in ("emit 2 timed", "emit 2 100 timed"):
        lines = run(tmp_path, words).stdout.decode().splitlines()
        assert [line[:13] for line in lines] == ["event 0000001", "event 0000002"]
        assert before <= float(lines[0].split()[2]) <= float(lines[1].split()[2]) <= time.time()


def test_much_output_and_bytes_that_mean_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, "flood 200000").stdout.count(b"x") == 200_000
    assert b"\xff\xfe" in run(tmp_path, "garbage").stdout


def test_a_child_that_is_left_behind(tmp_path: Path) -> None:
    pid = int(run(tmp_path, "spawn 600").stdout.split()[-1])
    os.kill(pid, signal.SIGKILL)


def test_it_hangs(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run(tmp_path, "hang", limit_s=0.5)


def test_cancelling_ends_a_command_that_runs(tmp_path: Path) -> None:
    with Pump(acp.load(), (*SCRIPTED, "--acp"), tmp_path) as pump:
        pump.take(pump.dialect.open(cwd=str(tmp_path), session=""))
        pump.take(pump.dialect.prompt(turn=1, text="run echo $$ > pid; exec sleep 600"))
        pump.until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        pump.take(pump.dialect.cancel())
        pump.until(pump.has(TurnEnded))
        assert pump.of(TurnEnded)[0].outcome == "stopped"
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)


def test_cancelling_while_it_asks(tmp_path: Path) -> None:
    with Pump(acp.load(), (*SCRIPTED, "--acp"), tmp_path) as pump:
        pump.take(pump.dialect.open(cwd=str(tmp_path), session=""))
        pump.take(pump.dialect.prompt(turn=1, text="ask first\nsay no"))
        pump.until(pump.has(QuestionAsked))
        pump.take(pump.dialect.cancel())
        pump.until(pump.has(TurnEnded))
        assert pump.of(TurnEnded)[0].outcome == "stopped"
        assert pump.of(TextAdded) == []


def test_numbered_chunks_arrive_whole(tmp_path: Path) -> None:
    with Pump(acp.load(), (*SCRIPTED, "--acp"), tmp_path) as pump:
        pump.take(pump.dialect.open(cwd=str(tmp_path), session=""))
        pump.take(pump.dialect.prompt(turn=1, text="emit 5000\nwrite a b"))
        pump.until(pump.has(TurnEnded))
        text = "".join(one.text.text for one in pump.of(TextAdded))
        assert re.findall(r"\d+", text) == [f"{number:07}" for number in range(1, 5001)]
        assert len({one.call for one in pump.of(ToolChanged)}) == 1


def test_it_is_light(tmp_path: Path) -> None:
    assert run(tmp_path, "run grep VmHWM /proc/$PPID/status").stdout.startswith(b"VmHWM:")
    out = run(tmp_path, "run grep VmHWM /proc/$PPID/status").stdout.decode()
    assert int(re.findall(r"\d+", out)[0]) < 25_000

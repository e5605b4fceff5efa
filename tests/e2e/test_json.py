"""`--json` on every verb: one document of schema 1 (streams: lines of it), also for errors; and every exit code."""

import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from ropewalk.cli.verbs import VERBS
from tests.e2e.instance import Instance, until
from tests.e2e.repository import Repository

WORDS: dict[str, tuple[str, ...]] = {
    "ls": (),
    "show": ("T", "T.1"),
    "log": ("T.1",),
    "wait": ("T",),
    "diff": ("T.1", "T.2"),
    "compare": ("T",),
    "shell": ("T.1",),
    "edit": ("T.1",),
    "doctor": (),
    "init": ("--print",),
    "secret": ("ls",),
    "gc": (),
    "serve": ("T.1",),
    "try": ("T.1",),
    "adopt": ("no-such-branch",),
    "demo": (),
    "hub": ("status",),
    "completion": ("bash",),
    "help": ("merge",),
    "turns": ("T.1",),
    "rewind": ("T.1", "--to", "0"),
    "fork": ("T.1", "--at", "1", "say hello"),
    "answer": ("T.1", "y"),
    "check": ("T.1",),
    "rebase": ("T.1",),
    "say": ("T.1", "write", "again.txt", "x"),
    "stop": ("T.2",),
    "resume": ("T.2",),
    "keep": ("T.1", "the smaller one"),
    "undo": ("--yes",),
    "drop": ("T.2",),
    "merge": ("T.1",),
    "run": ("--agent", "scripted", "write more.txt x"),
}
"""Every verb on one task of two attempts that are through, in an order in which each makes sense."""

REFUSED = {"answer", "resume", "demo", "check", "rebase", "doctor", "serve", "try", "adopt"}
"""Those that may say no here; they say it in the same form."""


def documents(out: str) -> list[Any]:
    """Every line is a document; several ids in one call may come as a list of them."""
    found = [json.loads(line) for line in out.splitlines()]
    assert found
    return [one for each in found for one in (each if isinstance(each, list) else [each])]


def test_every_verb_is_tried() -> None:
    assert set(WORDS) == {verb.name for verb in VERBS}


def test_json(rw: Instance, plain: Repository) -> None:
    number = rw.starts("--agent", "scripted:2", "write made.txt x\nsay done", at=plain.path)[
        "number"
    ]
    rw.does("wait", str(number), at=plain.path)
    for verb, words in WORDS.items():
        named = [str(number) + one[1:] if one[0] == "T" else one for one in words]
        said = rw.types(verb, "--json", *named, at=plain.path)
        assert said.err == "", (verb, said)
        for one in documents(said.out):
            assert one["schema"] == 1, (verb, one)
        assert said.code == 0 or verb in REFUSED, (verb, said)
        if verb in ("say", "resume", "fork"):
            rw.types("wait", "--for", "ended", str(number), at=plain.path)


@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        (("show", "9999"), 1, "not-found"),
        (("merge", "7.2.1"), 2, "usage"),
        (("nonsense",), 2, "usage"),
        (("keep",), 2, "usage"),
        (("run", "--agent", "nobody", "x"), 1, "not-found"),
        (("run", "-n", "1000", "x"), 1, "refused"),
        (("diff", "9999.1"), 1, "not-found"),
        (("undo",), 1, "not-found"),
    ],
)
def test_errors_have_one_form(
    rw: Instance, plain: Repository, words: tuple[str, ...], code: int, kind: str
) -> None:
    said = rw.types(*words, "--json", at=plain.path)
    assert (said.code, said.err) == (code, ""), said
    (one,) = documents(said.out)
    assert one["schema"] == 1
    assert one["error"]["code"] == kind, one
    assert one["error"]["message"]
    assert one["error"]["hint"]
    said = rw.types(*words, at=plain.path)
    assert (said.code, said.out) == (code, ""), said
    assert len(said.err.splitlines()) >= 2


def test_not_all_is_5(rw: Instance, plain: Repository) -> None:
    said = rw.types("run", "--agent", "scripted", "fail at once", at=plain.path)
    assert said.code == 5, said
    number = rw.starts("--agent", "scripted", "hang", at=plain.path)["number"]
    said = rw.types("wait", "--timeout", "0.2s", str(number), at=plain.path)
    assert said.code == 5
    assert "Not all are through yet." in said.out
    rw.does("stop", str(number), at=plain.path)


def test_interrupted_is_130_but_0_for_a_race_that_goes_on(rw: Instance, plain: Repository) -> None:
    number = rw.starts("--agent", "scripted", "hang", at=plain.path)["number"]
    rw.until(f"{number}.1", lambda one: one["status"] == "working", plain.path)
    race = begin(rw, plain, "run", "--agent", "scripted", "say on\nhang")
    lines: list[str] = []
    assert race.stdout is not None
    shown = race.stdout
    until(lambda: lines.append(shown.readline()) or "working" in lines[-1], "the race")
    race.send_signal(signal.SIGINT)
    out, err = race.communicate(timeout=30)
    assert (race.returncode, err) == (0, ""), (out, err)
    assert f"ropewalk stop {number + 1}" in out
    following = begin(rw, plain, "log", "-f", f"{number}.1")
    assert following.stdout is not None
    assert "turn 1" in following.stdout.readline()
    following.send_signal(signal.SIGINT)
    assert following.communicate(timeout=30)[1] == ""
    assert following.returncode == 130
    assert rw.attempt(f"{number + 1}.1", plain.path)["process"] == "alive"
    rw.does("stop", str(number), str(number + 1), at=plain.path)


def begin(rw: Instance, repo: Repository, *words: str) -> "subprocess.Popen[str]":
    """A command that goes on; Ctrl-C reaches it also where the suite runs in the background."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "ropewalk", *words],
        cwd=repo.path, env=rw.environment(), text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip

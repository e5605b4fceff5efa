"""What cannot be taken back says so before it is done, and undo names it."""

import json

import pytest

from tests.e2e.instance import Instance
from tests.e2e.repository import Repository
from tests.e2e.terminal import on_terminal

MESSAGE = "A message cannot be taken back"
ANSWER = "An answer cannot be taken back."
SPENT = "what they spend cannot be taken back."


def test_it_is_said_before_it_is_done(rw: Instance, repo: Repository) -> None:
    words = ("run", "--detach", "--trust", "--yes", "--agent", "setter", "x")
    assert SPENT in rw.does(*words, at=repo.path).err
    told = rw.types(*words, "--json", at=repo.path)
    assert (told.code, told.err) == (0, "")
    script = "ask run make\nwrite made.txt x\nend"
    number = rw.starts("--agent", "scripted", script, at=repo.path)["number"]
    name = f"{number}.1"
    rw.until(name, lambda found: found["questions"], repo.path)
    assert rw.does("answer", name, "a", at=repo.path).err.strip() == ANSWER
    rw.does("wait", "--for", "ended", name, at=repo.path)
    assert MESSAGE in rw.does("say", name, "say more", at=repo.path).err
    told = rw.types("say", name, "say more", "--json", at=repo.path)
    assert (told.code, told.err, json.loads(told.out)["results"][0]["error"]) == (0, "", "")
    rw.does("wait", "--for", "ended", name, at=repo.path)
    rw.does("stop", name, at=repo.path)
    rw.until(name, lambda found: found["process"] == "none", repo.path)
    assert "spends cannot be taken back" in rw.does("resume", name, at=repo.path).err
    assert rw.does("stop", name, at=repo.path).err == ""
    scripted = ("run", "--detach", "--trust", "--agent", "scripted:2", "say hello")
    assert rw.does(*scripted, at=repo.path).err == ""


@pytest.mark.parametrize("verb", ["run", "say", "answer", "resume", "rebase", "undo"])
def test_the_help_says_it(rw: Instance, verb: str) -> None:
    shown = rw.does(verb, "--help", at=rw.person).out
    assert "taken back" in shown or "take a rebase back" in shown


def test_undo_names_what_it_cannot_take_back(rw: Instance, plain: Repository) -> None:
    number = rw.starts("--agent", "scripted", "write made.txt x", at=plain.path)["number"]
    name = f"{number}.1"
    said = rw.types("undo", at=plain.path)
    assert said.code == 1
    assert f"the start of task {number} cannot be taken back" in said.err
    assert f"ropewalk drop {number}" in said.err
    rw.does("wait", "--for", "ended", name, at=plain.path)
    rw.does("keep", name, at=plain.path)
    rw.does("say", name, "say more", at=plain.path)
    rw.does("wait", "--for", "ended", name, at=plain.path)
    assert rw.attempt(name, plain.path)["decision"] == "kept"
    said = rw.does("undo", "--yes", at=plain.path)
    assert f"The message to {name} came later and cannot be taken back." in said.err
    assert f"Takes back: keep of {name}" in said.out
    assert rw.attempt(name, plain.path)["decision"] == "none"
    said = rw.types("undo", "--yes", at=plain.path)
    assert said.code == 1
    assert f"the message to {name} cannot be taken back" in said.err
    assert f"ropewalk say {name}" in said.err


def test_undo_asks_where_something_else_may_be_meant(rw: Instance, plain: Repository) -> None:
    name = f"{rw.starts('--agent', 'scripted', 'write made.txt x', at=plain.path)['number']}.1"
    rw.does("wait", "--for", "ended", name, at=plain.path)
    rw.does("keep", name, at=plain.path)
    rw.does("say", name, "say more", at=plain.path)
    said = on_terminal(rw, plain.path, "undo", keys=b"n\n")
    assert f"The message to {name} came later" in said
    assert "Nothing was taken back." in said
    assert rw.attempt(name, plain.path)["decision"] == "kept"

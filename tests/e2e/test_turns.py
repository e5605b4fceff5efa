"""Turns, going back and forks at the command line, also when the hub is killed in the middle."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.instance import Instance, gone, instance, kill, until
from tests.e2e.repository import Repository


def turned(rw: Instance, repo: Repository) -> str:
    """An attempt of two turns."""
    one = f"{rw.starts('--agent', 'scripted', 'write made.txt one', at=repo.path)['number']}.1"
    rw.does("wait", one, at=repo.path)
    rw.does("say", one, "write made.txt two", at=repo.path)
    rw.until(one, lambda found: len(found["versions"]) == 2, repo.path)
    return one


def test_back_forth_and_on(rw: Instance, plain: Repository) -> None:
    one = turned(rw, plain)
    shown = rw.does("turns", one, at=plain.path).out
    assert "write made.txt two" in shown
    assert f"ropewalk rewind {one} --to TURN" in shown
    turns = rw.asks("turns", one, at=plain.path)["turns"]
    assert [(x["number"], x["version"], x["files_are"]) for x in turns] == [
        (0, 0, "base"),
        (1, 1, "version"),
        (2, 2, "version"),
    ]
    rw.writes("mine.txt", "by hand\n", one, plain.path)
    said = rw.does("rewind", one, "--to", "1", at=plain.path).out
    for words in (
        f"as {one}@4",
        f"what was there is {one}@3",
        "Ignored files",
        "remembers",
        "undo",
    ):
        assert words in said
    assert rw.reads("made.txt", one, plain.path) == "one\n"
    assert rw.types("shell", one, "--", "cat", "mine.txt", at=plain.path).code
    assert "set back to turn 1" in rw.does("show", one, at=plain.path).out
    assert f"rewind of {one} to turn 1" in rw.does("undo", at=plain.path).out
    assert rw.reads("made.txt", one, plain.path) == "two\n"
    assert rw.reads("mine.txt", one, plain.path) == "by hand\n"
    said = rw.does("fork", one, "--at", "1", "append made.txt on", at=plain.path).out
    other = f"{one.partition('.')[0]}.2"
    assert f"{other} goes on from {one} at turn 1" in said
    assert "not the conversation" in said
    rw.until(other, lambda found: len(found["versions"]) == 2, plain.path)
    assert rw.reads("made.txt", other, plain.path) == "one\non\n"
    for words in (("show", other), ("ls",), ("compare", one)):
        assert f"from {one} at turn 1" in rw.does(*words, at=plain.path).out, words
    rw.does("merge", other, at=plain.path)
    rw.until(other, lambda found: found["decision"] == "merged", plain.path)
    assert plain.read("made.txt") == "one\non\n"


def test_what_cannot_be(rw: Instance, plain: Repository) -> None:
    one = turned(rw, plain)
    number = one.partition(".")[0]
    for words, code, kind in (
        (("rewind", one, "--to", "7"), 1, "has no turn 7"),
        (("rewind", one, "--to", "seven"), 1, "is no turn of"),
        (("rewind", one, "--to", f"{one}@9"), 1, "has no version 9"),
        (("rewind", one), 2, "--to"),
        (("rewind", f"{number}.9", "--to", "1"), 1, "There is no"),
        (("turns", f"{number}.9"), 1, "There is no"),
        (("fork", one, "--at", "9"), 1, "has no turn 9"),
        (("fork", f"{one}@1", "--at", "1"), 1, "Give one of the two"),
        (("fork", one, "--agent", "nobody"), 1, "nobody"),
    ):
        said = rw.types(*words, at=plain.path)
        assert said.code == code, (words, said)
        assert kind in said.out + said.err, (words, said)
    assert len(rw.asks("show", number, at=plain.path)["attempts"]) == 1


def test_the_hub_is_killed_while_files_go_back(tmp_path: Path, plain: Repository) -> None:
    """Wherever it is hit, it goes back or did not begin; what was there is held by a version."""
    many = "\n".join(f"write many/{n}.txt {n}" for n in range(300))
    with instance(tmp_path / "home") as rw, ThreadPoolExecutor(1) as threads:
        one = turned(rw, plain)
        rw.does("say", one, many, at=plain.path)
        rw.until(one, lambda found: len(found["versions"]) == 3, plain.path)
        for step in ("rewind.asked", "rewind.kept", "rewind.done"):
            rw.writes("mine.txt", f"before {step}\n", one, plain.path)
            log = rw.does("log", "--json", one, at=plain.path).out
            before = log.count(f'"{step}"')
            going = threads.submit(rw.types, "rewind", one, "--to", "1", at=plain.path)
            until(lambda s=step, b=before: _count(rw, one, s, plain) > b, step)
            pid = rw.hub_pid()
            kill(pid)
            gone(pid)
            going.result()
            found = rw.until(
                one, lambda x: x["detail"] == "" and x["status"] == "ready", plain.path
            )
            assert rw.reads("made.txt", one, plain.path) == "one\n"
            assert rw.does("shell", one, "--", "ls", at=plain.path).out.split() == [
                "a.py",
                "made.txt",
            ]
            edits = [x["number"] for x in found["versions"] if x["made"] == "edits"]
            rw.does("rewind", one, "--to", f"{one}@{edits[-1]}", at=plain.path)
            assert rw.reads("mine.txt", one, plain.path) == f"before {step}\n"
        assert rw.reads("many/299.txt", one, plain.path) == "299\n"


def _count(rw: Instance, alias: str, tag: str, repo: Repository) -> int:
    return rw.does("log", "--json", alias, at=repo.path).out.count(f'"{tag}"')

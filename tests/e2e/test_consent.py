"""What a person must agree to first, without a terminal: a project's commands, agents of their own."""

import pytest

from tests.e2e.instance import Instance
from tests.e2e.repository import CONFIG, Repository

SCRIPTED = ("run", "--detach", "--agent", "scripted", "write made.txt x")


def test_a_project_file_must_be_trusted_once_and_again_when_it_changes(
    rw: Instance, repo: Repository
) -> None:
    before = repo.state()
    said = rw.types(*SCRIPTED, at=repo.path)
    assert said.code == 3
    assert "ropewalk.toml of this repository decides what would run" in said.err
    assert "--trust" in said.err
    error = rw.types(*SCRIPTED, "--json", at=repo.path).json["error"]
    assert (error["code"], error["subject"]) == ("consent", "file:ropewalk.toml")
    assert [line.strip() for line in CONFIG.strip().splitlines()] == [
        line.strip() for line in error["text"].splitlines()[2:]
    ]
    assert rw.asks("ls", at=repo.path)["tasks"] == []
    rw.does(*SCRIPTED, "--trust", at=repo.path)
    rw.does(*SCRIPTED, at=repo.path)
    assert repo.state() == before
    repo.commits({"ropewalk.toml": CONFIG + '\n[checks.more]\nrun = "true"\n'})
    said = rw.types(*SCRIPTED, at=repo.path)
    assert said.code == 3
    assert "it changed since you agreed to it" in said.err
    assert len(rw.asks("ls", at=repo.path)["tasks"]) == 2
    rw.does(*SCRIPTED, "--trust", at=repo.path)


def test_an_agent_that_is_not_scripted_must_be_agreed_to(rw: Instance, repo: Repository) -> None:
    words = ("run", "--detach", "--trust", "--agent", "setter", "x")
    said = rw.types(*words, at=repo.path)
    assert said.code == 3
    assert "There is no sandbox around it: setter would run with your own permissions" in said.err
    assert "--yes" in said.err
    assert rw.asks("ls", at=repo.path)["tasks"] == []
    rw.does(*words, "--yes", at=repo.path)
    rw.does(*words, at=repo.path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[task]\ncounts = 2\n", "ropewalk.toml: [task] has no key 'counts'. Did you mean count?"),
        ("[tasks]\n", "ropewalk.toml: there is no table 'tasks'. Did you mean task?"),
        ('[agents.x]\nargv = "y"\n', "ropewalk.toml: [agents.x] has no key 'argv'."),
        ("[checks.a]\nrun = 7\n", "ropewalk.toml: [checks.a] run"),
        ("[task\n", "ropewalk.toml is not valid TOML"),
        ("[task]\ncount = 0\n", "ropewalk.toml: [task] count"),
        ("\x00", "ropewalk.toml is not valid TOML"),
    ],
)
def test_a_project_file_that_is_wrong(
    rw: Instance, plain: Repository, text: str, sentence: str
) -> None:
    plain.commits({"ropewalk.toml": text})
    before = plain.state()
    said = rw.types(*SCRIPTED, "--trust", at=plain.path)
    assert said.code == 1, said
    assert sentence in said.err, said
    assert len(said.err.splitlines()) >= 2
    assert rw.asks("ls", at=plain.path)["tasks"] == []
    assert plain.state() == before


def test_a_project_file_that_was_edited_but_not_committed_does_not_count(
    rw: Instance, plain: Repository
) -> None:
    plain.write("ropewalk.toml", "[nonsense]\n")
    said = rw.does(*SCRIPTED, at=plain.path)
    assert "1 file has uncommitted changes, left out" in said.out


def test_equal_questions_are_answered_at_once(rw: Instance, plain: Repository) -> None:
    script = "ask run make\nwrite made.txt x\nend"
    number = rw.starts("--agent", "scripted:3", script, at=plain.path)["number"]
    for one in (1, 2, 3):
        rw.until(f"{number}.{one}", lambda found: found["questions"], plain.path)
    said = rw.does("answer", str(number), "a", at=plain.path).out
    assert said.splitlines() == [f"{number}.{one} is answered." for one in (1, 2, 3)]
    rw.does("wait", "--for", "ended", str(number), at=plain.path)
    for one in (1, 2, 3):
        assert rw.attempt(f"{number}.{one}", plain.path)["versions"]

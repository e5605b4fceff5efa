"""Commands that come from a project's files run only after the person trusted those files, once."""

import hashlib
from pathlib import Path

import pytest

from tests.e2e.instance import Instance
from tests.e2e.repository import Repository
from tests.e2e.terminal import on_terminal

MAKEFILE = "test:\n\ttouch ran\n\tgrep -q 2 a.txt\n"
OTHER = "test:\n\ttrue\n"
RUN = ("run", "--detach", "--agent", "scripted", "write a.txt 2")


def repository(tmp_path: Path, **files: str) -> Repository:
    return Repository(tmp_path / "shop", {"a.txt": "1\n", **files})


def tasks(rw: Instance, repo: Repository) -> int:
    return len(rw.asks("ls", at=repo.path)["tasks"])


def test_a_makefile_is_trusted_once_and_again_when_it_changes(rw: Instance, tmp_path: Path) -> None:
    repo = repository(tmp_path, Makefile=MAKEFILE)
    said = rw.types(*RUN, at=repo.path)
    assert said.code == 3
    assert "Makefile of this repository decides what would run on your machine." in said.err
    for way in ("--trust", "--check 'COMMAND'", "--no-check"):
        assert way in said.err
    error = rw.types(*RUN, "--json", at=repo.path).json["error"]
    assert error["agrees"] == {"file:Makefile": hashlib.sha256(MAKEFILE.encode()).hexdigest()}
    assert error["text"].splitlines() == [
        "Makefile runs: make test",
        *("  " + line for line in MAKEFILE.splitlines()),
    ]
    assert tasks(rw, repo) == 0
    rw.does(*RUN, "--trust", at=repo.path)
    rw.does(*RUN, at=repo.path)
    repo.commits({"Makefile": OTHER})
    said = rw.types(*RUN, at=repo.path)
    assert said.code == 3
    assert "it changed since you agreed to it" in said.err
    rw.does(*RUN, "--trust", at=repo.path)
    for back in (MAKEFILE, OTHER):  # what was trusted once is not asked for again
        repo.commits({"Makefile": back})
        rw.does(*RUN, at=repo.path)
    repo.write("Makefile", "test:\n\tfalse\n")  # not committed, so it does not count
    rw.does(*RUN, at=repo.path)


def test_checks_that_the_person_names_or_does_without_need_no_trust(
    rw: Instance, tmp_path: Path
) -> None:
    repo = repository(tmp_path, Makefile=MAKEFILE)
    assert "checks true" in rw.does(*RUN, "--check", "true", at=repo.path).out
    assert "checks none" in rw.does(*RUN, "--no-check", at=repo.path).out
    assert rw.types(*RUN, "--check", "make test", at=repo.path).code == 3
    said = rw.types(*RUN, "--check", "true", "--no-check", at=repo.path)
    assert (said.code, "exclude each other" in said.err) == (1, True)


def test_on_a_terminal_there_is_one_question_for_all_files(rw: Instance, tmp_path: Path) -> None:
    config = "[agents.mine]\ncommand = ['true', '{prompt}']\n"
    files = {"Makefile": MAKEFILE, "ropewalk.toml": config}
    repo = repository(tmp_path, **files)
    said = on_terminal(rw, repo.path, *RUN, keys=b"n\n")
    assert "ropewalk.toml and Makefile of this repository decide what would run" in said
    assert said.count("[y/n]") == 1
    for line in (*MAKEFILE.split("\n"), *config.split("\n"), "runs: make test"):
        assert line.strip() in said
    assert tasks(rw, repo) == 0
    said = on_terminal(rw, repo.path, *RUN, keys=b"y\n")
    assert said.count("[y/n]") == 1
    assert tasks(rw, repo) == 1
    assert "[y/n]" not in on_terminal(rw, repo.path, *RUN)
    repo.commits({"Makefile": OTHER})
    said = on_terminal(rw, repo.path, *RUN, keys=b"y\n")
    assert "Makefile of this repository decides" in said
    assert "[agents.mine]" not in said
    assert tasks(rw, repo) == 3


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("package.json", '{"scripts": {"test": "jest", "pretest": "curl x"}}\n', "npm test"),
        ("pyproject.toml", "[tool.pytest.ini_options]\naddopts = '-q'\n", "python -m pytest -q"),
        ("pytest.ini", "[pytest]\naddopts = -p odd\n", "python -m pytest -q"),
        ("Cargo.toml", "[package]\nname = 'a'\n", "cargo test --no-fail-fast"),
        ("go.mod", "module a\n", "go test -json ./..."),
    ],
)
def test_every_file_that_leads_to_a_check_is_shown(
    rw: Instance, tmp_path: Path, name: str, text: str, command: str
) -> None:
    repo = repository(tmp_path, **{name: text})
    error = rw.types(*RUN, "--json", at=repo.path).json["error"]
    assert error["agrees"] == {f"file:{name}": hashlib.sha256(text.encode()).hexdigest()}
    first, *shown = error["text"].splitlines()
    assert first.startswith(f"{name} runs: {command}")
    assert shown == ["  " + line for line in text.splitlines()]
    rw.does(*RUN, "--trust", at=repo.path)
    rw.does(*RUN, at=repo.path)


@pytest.mark.parametrize(
    ("name", "label"), [("tests/test_a.py", "tests/"), ("test_a.py", "The directory of the tests")]
)
def test_tests_without_configuration_are_asked_for_once(
    rw: Instance, tmp_path: Path, name: str, label: str
) -> None:
    repo = repository(tmp_path, **{name: "def test_a():\n    pass\n"})
    said = rw.types(*RUN, at=repo.path)
    assert said.code == 3
    assert f"{label} of this repository decides" in said.err
    rw.does(*RUN, "--trust", at=repo.path)
    repo.commits({name: "def test_b():\n    pass\n"})
    rw.does(*RUN, at=repo.path)


def test_what_the_base_says_counts(rw: Instance, tmp_path: Path) -> None:
    """A branch with another Makefile is another digest; the change's own Makefile is not asked for."""
    repo = repository(tmp_path, Makefile=MAKEFILE)
    rw.does(*RUN, "--trust", at=repo.path)
    repo.git("checkout", "-qb", "side")
    repo.commits({"Makefile": OTHER})
    repo.git("checkout", "-q", "main")
    rw.does(*RUN, at=repo.path)
    assert rw.types(*RUN, "--base", "side", at=repo.path).code == 3
    script = "write Makefile x\nwrite a.txt 2"
    rw.does("run", "--detach", "--agent", "scripted", script, at=repo.path)

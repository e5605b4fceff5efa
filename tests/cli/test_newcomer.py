"""The first minutes: no hub yet, no repository perhaps, a shell that completes, a terminal without colour."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Terminal
from tests.machine import doctor_fails
from tests.person import SOURCE, Person


@pytest.fixture
def ann(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path)
    try:
        yield person
    finally:
        person.leaves()


def test_the_bare_program_starts_the_hub_and_says_what_to_do(ann: Person) -> None:
    ann.begins({"a.py": "x = 1\n"})
    assert not ann.home.exists()
    assert 'Start with: ropewalk run -n 2 "what is to be done"' in ann.sees()
    assert ann.reads("hub", "status")["pid"]


def test_a_repository_without_a_commit(ann: Person) -> None:
    ann.repo.mkdir()
    ann.call("git", "init", "-q")
    said = ann.types()
    assert said.returncode == 1
    assert "has no commit yet" in said.stderr
    assert 'git commit -m "Begin"' in said.stderr


def test_doctor_needs_no_repository(ann: Person) -> None:
    outside = findings(ann)
    assert outside["project"]["state"] == "note"
    assert "is not in a git repository" in outside["project"]["text"]
    ann.begins({"a.py": "x = 1\n"})
    inside = findings(ann)
    assert inside["project"]["state"] == "ok"
    assert inside.keys() == outside.keys() >= {"sandbox", "containment", "git", "disk", "agents"}
    assert inside["containment"]["state"] == ("problem" if doctor_fails() else "ok")


def findings(person: Person) -> dict[str, dict[str, str]]:
    """What `doctor` finds, by name; its exit status says whether one is a problem."""
    said = person.sees("doctor", "--json", code=int(doctor_fails()))
    return {one["name"]: one for one in json.loads(said)["findings"]}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["me"], ["merge"]),
        (["--json", "--home", "/tmp", "me"], ["merge"]),
        (["--js"], ["--json"]),
        (["hub", ""], ["status", "stop", "logs"]),
        (["help", "reb"], ["rebase"]),
        (["merge", "--ta"], ["--target"]),
        (["merge", "1.1", "--mode", "s"], ["squash"]),
        (["wait", "--for", ""], ["ended", "checked", "decided"]),
        (["run", "--agent", "x"], []),
    ],
)
def test_bash_completes(tmp_path: Path, words: list[str], offered: list[str]) -> None:
    script = subprocess.run(
        [sys.executable, "-m", "ropewalk", "completion", "bash"],
        env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, timeout=30, check=True,
    ).stdout  # fmt: skip
    asked = 'COMP_WORDS=(ropewalk "$@"); COMP_CWORD=$#; _ropewalk; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "--norc", "-uc", f"{script}\n{asked}", "bash", *words],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.split() == offered


@pytest.mark.parametrize(("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals_that_want_it(
    ann: Person, more: dict[str, str], coloured: bool
) -> None:
    terminal = Terminal(ann.home, ["doctor"], **more)
    said = terminal.until("containment")
    assert terminal.end() == doctor_fails()
    assert ("\x1b[" in said) is coloured

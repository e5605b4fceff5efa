"""`init` with a real hub: what is found is written, and what was written is what counts."""

import json
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ropewalk.setup.locks import VENV
from tests.person import Person

FILES = {
    "pyproject.toml": "[project]\nname = 'shop'\n[tool.pytest.ini_options]\n",
    ".worktreeinclude": ".env\n",
    ".devcontainer.json": '{"containerEnv": {"PORT": "3000"}, "forwardPorts": [3000]} // short',
}


@pytest.fixture
def ann(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path)
    try:
        yield person
    finally:
        person.leaves()


def test_what_is_found_is_written_and_counts(ann: Person) -> None:
    ann.begins(FILES)
    said = ann.sees("init")
    assert "pip install" in said
    assert "checks: pytest" in said
    assert "git add ropewalk.toml && git commit" in said
    text = (ann.repo / "ropewalk.toml").read_text()
    assert "Found: lock files: pyproject.toml." in text
    assert "Variables for what runs in a workspace. Found: .devcontainer.json." in text
    whole = tomllib.loads(text)
    assert whole["setup"] == {
        "run": [["sh", "-ec", VENV], ".venv/bin/python -m pip install --quiet -e ."]
    }
    assert whole["environment"] == {"VIRTUAL_ENV": "{path}/.venv", "PORT": "{port}"}
    assert whole["checks"]["pytest"]["report"] == "junit"
    ann.git("add", "-A")
    ann.git("commit", "-qm", "Say how")
    found = ann.reads("init", "--print")
    assert found["text"] == text
    assert found["written"] is False


def test_a_file_that_is_there_is_not_replaced_unless_asked(ann: Person) -> None:
    ann.begins({"uv.lock": "", "a.txt": "a"})
    file = ann.repo / "ropewalk.toml"
    file.write_text("# mine\n")
    refused = ann.types("init")
    assert refused.returncode == 1
    assert "ropewalk.toml is there already" in refused.stderr
    assert "ropewalk init --print" in refused.stderr
    assert "[setup]" in ann.sees("init", "--print")
    assert file.read_text() == "# mine\n"
    assert ann.reads("init", "--force")["written"] is True
    assert tomllib.loads(file.read_text())["setup"]
    assert sorted(one.name for one in ann.repo.iterdir()) == [
        ".git",
        "a.txt",
        "ropewalk.toml",
        "uv.lock",
    ]


def test_a_link_is_replaced_and_never_followed(ann: Person, tmp_path: Path) -> None:
    ann.begins({"a.txt": "a"})
    other = tmp_path / "other.txt"
    other.write_text("keep")
    (ann.repo / "ropewalk.toml").symlink_to(other)
    assert ann.types("init").returncode == 1
    ann.sees("init", "--force")
    assert other.read_text() == "keep"
    assert not (ann.repo / "ropewalk.toml").is_symlink()


def test_a_broken_file_of_another_tool_is_named(ann: Person) -> None:
    ann.begins({"conductor.json": "{"})
    done = ann.types("init", "--json")
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "refused"
    assert error["message"].startswith("conductor.json is not valid JSON")
    assert "[setup]" in error["hint"]
    assert not (ann.repo / "ropewalk.toml").exists()


def test_from_below_the_root_and_without_programs(ann: Person) -> None:
    (ann.repo / "web").mkdir(parents=True)
    (ann.repo / "web" / "x").write_text("")
    ann.begins({"uv.lock": "", "package-lock.json": ""})
    programs = ann.place / "bin"
    programs.mkdir()
    for name in ("git", "sh"):
        (programs / name).symlink_to(shutil.which(name) or name)
    ann.environment["PATH"] = str(programs)
    ann.repo /= "web"
    found = ann.reads("init")
    assert found["file"] == str(ann.place / "repo" / "ropewalk.toml")
    assert found["commands"] == []
    assert "uv.lock asks for uv, which is not on your PATH." in found["notes"]

"""The main job with the real hub, host and runner, as a person types it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.person import Person

CONFIG = """
[agents.setter]
command = ["sh", "-c", "echo hello; echo 'x = 2' > a.py"]
prompt = "stdin"

[checks.two]
run = ["grep", "-q", "x = 2", "a.py"]
"""


@pytest.fixture
def ann(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path)
    person.begins({"a.py": "x = 1\n", "ropewalk.toml": CONFIG})
    try:
        yield person
    finally:
        person.leaves()


def test_race_compare_merge_and_take_it_back(ann: Person) -> None:
    before = ann.git("rev-parse", "main")
    race = ann.types("run", "--trust", "--yes", "--agent", "setter:2", "set x to 2")
    assert race.returncode == 0, race.stdout + race.stderr
    assert "task 1 · 2 attempts" in race.stdout
    assert "ropewalk merge 1.1" in race.stdout
    assert "hello" in ann.types("log", "1.1").stdout
    assert "+x = 2" in ann.types("diff", "1.1").stdout
    merged = ann.types("merge", "1.1")
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert (ann.repo / "a.py").read_text() == "x = 2\n"
    assert ann.types("undo", "--yes").returncode == 0
    assert ann.git("rev-parse", "main") == before
    assert (ann.repo / "a.py").read_text() == "x = 1\n"

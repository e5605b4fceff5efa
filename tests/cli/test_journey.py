"""The main job with the real hub, host and runner, as a person types it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import environment

CONFIG = """
[agents.setter]
command = ["sh", "-c", "echo hello; echo 'x = 2' > a.py"]
prompt = "stdin"

[checks.two]
run = ["grep", "-q", "x = 2", "a.py"]
"""


class Person:
    """Somebody with a repository."""

    def __init__(self, place: Path) -> None:
        self.home, self.repo = place / "home", place / "repo"
        self.repo.mkdir()
        (self.repo / "a.py").write_text("x = 1\n")
        (self.repo / "ropewalk.toml").write_text(CONFIG)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ann")
        self.git("config", "user.email", "ann@example.org")
        self.git("add", "-A")
        self.git("commit", "-qm", "one")

    def git(self, *words: str) -> str:
        return self.call(["git", *words]).stdout.strip()

    def types(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return self.call([sys.executable, "-m", "ropewalk", *words])

    def call(self, argv: list[str]) -> "subprocess.CompletedProcess[str]":
        env = environment(self.home, HOME=str(self.repo.parent))
        return subprocess.run(
            argv, cwd=self.repo, env=env, capture_output=True, text=True, timeout=60, check=False
        )


@pytest.fixture
def ann(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path)
    try:
        yield person
    finally:
        status = json.loads(person.types("hub", "status", "--json").stdout)
        person.types("hub", "stop")
        until_gone(status.get("pid", 0))
        host = person.home / "host" / "host.lock"
        if host.exists():
            os.kill(int(host.read_text()), signal.SIGTERM)
            until_gone(int(host.read_text() or 0))


def until_gone(pid: int) -> None:
    end = time.monotonic() + 20
    while pid and Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end, f"process {pid} does not end"
        time.sleep(0.02)


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

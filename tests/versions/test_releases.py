"""A newer program takes over from an older one while agents run; an older one keeps its hands off."""

import json
import os
import signal
import sqlite3
from pathlib import Path

from tests.person import Person, alive, until
from tests.versions.conftest import Releases


def brief(gate: Path) -> str:
    """Say something, wait for the gate, go on."""
    wait = f"while [ ! -e {gate} ]; do sleep 0.02; done"
    return f"Set x to 2\nsay before\nrun {wait}\nwrite a.py x = 2\nsay after"


def begin(person: Person) -> int:
    """A task whose agent is at work; its runner's process."""
    gate = person.place / "gate"
    person.sees("run", "--detach", "--agent", "scripted", "--trust", "--yes", brief(gate))
    until(lambda: "before" in person.sees("log", "1.1"), "the agent's first words")
    return runner(person)


def runner(person: Person) -> int:
    abouts = [json.loads(one.read_text()) for one in person.home.glob("host/runs/*/run.json")]
    return next(one["pid"] for one in abouts if alive(one["pid"]))


def finish(person: Person) -> None:
    """The agent goes on, and nothing of what it said is lost or doubled."""
    (person.place / "gate").touch()
    person.sees("wait", "1", "--for", "ended")
    said = [line for line in person.sees("log", "1.1").split() if line in ("before", "after")]
    assert said == ["before", "after"]
    attempt = person.reads("show", "1.1")
    assert (attempt["epoch"], attempt["outcome"], len(attempt["versions"])) == (1, "done", 1)
    person.sees("merge", "1.1", "--unchecked")
    assert (person.repo / "a.py").read_text() == "x = 2\n"


def version_of(person: Person, pid: int) -> bool:
    """Whether a process runs this person's program."""
    mark = person.environment["PYTHONPATH"].encode()
    return mark in Path(f"/proc/{pid}/environ").read_bytes()


def test_a_newer_program_replaces_hub_and_daemon_while_an_agent_runs(releases: Releases) -> None:
    old, new = releases.old, releases.new
    agent = begin(old)
    before, daemon = old.reads("hub", "status"), old.daemon()
    new.sees("ls")
    after = new.reads("hub", "status")
    assert (before["version"], after["version"]) == ("0.1.0", "0.10.0")
    assert not alive(before["pid"])
    until(lambda: not alive(daemon) and alive(new.daemon()), "the newer host daemon")
    assert runner(new) == agent
    assert old.environment["PYTHONPATH"].encode() in Path(f"/proc/{agent}/cmdline").read_bytes()
    finish(new)


def test_a_newer_hub_replaces_the_daemon_that_an_older_one_left(releases: Releases) -> None:
    old, new = releases.old, releases.new
    agent = begin(old)
    daemon = old.daemon()
    os.kill(old.reads("hub", "status")["pid"], signal.SIGKILL)
    assert alive(daemon)
    new.sees("ls")
    until(lambda: not alive(daemon) and alive(new.daemon()), "the newer host daemon")
    assert version_of(new, new.daemon())
    assert runner(new) == agent
    finish(new)


def test_an_older_program_is_told_to_update(releases: Releases) -> None:
    old, new = releases.old, releases.new
    new.sees("ls")
    hub = new.reads("hub", "status")["pid"]
    refused = old.types("ls")
    assert refused.returncode == 4
    assert "The hub is newer (0.10.0) than this ropewalk (0.1.0)." in refused.stderr
    assert "pip install --upgrade ropewalk" in refused.stderr
    assert new.reads("hub", "status")["pid"] == hub


def test_a_newer_store_is_refused_untouched(releases: Releases) -> None:
    old = releases.old
    left = alter(old, "UPDATE alembic_version SET version_num = '9999'")
    refused = old.types("ls")
    assert refused.returncode == 4
    assert "was made by a newer Ropewalk" in refused.stderr
    assert "Update Ropewalk" in refused.stderr
    assert (old.home / "hub" / "hub.db").read_bytes() == left


def test_a_store_with_newer_events_is_refused_untouched(releases: Releases) -> None:
    old = releases.old
    left = alter(old, "INSERT INTO kinds (tag, version) VALUES ('hub.moved', 1)")
    refused = old.types("ls")
    assert refused.returncode == 4
    assert "holds hub.moved events of a newer Ropewalk" in refused.stderr
    assert (old.home / "hub" / "hub.db").read_bytes() == left


def alter(person: Person, statement: str) -> bytes:
    """What another program did to the store, with no hub there; the bytes of it."""
    person.sees("ls")
    hub = person.reads("hub", "status")["pid"]
    person.sees("hub", "stop")
    until(lambda: not alive(hub), "the hub's end")
    path = person.home / "hub" / "hub.db"
    with sqlite3.connect(path) as raw:
        raw.execute(statement)
    raw.close()
    return path.read_bytes()

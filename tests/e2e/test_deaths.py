"""Whatever dies, by kill -9 and in the middle of something: the next command goes on, and nothing is lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.e2e.instance import Instance, gone, instance, kill, until
from tests.e2e.repository import Repository

TALK = "emit 40 20\nwrite made.txt by the agent\nsay finished"
CONFIG = """
[checks.slow]
run = ["sh", "-c", "echo once >> {log}; sleep 2"]
"""


def numbers(rw: Instance, alias: str, at: Path) -> list[int]:
    """The numbered lines of an attempt, as its log has them."""
    log = rw.does("log", alias, at=at).out
    return [int(line.split()[1]) for line in log.splitlines() if line.startswith("event ")]


def said(rw: Instance, alias: str, at: Path, count: int) -> None:
    until(lambda: len(numbers(rw, alias, at)) >= count, f"{alias} says {count} lines")


def test_the_hub_killed_again_and_again(tmp_path: Path, plain: Repository) -> None:
    """The agent talks on; every line arrives once, in order; checks and merge go on."""
    log = tmp_path / "checks.log"
    plain.commits({"ropewalk.toml": CONFIG.replace("{log}", str(log))})
    before = plain.state()
    with instance(tmp_path / "home") as rw:
        one = f"{rw.starts('--agent', 'scripted', TALK, at=plain.path)['number']}.1"
        for count in (1, 10, 20, 30):
            said(rw, one, plain.path, count)
            pid = rw.hub_pid()
            kill(pid)
            gone(pid)
        rw.until(one, lambda found: found["versions"], plain.path)
        kill(rw.hub_pid())
        rw.does("wait", one, at=plain.path)
        assert numbers(rw, one, plain.path) == list(range(1, 41))
        assert rw.attempt(one, plain.path)["epoch"] == 1
        assert log.read_text() == "once\nonce\n", "base and result are judged once each"
        assert plain.state() == before
        with ThreadPoolExecutor(1) as threads:
            merging = threads.submit(rw.types, "merge", one, at=plain.path)
            until(lambda: rw.attempt(one, plain.path)["merge"], "the merge begins")
            kill(rw.hub_pid())
            merging.result()
        rw.until(one, lambda found: found["decision"] == "merged", plain.path)
        assert plain.read("made.txt") == "by the agent\n"
        assert plain.git("rev-list", "--count", "main") == "3"
        assert plain.git("status", "--porcelain") == ""


def test_the_host_daemon_killed(tmp_path: Path, plain: Repository) -> None:
    with instance(tmp_path / "home") as rw:
        one = f"{rw.starts('--agent', 'scripted', TALK, at=plain.path)['number']}.1"
        said(rw, one, plain.path, 5)
        pid = rw.host_pid()
        kill(pid)
        gone(pid)
        rw.does("wait", one, at=plain.path)
        assert numbers(rw, one, plain.path) == list(range(1, 41))
        found = rw.attempt(one, plain.path)
        assert (found["outcome"], found["epoch"]) == ("done", 1)


def test_a_runner_killed(tmp_path: Path, plain: Repository) -> None:
    """Its agent goes with it; the attempt is interrupted, keeps its files, and can go on."""
    with instance(tmp_path / "home") as rw:
        script = "write made.txt half\nsay at work\nhang"
        one = f"{rw.starts('--agent', 'scripted', script, at=plain.path)['number']}.1"
        until(lambda: "at work" in rw.does("log", one, at=plain.path).out, "the agent at work")
        (runner,) = rw.runner_pids()
        kill(runner)
        found = rw.until(one, lambda found: found["versions"], plain.path)
        assert (found["outcome"], found["group"]) == ("interrupted", "needs you")
        until(lambda: not [one for one in rw.processes() if at_work(rw, one)], "no process is left")
        goes_on(rw, one, plain)


def test_power_cut(tmp_path: Path, plain: Repository) -> None:
    """Everything dies at once: attempts are interrupted, their files and words are there, they go on."""
    with instance(tmp_path / "home") as rw:
        script = "say before the cut\nwrite made.txt half\nsay at work\nhang"
        number = rw.starts("--agent", "scripted:2", script, at=plain.path)["number"]
        one, two = f"{number}.1", f"{number}.2"
        for alias in (one, two):
            until(lambda a=alias: "at work" in rw.does("log", a, at=plain.path).out, "at work")
        before = plain.state()
        rw.kill_all()
        for about in (rw.home / "host" / "runs").glob("*/run.json"):
            about.write_text(json.dumps({**json.loads(about.read_text()), "boot": "another"}))
        for alias in (one, two):
            found = rw.until(alias, lambda found: found["versions"], plain.path)
            assert found["outcome"] == "interrupted", found
            assert found["group"] == "needs you"
            assert f"ropewalk resume {alias}" in found["next"]
            assert "before the cut" in rw.does("log", alias, at=plain.path).out
        assert plain.state() == before
        goes_on(rw, one, plain)
        assert rw.attempt(two, plain.path)["outcome"] == "interrupted"
        rw.does("resume", two, at=plain.path)
        rw.until(two, lambda found: (found["epoch"], found["process"]) == (2, "alive"), plain.path)


def test_cut_while_it_is_started(tmp_path: Path, plain: Repository) -> None:
    """At any moment of the start: the task is there whole, or was never asked for."""
    with instance(tmp_path / "home") as rw:
        rw.does("ls", at=plain.path)
        for _ in range(3):
            rw.starts("--agent", "scripted", "write made.txt x", at=plain.path)
            rw.kill_all()
        board = rw.asks("ls", at=plain.path)
        assert len(board["tasks"]) == 3
        for task in board["tasks"]:
            alias = f"{task['number']}.1"
            found = rw.until(alias, lambda found: found["outcome"], plain.path)
            if found["outcome"] != "done":
                assert found["outcome"] == "interrupted", found
                rw.does("resume", alias, at=plain.path)
                rw.until(alias, lambda found: found["outcome"] == "done", plain.path)


def at_work(rw: Instance, pid: int) -> bool:
    """Whether a process is an agent's or a runner's: its directory is a workspace, or it is a runner."""
    try:
        there = str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return False
    return any(str(rw.home / "host" / one) in there for one in ("at", "workspaces"))


def goes_on(rw: Instance, alias: str, repo: Repository) -> None:
    """Resume, then tell it to do something else; that is a new version in a new start."""
    rw.does("say", alias, "write more.txt after it", at=repo.path)
    found: Any = rw.until(alias, lambda found: found["epoch"] == 2 and found["outcome"], repo.path)
    found = rw.until(alias, lambda found: len(found["versions"]) > 1, repo.path)
    assert found["outcome"] == "done", found
    assert rw.reads("made.txt", alias, repo.path) == "half\n"
    assert rw.reads("more.txt", alias, repo.path) == "after it\n"


def test_killed_right_after_a_decision(tmp_path: Path, plain: Repository) -> None:
    """What was answered is durable; what follows from it is done by the next hub."""
    with instance(tmp_path / "home") as rw:
        number = rw.starts("--agent", "scripted:2", "write made.txt x", at=plain.path)["number"]
        rw.does("wait", str(number), at=plain.path)
        for verb, other in (("keep", f"{number}.2"), ("drop", f"{number}.1")):
            rw.does(verb, f"{number}.1", at=plain.path)
            rw.kill_all()
            rw.until(other, lambda found: found["workspace"] == "trashed", plain.path)
            assert rw.attempt(other, plain.path)["decision"] == "dropped"
            rw.does("undo", "--yes", at=plain.path)
            rw.until(other, lambda found: found["workspace"] == "ready", plain.path)
            assert rw.reads("made.txt", other, plain.path) == "x\n"

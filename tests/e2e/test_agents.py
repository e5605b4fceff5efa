"""Agents that behave badly: what they did is told, what they left is kept, and nothing of them survives."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.instance import Instance, kill, until
from tests.e2e.repository import Repository
from tests.machine import doctor_fails, runs_are_alone

# Outside a pid namespace `kill -9 -1` would end every process of whoever runs the tests. So two hold it back:
# here it is left out, and in the shell it needs the pids that only a namespace gives.
INSIDE = "[ $PPID -eq 1 ] && [ $$ -lt 100 ]"
STRIKE = f"{INSIDE} && kill -9 -1" if runs_are_alone() else "true"
LINE = "0123456789abcdefghijklmnopqrstuvwxyz" * 2
CONFIG = r"""
[agents.quits]
command = ["sh", "-c", "exit 3"]
prompt = "stdin"
[agents.quiet]
command = ["true"]
prompt = "stdin"
[agents.hangs]
command = ["sh", "-c", "echo made > made.txt; exec sleep 4711"]
prompt = "stdin"
[agents.garbles]
command = ["sh", "garble.sh"]
prompt = "stdin"
[agents.strikes]
command = ["sh", "-c", "echo made > made.txt; kill -9 $PPID; STRIKE; sleep 1; echo still here; kill -9 $$"]
prompt = "stdin"
[agents.leaves]
command = ["sh", "-c", "(setsid sleep 4712 &) ; (trap '' TERM HUP; exec sleep 4712) & echo made > made.txt"]
prompt = "stdin"
[agents.floods]
command = ["sh", "-c", "yes $0 | head -c 280000000; echo; echo the very end", "LINE"]
prompt = "stdin"
""".replace("LINE", LINE).replace("STRIKE", STRIKE)

GARBLE = r"""
printf 'caf\351 \033[2J\033]0;owned\007\033[31mred \302\233 \342\200\256evil\r\b\000 end\n'
printf 'a\033[31mb\n' > "$(printf 'n\033[31m.txt')"
"""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"a.py": "x = 1\n", "ropewalk.toml": CONFIG, "garble.sh": GARBLE}
    return Repository(tmp_path_factory.mktemp("agents") / "shop", files).path


def ended(rw: Instance, at: Path, *words: str) -> Any:
    """The attempt of a new task, once it has ended and its files are kept."""
    number = rw.starts(*words, "go on", at=at)["number"]
    rw.types("wait", "--for", "ended", str(number), at=at)
    found = rw.attempt(f"{number}.1", at)
    assert found["outcome"], found
    return found


def test_exits_at_once(rw: Instance, at: Path) -> None:
    found = ended(rw, at, "--agent", "quits")
    assert (found["outcome"], found["group"]) == ("failed", "needs you")
    assert "3" in found["reason"]
    assert "ropewalk log" in found["next"]
    assert "ropewalk resume" in found["next"]
    found = ended(rw, at, "--agent", "quiet")
    assert (found["outcome"], found["detail"], found["versions"]) == ("done", "changed nothing", [])


def test_never_ends_and_is_ended_by_its_limit(rw: Instance, at: Path) -> None:
    found = ended(rw, at, "--agent", "hangs", "--limit", "1s")
    assert found["outcome"] == "timed-out", found
    assert found["group"] == "needs you"
    assert found["versions"][0]["files"] == 1
    assert not named(rw, "4711")


def test_never_ends_and_is_stopped(rw: Instance, at: Path) -> None:
    number = rw.starts("--agent", "hangs", "go on", at=at)["number"]
    rw.until(f"{number}.1", lambda one: one["process"] == "alive", at)
    until(
        lambda: rw.types("shell", f"{number}.1", "--", "cat", "made.txt", at=at).code == 0, "file"
    )
    rw.does("stop", str(number), at=at)
    found = rw.until(f"{number}.1", lambda one: one["versions"], at)
    assert (found["outcome"], found["versions"][0]["files"]) == ("stopped", 1)
    assert not named(rw, "4711")


def test_writes_bytes_that_would_harm_a_terminal(rw: Instance, at: Path) -> None:
    alias = ended(rw, at, "--agent", "garbles")["alias"]
    rw.types("wait", alias, at=at)
    log = rw.does("log", alias, at=at).out
    assert "caf\ufffd" in log
    assert "red" in log
    assert "evil" in log
    assert "\x1b[31mb" in rw.does("diff", alias, at=at).out, "elsewhere a diff is what git made"
    for words in (("log", alias), ("show", alias), ("ls",), ("compare", alias)):
        out = rw.does(*words, at=at).out
        odd = [
            one for one in out if (ord(one) < 32 and one not in "\n\t") or one in "\x7f\x9b\u202e"
        ]
        assert not odd, (words, odd)
        assert "owned" not in out


def test_kills_its_parent_and_all_it_sees(rw: Instance, at: Path) -> None:
    other = rw.starts("--agent", "hangs", "go on", at=at)["number"]
    rw.until(f"{other}.1", lambda one: one["process"] == "alive", at)
    hub, host = rw.hub_pid(), rw.host_pid()
    found = ended(rw, at, "--agent", "strikes")
    assert found["versions"][0]["files"] == 1, found
    assert (rw.hub_pid(), rw.host_pid()) == (hub, host)
    assert rw.attempt(f"{other}.1", at)["process"] == "alive"
    rw.does("stop", str(other), at=at)


def test_leaves_children_behind(rw: Instance, at: Path) -> None:
    found = ended(rw, at, "--agent", "leaves")
    assert found["outcome"] == "done"
    assert found["versions"][0]["files"] == 1
    survivors = 1 if doctor_fails() else 0  # the one that left the group, as `doctor` says
    until(lambda: len(named(rw, "4712")) <= survivors, "children of an ended agent", 10)
    for pid in named(rw, "4712"):
        kill(pid)


def test_floods_its_output(rw: Instance, at: Path) -> None:
    """280 MB: head and tail are kept, and neither disk nor memory grows with the rest."""
    number = rw.starts("--agent", "floods", "go on", at=at)["number"]
    hub, disk, memory = rw.hub_pid(), 0, 0

    def look() -> bool:
        nonlocal disk, memory
        disk = max(disk, size_of(rw.home))
        memory = max([memory, *(peak(one) for one in rw.runner_pids())])
        return rw.attempt(f"{number}.1", at)["outcome"] == "done"

    until(look, "the flood ends", 100, pause_s=0.5)
    reading = 'python -m ropewalk log "$1" | (head -c 100; tail -n 20000 | cut -c 1-80)'
    log = subprocess.run(
        ["sh", "-c", reading, "-", f"{number}.1"],
        cwd=at, env=rw.environment(), capture_output=True, timeout=100, check=True,
    ).stdout.decode()  # fmt: skip
    assert log.splitlines()[1] == LINE
    assert "bytes of output were not kept" in log
    assert "the very end" in log[-200:]
    assert disk < 450, f"{disk} MB of disk"
    assert memory < 40_000, f"{memory} kB of memory for a runner"
    assert peak(hub) < 300_000, f"{peak(hub)} kB of memory for the hub"


def named(rw: Instance, word: str) -> list[int]:
    """The processes of an instance with that argument."""
    found: list[int] = []
    for pid in rw.processes():
        try:
            if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                found.append(pid)
        except OSError:
            continue
    return found


def peak(pid: int) -> int:
    """The most memory that a process ever had, in kB; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(one.split()[1]) for one in lines if one.startswith("VmHWM")), 0)


def size_of(path: Path) -> int:
    """What a directory takes on disk, in MB."""
    done = subprocess.run(["du", "-sm", path], capture_output=True, timeout=20, check=False)
    return int(done.stdout.split()[0])

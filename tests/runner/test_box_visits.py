"""A person's program joins a box: it sees what the run sees, keeps no privilege, and ends with it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ropewalk.hosts.launch import SCRIPT
from tests.boxed import PATH, PATIENCE_S, Boxed
from tests.hosts.scene import processes_with
from tests.machine import box_refused

WHO = ["root", "user"] if os.geteuid() == 0 else ["user"]
JOIN = """
import os, sys
from ropewalk.runner import linux, visit
if (user := int(sys.argv[1])) != os.geteuid():
    os.setgroups([]); os.setgid(user); os.setuid(user)
    linux._prctl(4, 1)  # as after an exec by that user
visit.main(sys.argv[2:])
"""


class Visited:
    """A box that is held for visitors."""

    def __init__(self, boxed: Boxed) -> None:
        self.boxed = boxed
        self.pipe = boxed.top / "pipe"
        os.mkfifo(self.pipe)
        boxed.give()
        self.run = boxed.start(boxed.spec("hold", hold=str(self.pipe)))
        self.about = json.loads((self.run.path / "run.json").read_text())
        self.end = os.open(self.pipe, os.O_WRONLY)
        os.write(self.end, b"x")

    def join(self, *argv: str) -> subprocess.Popen[str]:
        words = [
            "join",
            self.about["socket"],
            str(self.boxed.workspace),
            json.dumps(self.about["box"]),
        ]
        return subprocess.Popen(
            [sys.executable, "-c", JOIN, str(self.boxed.user), *words, *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                "PYTHONPATH": str(Path(SCRIPT).parents[2]),
                "PATH": PATH,
                "HOME": str(self.boxed.home),
                "TOKEN": "SECRET",
            },
        )

    def sh(self, script: str) -> str:
        with self.join("sh", "-c", script) as process:
            return process.communicate(timeout=PATIENCE_S)[0]


@pytest.fixture(params=[f"{one}-{what}" for one in WHO for what in ("layers", "plain")])
def visited(request: pytest.FixtureRequest) -> Iterator[Visited]:
    if reason := box_refused():
        pytest.skip(f"no box here: {reason}")
    who, what = request.param.split("-")
    boxed = Boxed(root=who == "root", overlay=what == "layers")
    made = Visited(boxed)
    yield made
    os.close(made.end)
    boxed.end()


def test_it_is_where_the_run_is(visited: Visited):
    said = visited.sh(
        "echo hello >made; pwd; ls -A ~; grep CapBnd /proc/self/status; echo token=$TOKEN; "
        "unshare -U true 2>&1 | tail -1; ls /proc | grep -c '^[0-9]'; cat /proc/1/environ 2>&1"
    )
    lines = said.splitlines()
    assert lines[0] == str(visited.boxed.workspace)
    assert lines[1:3] == ["CapBnd:\t0000000000000000", "token="]
    assert "Operation not permitted" in lines[3]
    assert int(lines[4]) <= 8
    assert "Permission denied" in lines[5]
    kept = visited.boxed.top / "ws/upper" if visited.boxed.mount else visited.boxed.workspace
    assert (kept / "made").lstat().st_uid == visited.boxed.user


def test_its_exit_is_told_and_a_command_that_is_not_there(visited: Visited):
    with visited.join("sh", "-c", "exit 7") as process:
        assert process.wait(PATIENCE_S) == 7
    with visited.join("nowhere") as process:
        assert (
            "nowhere cannot be started in the sandbox" in process.communicate(timeout=PATIENCE_S)[0]
        )
        assert process.returncode == 126


def test_two_visitors_see_each_other_and_both_end_with_the_run(visited: Visited):
    mark = f"8{os.getpid()}.5"
    with visited.join("sleep", mark) as process:
        until = time.monotonic() + PATIENCE_S
        while "sleep" not in visited.sh("cat /proc/*/comm"):
            assert time.monotonic() < until
        os.close(visited.end)
        visited.end = os.open(os.devnull, os.O_WRONLY)
        assert process.wait(PATIENCE_S) == 128 + 9
    visited.boxed.finish(visited.run)
    assert not processes_with(f"sleep\0{mark}")

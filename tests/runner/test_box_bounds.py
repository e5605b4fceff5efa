"""What a box may take: a run that takes more is ended at once, and is told why."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ropewalk.core.box import Bounds
from ropewalk.runner.watch import MB, Watch
from tests.boxed import Boxed
from tests.machine import box_refused
from tests.person import until

WHO = ["root", "user"] if os.geteuid() == 0 else ["user"]
HOG = """
import os, time
kept = []
for _ in range(4):
    if os.fork() == 0:
        kept.append(bytearray(40 << 20)); kept[0][::4096] = b"x" * len(kept[0][::4096])
        time.sleep(100)
time.sleep(100)
"""
BOMB = """
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(100)
        made += 1
except OSError:
    print(made, flush=True)
    time.sleep(100)
"""


@pytest.fixture(params=WHO)
def boxed(request: pytest.FixtureRequest) -> Iterator[Boxed]:
    if reason := box_refused():
        pytest.skip(f"no box here: {reason}")
    made = Boxed(root=request.param == "root")
    yield made
    made.end()


def ended(boxed: Boxed, *argv: str) -> tuple[str, str]:
    said, over = boxed.finish(boxed.start(boxed.spec(*argv)))
    return said, over.cause


def test_memory_of_all_processes_together(boxed: Boxed):
    boxed.change(bounds=Bounds(memory_mb=100))
    assert ended(boxed, "/usr/bin/python3", "-I", "-S", "-c", HOG)[1] == "memory"
    assert ended(boxed, "true")[1] == "exit"


def test_files_in_memory_are_memory(boxed: Boxed):
    boxed.change(bounds=Bounds(memory_mb=100))
    script = "head -c 90M /dev/zero >/tmp/a; head -c 60M /dev/zero >/dev/shm/b; sleep 100"
    assert ended(boxed, "sh", "-c", script)[1] == "memory"


def test_one_process_cannot_have_more_at_all(boxed: Boxed):
    boxed.change(bounds=Bounds(memory_mb=200))
    script = "x = bytearray(400 << 20)"
    assert "MemoryError" in ended(boxed, "/usr/bin/python3", "-I", "-S", "-c", script)[0]


def test_a_fork_bomb(boxed: Boxed):
    boxed.change(bounds=Bounds(processes=50))
    said, cause = boxed.finish(
        boxed.start(boxed.spec("timeout", "2", "/usr/bin/python3", "-I", "-S", "-c", BOMB))
    )
    if boxed.user:
        assert int(said) < 50
    else:
        assert cause.cause == "processes"


def test_the_disk_of_the_workspace(boxed: Boxed):
    boxed.change(bounds=Bounds(disk_mb=20))
    assert ended(boxed, "sh", "-c", "head -c 30M /dev/zero >big; sleep 100")[1] == "disk"
    (boxed.top / "ws/upper/big").unlink()
    assert ended(boxed, "sh", "-c", "head -c 5M /dev/zero >small; sleep 1.5")[1] == "exit"


def test_the_disk_is_looked_at_when_others_free_more(tmp_path: Path):
    folder, other = tmp_path / "upper", tmp_path / "other"
    folder.mkdir()
    other.write_bytes(bytes(64 * MB))
    watch = Watch(os.getpid(), {"disk_mb": 2}, folder=str(folder), scratch=-1)
    assert watch.passed() == ""
    (folder / "big").write_bytes(bytes(8 * MB))
    other.unlink()
    until(lambda: watch.passed() == "disk", "what is too large")

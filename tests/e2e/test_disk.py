"""A disk that is full: whoever asks is told so, nothing is lost, and it goes on by itself once there is room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.instance import instance, until
from tests.e2e.repository import Repository, mount

SIZE_MB = 24


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes, with a directory in it."""
    if os.getuid() != 0:
        pytest.skip("only root can make a small file system")
    place = tmp_path / "small"
    place.mkdir()
    mount("-t", "tmpfs", "-o", f"size={SIZE_MB}m", "ropewalk-test", str(place))
    try:
        yield place / "home"
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, timeout=20)


def test_disk_full(small: Path, plain: Repository) -> None:
    with instance(small) as rw:
        number = rw.starts("--agent", "scripted", "write made.txt x", at=plain.path)["number"]
        rw.does("wait", str(number), at=plain.path)
        full, room = plain.path.parent / "full", plain.path.parent / "room"
        script = f"{once(full)}\nemit 30 10\n{once(room)}\nwrite made.txt y\nsay finished"
        talking = rw.starts("--agent", "scripted", script, at=plain.path)["number"]
        rw.until(f"{talking}.1", lambda one: one["process"] == "alive", plain.path)
        before = plain.state()
        ballast = small.parent / "ballast"
        fill(ballast)
        full.touch()
        until(lambda: "disk refuses" in rw.does("hub", "status", at=plain.path).out, "it is told")
        assert rw.attempt(f"{number}.1", plain.path)["versions"], "reading still works"
        assert plain.state() == before
        ballast.unlink()
        room.touch()
        rw.does("wait", str(talking), at=plain.path)
        log = rw.does("log", f"{talking}.1", at=plain.path).out
        told = [int(one.split()[1]) for one in log.splitlines() if one.startswith("event ")]
        assert told == list(range(1, 31))
        assert rw.attempt(f"{talking}.1", plain.path)["versions"]
        rw.does("merge", f"{number}.1", at=plain.path)
        assert plain.read("made.txt") == "x\n"


def test_disk_full_at_the_start(small: Path, plain: Repository) -> None:
    before = plain.state()
    with instance(small) as rw:
        ballast = small.parent / "ballast"
        fill(ballast)
        said = rw.types("run", "--detach", "--agent", "scripted", "x", at=plain.path)
        assert said.code == 4, said
        assert "no room left on the disk" in said.err or "No space left" in said.err, said
        assert "Traceback" not in said.err
        assert "export ROPEWALK_HOME=" in said.err
        assert plain.state() == before
        ballast.unlink()
        rw.does("ls", at=plain.path)
        fill(ballast)
        said = rw.types("run", "--detach", "--agent", "scripted", "x", at=plain.path)
        assert said.code == 1, said
        assert "Traceback" not in said.err
        assert "cannot be written" in said.err or "o space left" in said.err, said
        assert plain.state() == before
        ballast.unlink()
        number = rw.starts("--agent", "scripted", "write made.txt x", at=plain.path)["number"]
        rw.does("wait", str(number), at=plain.path)
        tasks = rw.asks("ls", at=plain.path)["tasks"]
        promised = "do not ask again" in said.err
        assert len(tasks) == 1 + promised, said


def once(there: Path) -> str:
    """What the agent does next waits for a file."""
    return f"run while [ ! -e {there} ]; do sleep 0.02; done"


def fill(path: Path) -> None:
    """Until there is no room for another byte."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue

"""A full disk pauses a run and loses nothing; the spool on its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ropewalk.runner.spool import SEGMENT, Full, Spool
from ropewalk.wire.frames import Decoder, decode_exit
from tests.runner.client import Client, start

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can mount a small disk")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(place)], check=True, timeout=10
    )
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True, timeout=10)


def fill(disk: Path, *, leave: int = 0) -> Path:
    file = disk / "fill"
    state = os.statvfs(disk)
    file.write_bytes(bytes(state.f_bavail * state.f_frsize - leave))
    return file


def wait_full(path: Path) -> None:
    give_up = time.monotonic() + 20
    while True:
        client = Client(path, epoch=None)
        client.close()
        if client.about["full"]:
            return
        assert time.monotonic() < give_up
        time.sleep(0.05)


@needs_root
def test_a_full_disk_stops_the_agent_and_its_output_comes_later(disk):
    script = "for n in range(100_000): print(f'{n:07d}')"
    path = start(disk / "r", sys.executable, "-I", "-S", "-c", f"input()\n{script}")
    ballast = fill(disk, leave=100_000)
    client = Client(path)
    assert client.write("a", 0, b"go\n")["ok"]
    wait_full(path)
    assert client.ask("sig", signal=0 + 18)["ok"]  # needs no disk
    client.tail()
    ballast.unlink()
    frames = client.finish()
    said = b"".join(frame.payload for frame in frames if frame.kind == "stdout")
    assert said == b"".join(b"%07d\n" % n for n in range(100_000))


@needs_root
def test_input_and_the_end_have_a_reserve_on_a_full_disk(disk):
    path = start(disk / "r", "sh", "-c", "read x; exit 7")
    fill(disk)
    client = Client(path)
    client.tail()  # before it may end: a runner without readers leaves at once
    assert client.write("a", 0, b"go\n")["ok"]
    assert decode_exit(client.finish()[-1].payload)[0].code == 7


@needs_root
def test_an_input_beyond_the_reserve_is_refused_and_may_be_repeated(disk):
    path = start(disk / "r", "cat")
    ballast = fill(disk)
    client = Client(path)
    client.tail()
    data = b"x" * 600_000
    assert client.write("a", 0, data)["error"] == "full"
    ballast.unlink()
    assert client.write("a", 0, data)["ok"]
    assert client.ask("eof", id="b", at=len(data))["ok"]
    frames = client.finish()
    assert b"".join(frame.payload for frame in frames if frame.kind == "stdout") == data


@needs_root
def test_a_half_frame_is_cut(disk):
    spool = Spool(str(disk / "spool"))
    spool.append("stdout", b"first")
    ballast = fill(disk, leave=100_000)
    with pytest.raises(Full):
        spool.append("stdout", b"x" * 500_000)
    ballast.unlink()
    spool.append("stdout", b"second", position=5)
    spool.close()
    data = (disk / "spool" / f"{0:020d}").read_bytes()
    assert [frame.payload for frame in Decoder(0).feed(data)] == [b"first", b"second"]


def test_a_frame_never_crosses_a_segment_and_offsets_go_on(tmp_path):
    spool = Spool(str(tmp_path / "spool"))
    for number in range(40):
        spool.append("stdout", b"x" * 65536, position=number * 65536)
    spool.close()
    names = sorted(one for one in (tmp_path / "spool").iterdir() if one.name.isdigit())
    assert len(names) == 3
    end = 0
    for name in names:
        assert int(name.name) == end
        data = name.read_bytes()
        assert len(data) <= SEGMENT
        decoder = Decoder(end)
        decoder.feed(data)
        assert decoder.pending == 0
        end = decoder.offset
    assert end == spool.end


def test_a_spool_is_never_opened_again(tmp_path):
    Spool(str(tmp_path / "spool")).close()
    with pytest.raises(FileExistsError):
        Spool(str(tmp_path / "spool"))

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ropewalk import __version__
from ropewalk.client.connect import connect, older
from ropewalk.client.home import file_system, find_home, refuse_network
from ropewalk.client.hub import Hub, NoHub
from ropewalk.client.start import CannotStart
from ropewalk.core.errors import Refused

STAND_IN = Path(__file__).with_name("stand_in.py")


def command(version: str = __version__) -> list[str]:
    return [sys.executable, str(STAND_IN), version]


def starts(home: Path) -> list[str]:
    return (home / "starts").read_text().split()


def test_of_many_that_start_at_once_exactly_one_does(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        hubs = list(pool.map(lambda _: connect(str(tmp_path), command()), range(6)))
    try:
        assert len({hub.get("/v1/hello")["pid"] for hub in hubs}) == 1
        assert len(starts(tmp_path)) == 1
    finally:
        hubs[0].post("/v1/stop", {})
        os.waitpid(int(starts(tmp_path)[0]), 0)


def test_an_older_hub_is_replaced(tmp_path: Path) -> None:
    old = Hub(str(tmp_path))
    from ropewalk.client.start import start

    start(old, command("0.0.1"))
    first = old.get("/v1/hello")["pid"]
    hub = connect(str(tmp_path), command())
    try:
        assert hub.get("/v1/hello")["version"] == __version__
        assert hub.get("/v1/hello")["pid"] != first
    finally:
        hub.post("/v1/stop", {})
        for pid in starts(tmp_path):
            os.waitpid(int(pid), 0)


HOLDER = """
import fcntl, sys, time
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(0.5)
"""
LATE = "import fcntl, sys; lock = open(sys.argv[-1] + '/hub/hub.lock'); fcntl.flock(lock, 6);"


def test_a_hub_that_is_still_ending_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    lock = str(tmp_path / "hub" / "hub.lock")
    ending = [sys.executable, "-c", HOLDER, lock]
    with subprocess.Popen(ending, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        starting = f"{LATE} exec(open({str(STAND_IN)!r}).read())"
        hub = connect(str(tmp_path), [sys.executable, "-c", starting, __version__])
        assert holder.wait(5) == 0
    hub.post("/v1/stop", {})
    os.waitpid(int(starts(tmp_path)[0]), 0)


def test_a_newer_hub_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(NoHub, match="newer") as raised:
        older({"version": "99.0"})  # type: ignore[typeddict-item]
    assert "pip install --upgrade" in raised.value.hint


def test_a_hub_that_dies_shows_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="no such thing"):
        connect(str(tmp_path), [sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_network_file_systems_are_refused(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    assert file_system(str(tmp_path / "home"), str(mounts)) == "nfs4"
    assert file_system("/", str(mounts)) == "ext4"
    with pytest.raises(Refused, match="network file system"):
        refuse_network(str(tmp_path / "home"), str(mounts))


def test_the_home_is_absolute(tmp_path: Path) -> None:
    assert find_home("x") == str(Path.cwd() / "x")

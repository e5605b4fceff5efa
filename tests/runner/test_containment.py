"""What holds a process tree together, as root, as nobody, in a cgroup; and that the probe is right."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ropewalk.hosts.launch import probe
from ropewalk.runner import containment, linux
from tests.hosts.scene import processes_with
from tests.runner.client import Client, start, start_as_nobody

ROOT = os.geteuid() == 0


def test_the_probe_says_what_a_run_then_has(folder):
    said = probe()
    start(folder, "cat")
    assert json.loads((folder / "run.json").read_text())["containment"] == said


def test_the_probe_leaves_us_where_we_are():
    before = Path("/proc/self/ns/pid_for_children").readlink()
    assert containment.containment() in ("pid-namespace", "cgroup", "process-group")
    assert Path("/proc/self/ns/pid_for_children").readlink() == before


def test_an_agent_sees_only_its_own_processes(folder):
    if probe() != "pid-namespace":
        pytest.skip("this machine gives no pid namespace")
    path = start(
        folder,
        "sh",
        "-c",
        "read x; ls /proc | grep -c '^[0-9]'; head -c 4 /proc/1/cmdline; echo $$",
    )
    client = Client(path)
    client.tail()
    client.write("a", 0, b"go\n")
    frames = client.finish()
    said = b"".join(frame.payload for frame in frames if frame.kind == "stdout").split()
    assert int(said[0]) <= 5
    assert said[-1].endswith(b"2")


def test_a_tree_that_kills_its_init_ends_too(folder, monkeypatch):
    """A process that left the group as well, where there is a /proc to find it in."""
    mark = f"4{os.getpid()}77"
    monkeypatch.setenv("ROPEWALK_CONTAINMENT", "process-group")
    leave = "" if linux.hidden() else "setsid"
    path = start(folder, "sh", "-c", f"{leave} sleep {mark} & read x; kill -9 $PPID; sleep {mark}")
    client = Client(path)
    client.tail()
    give_up = time.monotonic() + 20
    while not processes_with(f"sleep\0{mark}"):
        assert time.monotonic() < give_up
    client.write("a", 0, b"on\n")
    client.finish()
    while processes_with(mark):
        assert time.monotonic() < give_up


@pytest.mark.skipif(not ROOT, reason="only root can become nobody")
def test_without_root_there_is_a_namespace_too(tmp_path):
    mark = f"6{os.getpid()}77"
    short = Path(f"/tmp/rw-nobody-{os.getpid()}")
    short.mkdir()
    try:
        path = start_as_nobody(
            short / "r", "sh", "-c", f"id -u; setsid sleep {mark} & read x; echo $x"
        )
        about = json.loads((short / "r/run.json").read_text())
        client = Client(path)
        client.tail()
        answer = client.write("a", 0, b"word\n")
        assert answer["ok"], (answer, client.frames)
        frames = client.finish()
        said = b"".join(frame.payload for frame in frames if frame.kind == "stdout")
        assert said == b"65534\nword\n"
        assert about["containment"] == "pid-namespace"
        assert not processes_with(mark)
    finally:
        shutil.rmtree(short)


@pytest.mark.skipif(not ROOT, reason="only root can mount a cgroup file system")
def test_a_cgroup_is_killed_as_a_whole(tmp_path):
    root = tmp_path / "cgroup"
    root.mkdir()
    subprocess.run(["mount", "-t", "cgroup2", "none", str(root)], check=True, timeout=10)
    try:
        folder = containment.make_cgroup(str(root), f"test-{os.getpid()}")
        assert folder
        script = (
            "import sys; from ropewalk.runner.containment import join_cgroup; join_cgroup(sys.argv[1])\n"
            "import subprocess; subprocess.Popen(['sleep', '1000'], start_new_session=True); input()"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script, folder], stdin=subprocess.PIPE, env={"PYTHONPATH": "src"}
        )
        with process:
            while len(Path(folder, "cgroup.procs").read_text().split()) < 2:
                assert process.poll() is None
            containment.kill_cgroup(folder)
            assert process.wait(10) == -9
        assert not Path(folder).exists()
    finally:
        subprocess.run(["umount", str(root)], check=True, timeout=10)


@pytest.mark.skipif(not containment.cgroup_parent(), reason="no cgroup of version 2 is ours")
def test_a_run_in_a_cgroup_leaves_nothing_even_when_its_runner_is_killed(folder, monkeypatch):
    mark = f"5{os.getpid()}77"
    monkeypatch.setenv("ROPEWALK_CONTAINMENT", "cgroup")
    path = start(folder, "sh", "-c", f"setsid sh -c 'sleep {mark} & sleep {mark}' & echo up; cat")
    about = json.loads((folder / "run.json").read_text())
    assert about["containment"] == "cgroup"
    client = Client(path)
    client.tail()
    while not client.frames or client.frames[-1].kind != "stdout":
        client.hear()
    client.close()
    give_up = time.monotonic() + 20
    while len(processes_with(f"sleep\0{mark}")) < 2:
        assert time.monotonic() < give_up
    os.kill(about["pid"], signal.SIGKILL)
    while processes_with(mark) or Path(about["cgroup"]).exists():
        assert time.monotonic() < give_up

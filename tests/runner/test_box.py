"""What a run in a box sees, may do and is, as root and as an ordinary user, on a mount of layers and on plain files."""

import json
import os
from collections.abc import Iterator

import pytest

from ropewalk.core.box import Bounds, Kept
from ropewalk.hosts.launch import rungs
from ropewalk.runner.privileges import OWNER
from ropewalk.runner.visit import borrow
from tests.boxed import Boxed

WHO = ["root", "user"] if os.geteuid() == 0 else ["user"]
pytestmark = pytest.mark.skipif(bool(rungs()["full"]), reason=f"no box here: {rungs()['full']}")


@pytest.fixture(params=[f"{one}-{what}" for one in WHO for what in ("layers", "plain")])
def boxed(request: pytest.FixtureRequest) -> Iterator[Boxed]:
    who, what = request.param.split("-")
    made = Boxed(root=who == "root", overlay=what == "layers")
    yield made
    made.end()


def test_it_works_in_its_workspace_as_the_owner_of_its_files(boxed: Boxed):
    said = boxed.sh("id -u; echo new >made; mkdir d; rm -f file; ls; stat -c %u .")
    user = OWNER if boxed.user == 0 else boxed.user
    assert said.split() == [str(user), "d", "made", str(user)]
    kept = boxed.top / "ws/upper" if boxed.mount else boxed.workspace
    assert (kept / "made").read_text() == "new\n"
    for one in ("made", "d", *(["file"] if boxed.mount else [])):  # the last is a whiteout
        assert (kept / one).lstat().st_uid == boxed.user


ON_LAYERS = pytest.mark.parametrize("boxed", [f"{one}-layers" for one in WHO], indirect=True)


@ON_LAYERS
def test_two_runs_share_a_workspace_and_nothing_else(boxed: Boxed):
    first = boxed.start(boxed.spec("sh", "-c", "echo 1 >one; until [ -e two ]; do sleep .01; done"))
    about = json.loads((first.path / "run.json").read_text())
    held = borrow(about["socket"])
    try:
        boxed.join = held
        said = boxed.sh(
            "until [ -e one ]; do sleep .01; done; cat /proc/1/cmdline; ls /proc | grep -c '^[0-9]'; echo 2 >two"
        )
    finally:
        for fd in held.values():
            os.close(fd)
    assert boxed.finish(first)[1].code == 0
    assert int(said.strip("\0\n")) <= 6


def test_the_home_is_empty_but_for_what_is_seen(boxed: Boxed):
    tool = boxed.write(boxed.home / "tools/bin/tool", "#!/bin/sh\necho tool; echo y >>$0\n", 0o755)
    hidden = boxed.write(boxed.home / "tools/token", "SECRET\n", 0o600)
    (boxed.home / "link").symlink_to("tools/bin/tool")
    boxed.give()
    boxed.change(seen=(str(boxed.home / "tools"), str(boxed.home / "link")), hidden=(str(hidden),))
    said = boxed.sh("ls -A ~; ~/link; wc -c <~/tools/token; touch ~/mine && ls ~/mine")
    lines = said.split("\n")
    assert {"link", "tools", "tool", "0", str(boxed.home / "mine")} <= set(lines)
    assert "Read-only" in said
    assert tool.read_text().count("y") == 1
    assert not (boxed.home / "mine").exists()


def test_what_is_kept_outlives_the_run(boxed: Boxed):
    cache = boxed.top / "caches/pip"
    cache.mkdir(parents=True)
    boxed.give()
    at = str(boxed.home / ".cache/pip")
    boxed.change(kept=(Kept(source=str(cache), at=at),))
    boxed.sh("echo 1 >~/.cache/pip/one")
    assert (cache / "one").lstat().st_uid == boxed.user
    assert boxed.sh("cat ~/.cache/pip/one") == "1\n"


def test_a_command_that_is_only_outside_is_said_to_be(boxed: Boxed):
    tool = boxed.write(boxed.home / "bin/tool", "#!/bin/sh\n", 0o755)
    script = boxed.write(boxed.workspace / "script", f"#!{tool}\n", 0o755)
    boxed.give()
    path = {"PATH": f"{tool.parent}:/usr/bin:/bin"}
    _, over = boxed.finish(boxed.start(boxed.spec("tool", environment=path)))
    assert over.code == 127
    assert over.error == (
        f"tool is at {tool}, which the sandbox does not show; "
        f'to allow it: [sandbox] seen = ["{tool}"]'
    )
    if boxed.mount is None:
        _, over = boxed.finish(boxed.start(boxed.spec(str(script))))
        assert (
            f'{tool}, which the sandbox does not show; to allow it: [sandbox] seen = ["{tool}"]'
            in over.error
        )
    _, over = boxed.finish(boxed.start(boxed.spec("nowhere")))
    assert "sandbox" not in over.error


def test_it_can_do_what_programs_do(boxed: Boxed):
    said = boxed.python(
        "import os, socket, tempfile, subprocess, multiprocessing, threading, pty\n"
        "open('/dev/stdout', 'w').write('out\\n')\n"
        "tempfile.TemporaryFile().write(b'x'); open('/dev/shm/x', 'w').write('x')\n"
        "socket.getaddrinfo('127.0.0.1', 80); socket.if_nameindex()\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname())\n"
        "other = socket.create_server(('::1', 0), family=10)\n"
        "socket.create_connection(other.getsockname()[:2])\n"
        "a = threading.Thread(target=print, args=('thread',)); a.start(); a.join()\n"
        "multiprocessing.Pool(1).map(abs, [1]); os.openpty()\n"
        "subprocess.run(['sh', '-c', 'echo $((1+1)) >/dev/null; kill -0 $PPID'], check=True)\n"
        "os.kill(os.getpid(), 0); os.urandom(1); os.sched_getaffinity(0); print(os.cpu_count())\n"
    )
    assert said == f"out\nthread\n{os.cpu_count()}\n"


def test_what_is_asked_of_each_process_holds(boxed: Boxed):
    boxed.change(bounds=Bounds(files=100))
    assert boxed.sh("ulimit -n; ulimit -c") == "100\n0\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's files are mapped")
@pytest.mark.parametrize("boxed", ["root-layers"], indirect=True)
def test_root_owned_files_of_a_box_do_not_mix_with_runs_in_none(boxed: Boxed):
    first = boxed.start(boxed.spec("sleep", "100"))
    boxed.join = borrow(json.loads((first.path / "run.json").read_text())["socket"])
    try:
        with pytest.raises(OSError, match="with and without a sandbox"):
            boxed.sh("true", **boxed.without())
    finally:
        for fd in boxed.join.values():
            os.close(fd)

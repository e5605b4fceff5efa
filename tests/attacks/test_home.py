"""The home of an instance: a stranger's is refused before a secret is sent, a fresh one is nobody else's."""

import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ropewalk.client.home import refuse_foreign
from ropewalk.client.http import request
from ropewalk.core.errors import Refused
from tests.e2e.instance import Instance, instance

NOBODY = 65534


def test_a_fresh_home_is_for_its_owner_only(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with instance(tmp_path / "state" / "home") as rw:
            rw.does("ls", "--all", at=tmp_path)
            modes = {
                one.name: stat.S_IMODE(one.stat().st_mode) for one in (rw.home, rw.home / "hub")
            }
            assert modes == {"home": 0o700, "hub": 0o700}
    finally:
        os.umask(old)


def test_a_home_that_everybody_writes_to_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)
    said = Instance(home).types("ls", "--all", at=tmp_path)
    assert said.code != 0
    assert f"Everybody can write to {home}." in said.err
    assert list(home.iterdir()) == []


def test_a_home_of_another_user_is_refused(tmp_path: Path) -> None:
    if os.getuid():
        with pytest.raises(Refused, match="belongs to another user"):
            refuse_foreign("/")
        return
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    said = Instance(home).types("ls", "--all", at=tmp_path)
    assert said.code != 0
    assert "belongs to another user" in said.err
    assert list(home.iterdir()) == []


def test_a_home_behind_a_link_works(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "home").symlink_to(tmp_path / "real")
    with instance(tmp_path / "home") as rw:
        rw.does("ls", "--all", at=tmp_path)
        assert (tmp_path / "real/hub/hub.sock").exists()


@pytest.fixture
def tmp_path_of_all() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ropewalk-test-") as folder:
        yield Path(folder)


def test_a_stranger_who_listens_hears_nothing(tmp_path_of_all: Path) -> None:
    if os.getuid():
        pytest.skip("becoming another user needs root")
    folder = tmp_path_of_all
    folder.chmod(0o777)
    path = folder / "hub.sock"
    listener = (
        "import os,socket,sys;os.setgid(65534);os.setuid(65534);"
        "s=socket.socket(socket.AF_UNIX);s.bind(sys.argv[1]);os.chmod(sys.argv[1],0o777);s.listen();"
        "print('there',flush=True);c,_=s.accept();print('heard',c.recv(100),flush=True)"
    )
    stranger = subprocess.Popen(
        [sys.executable, "-I", "-c", listener, str(path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/",
    )  # fmt: skip
    try:
        assert stranger.stdout is not None
        assert stranger.stdout.readline() == b"there\n", stranger.stderr.read()
        with pytest.raises(Refused, match="Another user listens"):
            request(str(path), "POST", "/v1/tasks", {"secrets": {"KEY": "hidden"}}, 5.0)
        assert stranger.stdout.readline() == b"heard b''\n"
    finally:
        stranger.kill()
        stranger.communicate(timeout=10)


def test_a_hub_of_ones_own_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(1000)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        thread = threading.Thread(target=answer)
        thread.start()
        assert request(str(path), "GET", "/", None, 5.0).read() == b"{}"
        thread.join()

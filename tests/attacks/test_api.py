"""Hostile requests to the hub, by a real instance: each is answered at once and in words, and none lingers."""

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.instance import Instance, instance, until
from tests.e2e.repository import Repository

TEXT = "before \ud800 \x00 \x1b]52;c;x\x07 after"


@pytest.fixture(scope="module")
def rw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    top = tmp_path_factory.mktemp("rw")
    with instance(top / "home") as one:
        repo = Repository(top / "shop", {"a.py": "x = 1\n"})
        one.starts("--agent", "scripted", "write ok.txt yes\nsay fine", at=repo.path)
        one.does("wait", "1", at=repo.path)
        yield one


def call(rw: Instance, head: str, body: bytes = b"", limit_s: float = 10) -> tuple[int, bytes]:
    """Status and content of an answer."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(limit_s)
        line.connect(str(rw.home / "hub/hub.sock"))
        line.sendall(
            f"{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        try:
            line.sendall(body)
        except BrokenPipeError:
            pass
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    first, _, content = answer.partition(b"\r\n\r\n")
    return int(first.split(b" ")[1]), content


def shop(rw: Instance) -> str:
    return str(rw.home.parent / "shop")


def counted(rw: Instance) -> Any:
    status, content = call(rw, "GET /v1/board?all=1")
    assert status == 200
    return json.loads(content)["counts"]


@pytest.mark.parametrize(
    "target",
    [
        "/v1/wait",
        "/v1/wait?of=1&for=decided&timeout_s=nan",
        "/v1/wait?of=1&for=nothing",
        "/v1/wait?of=1&timeout_s=x",
        "/v1/events?after=x",
        "/v1/events?limit=nan",
        "/v1/events?of=../../etc",
        "/v1/board",
        "/v1/board?directory=%00",
        "/v1/board?directory=" + "a" * 5000,
        "/v1/board?directory=/proc/self/mem",
        "/v1/diff",
        "/v1/diff?a=../x",
        "/v1/diff?a=1.1@" + "9" * 30,
        "/v1/undo",
        "/v1/tasks/%00",
        "/v1/tasks/..%2f..%2fetc",
        "/v1/tasks/" + "9" * 20,
        "/v1/tasks/" + "9" * 5000,
        "/v1/tasks/%D9%A1",
        "/v1/attempts/1.1@" + "9" * 5000,
        "/v1/draft/--upload-pack=x",
        "/v1/nothing",
    ],
    ids=lambda one: one[:40],
)
def test_questions(rw: Instance, target: str) -> None:
    status, content = call(rw, f"GET {target}")
    assert 400 <= status < 500 or b"File name too long" in content, content


def bodies(rw: Instance) -> dict[str, bytes]:
    good = {
        "directory": shop(rw),
        "brief": "x",
        "agents": ["scripted"],
        "trust": True,
        "consent": True,
    }
    wrong: dict[str, dict[str, Any]] = {
        "NaN": {"limit_s": float("nan")},
        "infinite": {"limit_s": float("inf")},
        "a truth as a number": {"limit_s": True},
        "years": {"limit_s": 1e12},
        "many": {"count": 10**30},
        "NUL in directory": {"directory": "/tmp\0"},
        "NUL in base": {"base": "HEAD\0"},
        "NUL in on": {"on": "\0"},
        "NUL in check": {"checks": ["\0"]},
        "NUL in environment": {"environment": {"A": "\0"}},
        "= in environment": {"environment": {"A=B": "x"}},
        "option as base": {"base": "--upload-pack=/bin/sh"},
        "option as branch": {"on": "--exec=/bin/sh"},
        "agent": {"agents": ["../../bin/sh"]},
        "list": {"directory": []},
    }
    return {
        **{name: json.dumps({**good, **one}).encode() for name, one in wrong.items()},
        "too large a number": b'{"limit_s":1e400,' + json.dumps(good).encode()[1:],
        "a number of 5000 digits": b'{"count":' + b"9" * 5000 + b"}",
        "deep": b"[" * 200_000,
        "no object": b"[]",
        "no text": b"\xff\xfe\x00",
        "33 MB": b'{"brief":"' + b"x" * 33 * 1024 * 1024 + b'"}',
    }


def test_tasks_that_cannot_be(rw: Instance) -> None:
    before = counted(rw)
    for name, body in bodies(rw).items():
        status, content = call(rw, "POST /v1/tasks", body)
        assert 400 <= status < 500, (name, content)
        assert b'"hint":""' not in content, name
    assert counted(rw) == before


def test_odd_text_goes_into_the_store_and_comes_out(rw: Instance) -> None:
    body = {
        "directory": shop(rw),
        "brief": f"say x\n{TEXT}",
        "agents": ["scripted"],
        "consent": True,
    }
    body |= {"actor": "x\ud800\x1b]0;x\x07\nperson:root", "terminal": "\ud800"}
    status, content = call(rw, "POST /v1/tasks", json.dumps(body).encode())
    assert status == 200, content
    number = json.loads(content)["number"]
    rw.does("wait", str(number), at=Path(shop(rw)))
    for verb, more in {"say": {"text": TEXT}, "drop": {"reason": TEXT}, "nothing": {}}.items():
        asked = {"ids": [f"{number}.1"], "directory": shop(rw), **more}
        status, content = call(rw, f"POST /v1/act/{verb}", json.dumps(asked).encode())
        assert status == (404 if verb == "nothing" else 200), content
    for words in (("ls", "--all"), ("show", str(number)), ("log", str(number)), ("hub", "status")):
        said = rw.does(*words, at=Path(shop(rw)))
        assert not set(said.out + said.err) & set("\x00\x07\x1b\ud800")
        rw.asks(*words, at=Path(shop(rw))) if words[0] != "log" else None


def test_smuggled_and_broken_requests(rw: Instance) -> None:
    for raw in (
        b"\x00" * 100 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /v1/tasks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(10)
            line.connect(str(rw.home / "hub/hub.sock"))
            try:
                line.sendall(raw)
                answer = line.recv(65536)
            except (BrokenPipeError, ConnectionResetError):
                continue
            assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer[:80]
    counted(rw)


def test_slow_clients_and_two_thousand_followers_keep_nobody_else_out(rw: Instance) -> None:
    lines: list[socket.socket] = []
    try:
        for number in range(2000):
            line = socket.socket(socket.AF_UNIX)
            line.settimeout(10)
            line.connect(str(rw.home / "hub/hub.sock"))
            slow = b"POST /v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
            follow = b"GET /v1/events?follow=1&after=0 HTTP/1.1\r\nHost: x\r\n\r\n"
            line.sendall(slow if number < 100 else follow)
            lines.append(line)
        task = rw.starts("--agent", "scripted", "write more.txt yes", at=Path(shop(rw)))
        rw.does("wait", str(task["number"]), at=Path(shop(rw)))
    finally:
        for line in lines:
            line.close()
    until(lambda: counted(rw), "an answer after all")


# --- other users, and what lies below a home ---------------------------------------------------------

STRANGER = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
for path in sys.argv[1:]:
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(5)
    try:
        line.connect(path)
        line.sendall(b'GET /v1/hello HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')
        print("answered" if line.recv(10) else "cut off")
    except OSError as error:
        print(type(error).__name__)
"""


def opened(path: Path, stop: Path) -> dict[Path, int]:
    """Let everybody through to a file, but for the modes of the socket itself; the modes as they were."""
    places = [path, *(one for one in path.parents if one != stop and one.is_relative_to(stop))]
    before = {one: one.stat().st_mode for one in places}
    for one in places:
        one.chmod(0o777)
    return before


def test_other_users_reach_nothing(rw: Instance) -> None:
    if os.getuid():
        pytest.skip("becoming another user needs root")
    rw.starts("--agent", "scripted", "hang", at=Path(shop(rw)))
    run = until(lambda: next(rw.home.glob("host/runs/*/sock"), None), "a runner's socket")
    sockets = [rw.home / "hub/hub.sock", rw.home / "host/host.sock", run]
    asked = [sys.executable, "-I", "-c", STRANGER, *map(str, sockets)]
    said = subprocess.run(asked, capture_output=True, timeout=30, check=True).stdout.decode()
    assert set(said.split()) == {"PermissionError"}
    before: dict[Path, int] = {}
    for one in sockets:
        before = {**opened(one, Path("/tmp")), **before}
    try:
        said = subprocess.run(asked, capture_output=True, timeout=30, check=True).stdout.decode()
    finally:
        for path, mode in before.items():
            path.chmod(stat.S_IMODE(mode))
    assert "answered" not in said, "modes alone kept them out"
    rw.types("stop", "--all", at=Path(shop(rw)))


def test_nothing_below_a_home_is_for_others(rw: Instance) -> None:
    """Files behind a directory of mode 0700 are; every other one has no bit for group and others."""
    loose: list[str] = []
    waiting = [rw.home]
    while waiting:
        place = waiting.pop()
        mode = place.lstat().st_mode
        if stat.S_ISDIR(mode) and not mode & 0o077:
            continue
        loose += [str(place)] if mode & 0o077 and not stat.S_ISLNK(mode) else []
        if stat.S_ISDIR(mode):
            waiting += place.iterdir()
    assert loose == []

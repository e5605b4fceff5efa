"""The runner's protocol, byte by byte: greeting, attaching, descriptors, and clients that misbehave."""

import contextlib
import os
import socket
import sys
import time
from pathlib import Path

import pytest

from ropewalk.core.errors import Refused
from tests.person import until
from tests.runner.client import Client, start


def output(client: Client) -> bytes:
    return b"".join(frame.payload for frame in client.frames if frame.kind == "stdout")


def test_an_unknown_version_is_answered_with_those_that_are_known(folder):
    client = Client(start(folder, "cat"), hello=False)
    answer = client.ask("hello", version=2, epoch=1)
    assert (answer["ok"], answer["error"], answer["versions"]) == (False, "version", [1])
    assert client.ask("hello", version=1, epoch=1)["ok"]
    client.close()


def test_nothing_goes_before_the_greeting(folder):
    client = Client(start(folder, "cat"), hello=False)
    assert client.ask("sig", signal=9)["error"] == "hello"
    assert client.ask("tail", **{"from": 0}, credit=1)["error"] == "hello"
    client.close()


def test_an_observer_reads_and_does_nothing_else(folder):
    path = start(folder, "sh", "-c", "echo hi; cat")
    controller, observer = Client(path), Client(path, epoch=None)
    observer.tail()
    assert observer.ask("sig", signal=9)["error"] == "unknown"
    assert observer.write("a", 0, b"x")["error"] == "unknown"
    assert controller.write("a", 0, b"x")["ok"]
    assert controller.ask("eof", id="b", at=1)["ok"]
    observer.finish()
    assert output(observer) == b"hi\nx"
    controller.close()


def test_credit_bounds_what_is_sent(folder):
    path = start(folder, sys.executable, "-I", "-S", "-c", "input(); print('x' * 5_000_000)")
    client = Client(path)
    client.tail(credit=4096)
    client.write("a", 0, b"\n")
    while not output(client):
        client.hear()
    client.socket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        client.hear()
    assert len(output(client)) <= 1 << 20
    client.close()


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\n",
        b"[]\n",
        b'{"op": "hello", "version": 1, "epoch": "x"}\n',
        b"x" * 300_000,
        b'{"op": "write", "len": -1}\n',
        b'{"op": "write", "len": 99999999}\n',
        b'{"op": "hello", "version": 1, "epoch": 1}\n{"op": "sig", "signal": 4711}\n{"op": "limits"}\n',
        b'{"op": "hello", "version": 1, "epoch": 1}\n{"op": "tail", "from": -5, "credit": {}, "n": 1}\n',
    ],
)
def test_no_client_harms_the_runner(folder, data):
    path = start(folder, "cat")
    client = Client(path, hello=False)
    with contextlib.suppress(ConnectionError):
        client.socket.sendall(data)
        client.socket.shutdown(socket.SHUT_WR)
    with contextlib.suppress(ConnectionError):
        while client.socket.recv(65536):
            pass
    client.close()
    good = Client(path)
    assert good.write("a", 0, b"still here")["ok"]
    good.tail()
    good.ask("eof", id="b", at=10)
    good.finish()
    assert output(good) == b"still here"


def test_a_flood_of_requests_whose_answers_nobody_reads(folder):
    path = start(folder, "cat")
    flood = Client(path, epoch=None)
    flood.socket.setblocking(False)
    sent, until = 0, time.monotonic() + 1
    while time.monotonic() < until and sent < 50_000_000:
        try:
            sent += flood.socket.send(b'{"op": "more", "credit": 0}\n' * 1000)
        except BlockingIOError:
            break
    other = Client(path)
    assert other.write("a", 0, b"x")["ok"]
    other.close()
    flood.close()


def test_a_slow_reader_holds_nobody_back(folder):
    path = start(folder, sys.executable, "-I", "-S", "-c", "print('x' * 3_000_000); input()")
    slow, quick = Client(path, epoch=None), Client(path)
    slow.send("tail", **{"from": 0}, credit=1 << 40)
    quick.tail()
    while len(output(quick)) < 3_000_001:
        quick.hear()
    quick.write("a", 0, b"\n")
    quick.finish()
    slow.finish()
    assert slow.frames == quick.frames


def test_descriptors_are_kept_and_copies_handed_out(folder):
    path = start(folder, "cat")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    first = Client(path)
    assert first.ask("put-fd", name="port", fds=[listener.fileno()])["ok"]
    listener.close()
    first.close()
    for _ in range(2):
        other = Client(path, epoch=None)
        copy = socket.socket(fileno=other.take_fd("port"))
        with socket.create_connection(("127.0.0.1", port)):
            copy.accept()[0].close()
        copy.close()
        assert other.ask("get-fd", name="unknown")["error"] == "request"
        assert other.ask("put-fd", name="mine", fds=[0])["error"] == "unknown"
        other.close()


def test_trimming_keeps_what_is_not_delivered_and_refuses_what_is_gone(folder):
    path = start(folder, "sh", "-c", "seq 1 800000; cat >/dev/null")
    client = Client(path)
    client.tail()
    while not output(client).endswith(b"\n800000\n"):
        client.hear()
    end = client.frames[-1].end
    assert end > 5_000_000
    start_now = client.ask("trim", upto=end)["start"]
    assert 0 < start_now <= end
    assert len([one for one in (folder / "spool").iterdir() if one.name.isdigit()]) == 1
    assert client.ask("tail", **{"from": 0}, credit=1)["error"] == "trimmed"
    assert client.tail(start_now)["ok"]
    client.ask("eof", id="e", at=0)
    assert client.finish()[0].offset == start_now


def test_a_folder_that_holds_a_run_is_refused(folder):
    start(folder, "cat")
    with pytest.raises(Refused, match="has a runner already"):
        start(folder, "cat")


def test_the_runner_outlives_its_starter_and_has_no_name_of_the_run(folder):
    path = start(folder, "sh", "-c", "sleep 100; echo secret-word")
    pid = 0

    def is_there() -> bool:
        nonlocal pid
        with contextlib.closing(Client(path)) as client:
            pid = client.about["pid"]
        return pid > 0 and b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes()

    until(is_there, "its process")
    assert os.getsid(pid) == pid

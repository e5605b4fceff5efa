"""A burst leaves nothing behind in a long-lived process."""

import subprocess
import sys

import pytest

from tests.e2e.instance import SOURCE

BURST = """
import resource, sys, threading
from ropewalk.hosts.memory import give_back
if sys.argv[1] == "on":
    give_back()
def rss():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
kept = []
def burst():
    held = []
    for one in range(1000):
        held.append(bytearray(b"x" * 50_000))
        kept.append(bytearray(b"y" * 1_000))
before = rss()
threads = [threading.Thread(target=burst) for _ in range(2)]
for one in threads:
    one.start()
for one in threads:
    one.join()
print((rss() - before) // 1_000_000)
"""


def megabytes(switch: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", BURST, switch],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="NOT RUN: glibc is Linux' own")
def test_a_burst_is_given_back() -> None:
    """100 MB go between 2 MB that stay."""
    assert megabytes("on") < 10
    assert megabytes("off") > 50, "this C library needs no switch any more"

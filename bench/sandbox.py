"""What a box costs: how much later `true` ends in one, fifty at once, their memory, and how soon all are dead.

The time of one is from a runner that is ready until the end of its command, over the same with a plain process; what
the runner itself takes is told apart. Each box stands on layers of its own. Everything is measured a second time as
a user without privileges.
"""

import argparse
import gc
import json
import os
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.nobody import PREPARED, nobody
from bench.processes import marked
from bench.table import Row, report
from ropewalk.core.box import Box
from ropewalk.core.codec import dump
from ropewalk.core.records import Limits
from ropewalk.hosts.launch import Launcher, rungs
from ropewalk.ports import RunSpec
from ropewalk.runner import containment, enter, locking, mounts, start
from ropewalk.runner.child import Streams

MANY = 50
AT_ONCE = 4
"""As many as a host daemon starts at a time."""
TRUE = "/bin/true"
LIMIT_S = 20.0
Figures = dict[str, float | int]


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the layers and the runs are."""

    top: Path

    def mount(self, name: str) -> dict[str, Any]:
        """The plan of a new workspace's mount."""
        own = self.top / name
        for one in ("upper", "work"):
            (own / one).mkdir(parents=True)
        (self.top / "at").mkdir(exist_ok=True)
        (self.top / "lower").mkdir(exist_ok=True)
        paths = {one: str(own / one) for one in ("upper", "work", "lock")}
        return {"at": str(self.top / "at"), "lower": [str(self.top / "lower")], **paths}

    def spec(self, name: str, *argv: str, boxed: bool) -> RunSpec:
        """A run in it."""
        return RunSpec(
            id=name,
            epoch=1,
            argv=argv,
            cwd=str(self.top / "at"),
            environment={"PATH": "/usr/bin:/bin"},
            limits=Limits(),
            stdin=False,
            workspace=name,
            box=Box(rung="full", home=str(Path.home()), gateway=3128) if boxed else None,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer times")
    parser.add_argument("--rootless", action="store_true", help="be the other user's part")
    words = parser.parse_args()
    count = 15 if words.quick else 60
    if reason := rungs()["full"]:
        sys.exit(f"SKIPPED sandbox: {reason}")
    if words.rootless:
        print(PREPARED, flush=True)
        sys.stdin.readline()
        print(json.dumps(measure(count)))
        return
    with nobody("bench.sandbox", "--rootless", *(["--quick"] if words.quick else [])) as other:
        other.prepared()
        own = measure(count)
        beside = other.figures()
    figures = own | {f"rootless_{name}": one for name, one in beside.items()}
    report(f"bench.sandbox (medians of {count})", rows(own, beside), figures)


def measure(count: int) -> Figures:
    """All figures of this user."""
    top = Path(tempfile.mkdtemp(prefix="ropewalk-bench-", dir="/var/tmp"))
    try:
        ground = Ground(top)
        locking.warm()
        plain = median(_timed(_plain) for _ in range(count))
        alone = median(_one(ground, f"a{one}", boxed=False) for one in range(count))
        boxed = median(_one(ground, f"b{one}", boxed=True) for one in range(count))
        crowd = _crowd(ground)
        return {"overhead_ms": boxed - plain, "plain_ms": plain, "unboxed_ms": alone} | crowd
    finally:
        shutil.rmtree(top, ignore_errors=True)


def _timed(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def _plain() -> None:
    child = os.fork()
    if child == 0:
        os.execv(TRUE, [TRUE])  # noqa: S606
    os.waitpid(child, 0)


def _one(ground: Ground, name: str, *, boxed: bool) -> float:
    """Milliseconds of one run, in a process that is a runner which is ready."""
    spec = dump(ground.spec(name, TRUE, boxed=boxed))
    mount = ground.mount(name)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            gc.freeze()
            took = _timed(lambda: _run(spec, mount))
            os.write(writer, struct.pack("d", took))
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        data = said.read()
    os.waitpid(child, 0)
    return struct.unpack("d", data)[0]


def _run(spec: dict[str, Any], mount: dict[str, Any]) -> None:
    """What a runner does between its own start and its command's end, but for the spool."""
    box = locking.Order(spec, mount, "")
    kept = enter.enter(mount, {}, box.owner)
    held = containment.enter(privileged=mounts.USER in kept)
    streams = Streams(stdin=False, pty=False)
    init, control = start._fork_init(spec, streams, held, "", box)  # noqa: SLF001
    box.built(control)
    os.waitpid(init, 0)


def _crowd(ground: Ground) -> Figures:
    """Many at once: how soon they are there, what they weigh, and how soon they are gone."""
    mark = f"{os.getpid()}.5"
    launcher = Launcher()
    try:
        launcher.launch(
            ground.spec("first", TRUE, boxed=True), ground.top / "first-run", ground.mount("first")
        )
        plans = [(f"c{one}", ground.mount(f"c{one}")) for one in range(MANY)]
        before = _free_mb()

        def launch(plan: tuple[str, dict[str, Any]]) -> None:
            spec = ground.spec(plan[0], "sleep", mark, boxed=True)
            launcher.launch(spec, ground.top / f"run-{plan[0]}", plan[1])

        began = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(launch, plans))
        took = time.perf_counter() - began
        _until(lambda: len(_sleeping(mark)) == MANY)
        while_there = _free_mb()
        killed, left = _killed(ground, mark)
        weight = (max(before, _free_mb()) - while_there) / MANY
    finally:
        launcher.close()
    return {f"start{MANY}_s": took, "mb_each": weight, f"kill{MANY}_s": killed, "survivors": left}


def _killed(ground: Ground, mark: str) -> tuple[float, int]:
    """Kill every runner; seconds until nothing of theirs lives, and how much does then."""
    pids = [json.loads(one.read_text())["pid"] for one in ground.top.glob("run-*/run.json")]
    began = time.perf_counter()
    for one in pids:
        os.kill(one, signal.SIGKILL)
    _until(lambda: not _sleeping(mark), limit_s=2.0)
    return time.perf_counter() - began, len(_sleeping(mark))


def _sleeping(mark: str) -> list[int]:
    return marked(f"sleep\0{mark}")


def _until(true: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
    until = time.monotonic() + limit_s
    while not true() and time.monotonic() < until:
        time.sleep(0.002)


def _free_mb() -> float:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("/proc tells no free memory")


def rows(own: Figures, other: Figures) -> list[Row]:
    """For a person: what, this user's figure, the other user's."""

    def row(words: str, name: str, unit: str, digits: int = 1) -> Row:
        beside = f"{other[name]:.{digits}f} {unit}".strip() if other else ""
        return (words, f"{own[name]:.{digits}f} {unit}".strip(), beside)

    return [
        ("", "yours", "without privileges" if other else ""),
        row("true, longer in a box", "overhead_ms", "ms"),
        row("  plain", "plain_ms", "ms"),
        row("  on layers, without a box", "unboxed_ms", "ms"),
        row(f"{MANY} started, runners and all", f"start{MANY}_s", "s", 2),
        row("memory each, runners and all", "mb_each", "MB"),
        row("all killed", f"kill{MANY}_s", "s", 2),
        row("  alive then", "survivors", "", 0),
    ]


if __name__ == "__main__":
    main()

"""What the tests of hosts and runs share: a real daemon, real runners, agents in `sh` or Python."""

import asyncio
import contextlib
import itertools
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from ropewalk.core.errors import NotFound, Outside, RopewalkError
from ropewalk.core.records import Exit, Limits
from ropewalk.hosts.line import HostLine
from ropewalk.hosts.local import LocalHost
from ropewalk.ports import Run, RunSpec
from ropewalk.wire.frames import Frame, decode_exit

PATIENCE_S = 40.0


class Scene:
    """A home of its own. `end` kills what still runs."""

    def __init__(self, home: Path, *, posix: bool = False, idle_s: float = 600.0) -> None:
        self.home = home
        prefix = ["env", "ROPEWALK_POSIX_ONLY=1"] if posix else []
        self.command = [*prefix, sys.executable, "-m", "tests.hosts.daemon", str(home), str(idle_s)]
        self.host = self.connect()
        self.posix = posix
        self._count = 0

    def connect(self, **more: str) -> LocalHost:
        """Another hub on the same home."""
        return LocalHost(self.home, command=self.command, **more)

    async def start(self, *argv: str, id: str = "", epoch: int = 1, **more) -> Run:
        self._count += 1
        environment = {"PATH": os.environ["PATH"], **more.pop("environment", {})}
        limits = more.pop("limits", Limits())
        spec = RunSpec(
            id=id or f"run-{self._count}", epoch=epoch, argv=argv, environment=environment,
            limits=limits, **{"cwd": "/tmp", **more},
        )  # fmt: skip
        return await self.host.start(spec)

    async def sh(self, script: str, **more) -> Run:
        return await self.start("sh", "-c", script, **more)

    async def python(self, script: str, **more) -> Run:
        return await self.start(sys.executable, "-I", "-S", "-c", script, **more)

    async def frames(self, run: Run) -> list[Frame]:
        """All frames to the run's end, dialling again whenever the line breaks."""
        frames: list[Frame] = []
        async with asyncio.timeout(PATIENCE_S * 2):
            while True:
                try:
                    _, line = await self.host.dial(run.id, run.epoch)
                    async with contextlib.aclosing(Closing(line)):
                        while got := await line.frames(frames[-1].end if frames else 0):
                            frames += got
                        return frames
                except Outside:
                    await asyncio.sleep(0.01)

    async def finish(self, run: Run) -> tuple[bytes, bytes, Exit]:
        """Standard output, error output and end of a run."""
        frames = await self.frames(run)
        assert frames[-1].kind == "exit"
        return (
            stream(frames, "stdout"),
            stream(frames, "stderr"),
            decode_exit(frames[-1].payload)[0],
        )

    async def daemon_pid(self) -> int:
        return (await self.host.about())["pid"]

    async def runner_pid(self, run: Run) -> int:
        import json

        return json.loads((self.home / "host/runs" / run.id / "run.json").read_text())["pid"]

    async def end(self) -> None:
        with contextlib.suppress(RopewalkError):
            for run in await self.host.list():
                if run.state == "alive":
                    with contextlib.suppress(ProcessLookupError, NotFound):
                        os.kill(await self.runner_pid(run), signal.SIGKILL)
            await self.host.stop()
        await self.host.close()


class Closing:
    """Lets go of a line at the end of a block."""

    def __init__(self, line: HostLine) -> None:
        self.aclose = line.close


def stream(frames: list[Frame], kind: str) -> bytes:
    """The bytes of one stream; their positions must have no holes but gaps."""
    return b"".join(frame.payload for frame in frames if frame.kind == kind)


def check_sequence(frames: list[Frame]) -> None:
    """Every frame follows the one before, in the spool and in its stream."""
    positions: dict[str, int] = {}
    for before, after in itertools.pairwise(frames):
        assert before.end == after.offset
    for frame in frames:
        if frame.kind in ("stdout", "stderr"):
            assert frame.position == positions.get(frame.kind, 0)
            positions[frame.kind] = frame.position + len(frame.payload)


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], what: str = ""
) -> None:
    """Wait for something to become true."""
    give_up = time.monotonic() + PATIENCE_S
    while True:
        said = condition()
        if await said if inspect_awaitable(said) else said:
            return
        assert time.monotonic() < give_up, f"waited in vain {what}"
        await asyncio.sleep(0.02)


def inspect_awaitable(value: object) -> bool:
    return hasattr(value, "__await__")


def processes_with(mark: str) -> list[int]:
    """Living processes that have a mark in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z" and mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found

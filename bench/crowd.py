"""Workspaces of one project, made and entered as the hub has it done: by the host daemon and a runner.

What runs inside says where it is through a named pipe, a letter each: `r` running, `s` git status has ended,
`i` the import from the dependencies has begun.
"""

import asyncio
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench import files
from ropewalk.core.errors import Outside
from ropewalk.core.records import Limits
from ropewalk.git.stores import base_store, bring_in, hold_base, store
from ropewalk.hosts.folder import RunFolder
from ropewalk.hosts.local import LocalHost
from ropewalk.hosts.place import HostFolder
from ropewalk.ports import Order, RunSpec
from ropewalk.workspace.ladder import nobody_inside, workspaces

SETUP = "the dependencies"
LIMIT_S = 120.0
IMPORTING = (
    "import sys; sys.path.insert(0, 'deps'); sys.dont_write_bytecode = True; "
    "open(sys.argv[1], 'w').write('i'); import needed"
)
READY = 'printf r >"$1"; "$2" -I -S -c "$3" "$1" & git status --porcelain && printf s >"$1"; wait'
EDITING = """
cd src/part000/unit00 && for n in 0 1 2 3 4 5 6 7 8 9; do echo more >>$n.txt; done
for n in 10 11 12 13 14; do rm $n.txt; done
mkdir -p new/inner && for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do echo new >new/inner/$n.txt; done
printf r >"$1"; exec sleep 3600
"""
STAYING = 'printf r >"$1"; exec sleep 3600'


@dataclass(frozen=True, slots=True)
class Moments:
    """Milliseconds from the wish for a workspace; and what it then weighed on disk."""

    prepared: float
    running: float
    status: float
    importing: float
    disk_kb: float

    @property
    def ready(self) -> float:
        """Both are through."""
        return max(self.status, self.importing)


class Crowd:
    """The workspaces of one project on one host."""

    def __init__(self, home: Path, project: str) -> None:
        """`home` may be another crowd's, too."""
        self.home = home
        self.project = project
        self.commit = ""
        self.host = LocalHost(home)
        self.ours = workspaces(home, wanted="overlay", entering=nobody_inside)
        self.ids: list[str] = []
        self._count = 0

    # --- bases

    async def base(self, repository: Path, dependencies: int) -> float:
        """A base of the newest commit, with its set-up; the seconds from its commit being in the store."""
        commit = self.commit = files.head(repository)
        lender = base_store(self.home, self.project)
        bring_in(lender, str(repository), commit)
        hold_base(store(self.home, self.project), lender, commit, f"refs/ropewalk/tasks/{commit}")
        began = time.perf_counter()
        found = await self.host.begin(project=self.project, commit=commit, setup=SETUP)
        if not found.ready:
            root = str(Path(files.__file__).parents[1])
            argv = (sys.executable, "-m", "bench.files", "deps", str(dependencies))
            run = f"setup-{commit[:12]}"
            await self._start(run, found.key, found.path, argv, PYTHONPATH=root)
            await self.ended(run, why="the set-up")
            await self.host.finish(key=found.key)
        return time.perf_counter() - began

    # --- workspaces

    async def ready(self) -> tuple[str, Moments]:
        """One more workspace, until it is ready; its id, and when what had happened."""
        argv = ("sh", "-c", READY, "ready", "PIPE", sys.executable, IMPORTING)
        began = time.perf_counter()
        name, path = await self._prepare()
        prepared = time.perf_counter()
        heard = await self._listen(name, path, argv, 3)
        times = [(one - began) * 1000 for one in (prepared, *(heard[x] for x in "rsi"))]
        await self.ended(name)
        return name, Moments(*times, disk_kb=disk_kb(self.home / "host" / "workspaces" / name))

    async def stay(self, count: int, *, edited: bool = False) -> None:
        """So many more workspaces in which something goes on running, perhaps after 30 changes."""
        script = EDITING if edited else STAYING
        for _ in range(count):
            name, path = await self._prepare()
            await self._listen(name, path, ("sh", "-c", script, "stay", "PIPE"), 1)
            self.ids.append(name)

    async def remove(self, name: str) -> float:
        """Put a workspace into the trash; milliseconds until the person may go on."""
        began = time.perf_counter()
        await self.host.trash(id=name)
        took = (time.perf_counter() - began) * 1000
        await self.host.forget(name)
        return took

    async def leave(self) -> None:
        """End what stays, and its workspaces."""
        for name in self.ids:
            about = RunFolder(HostFolder(self.home).runs, name).about()
            with suppress(ProcessLookupError):
                os.kill(about["pid"], 9)
        for name in self.ids:
            await self.ended(name)
            await self.remove(name)
        self.ids.clear()

    # --- parts

    async def _prepare(self) -> tuple[str, str]:
        self._count += 1
        name = f"{self.project}-{self._count}"
        made = await self.host.prepare(
            Order(id=name, project=self.project, base=self.commit, branch=f"rw/{name}", setup=SETUP)
        )
        return name, made.path

    async def _listen(
        self, name: str, path: str, argv: tuple[str, ...], letters: int
    ) -> dict[str, float]:
        """Start a run, and note when each letter came."""
        pipe = self.home / f"{name}.pipe"
        os.mkfifo(pipe, 0o600)
        fd = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        heard: dict[str, float] = {}
        everything = asyncio.Event()

        def come() -> None:
            now = time.perf_counter()
            heard.update(dict.fromkeys(os.read(fd, 16).decode(), now))
            if len(heard) == letters:
                everything.set()

        loop = asyncio.get_running_loop()
        loop.add_reader(fd, come)
        try:
            words = tuple(str(pipe) if one == "PIPE" else one for one in argv)
            await self._start(name, name, path, words)
            async with asyncio.timeout(LIMIT_S):
                await everything.wait()
        finally:
            loop.remove_reader(fd)
            os.close(fd)
            pipe.unlink()
        return heard

    async def _start(
        self, run: str, workspace: str, path: str, argv: tuple[str, ...], **more: str
    ) -> None:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), **more}
        spec = RunSpec(
            id=run,
            epoch=1,
            argv=argv,
            cwd=path,
            environment=environment,
            limits=Limits(),
            stdin=False,
            workspace=workspace,
        )
        await self.host.start(spec)

    async def ended(self, run: str, why: str = "") -> None:
        """Wait until a run's runner has left. Outside: it was to succeed, and did not."""
        folder = RunFolder(HostFolder(self.home).runs, run)
        end = time.monotonic() + LIMIT_S
        while folder.alive() and time.monotonic() < end:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.005)
        over, _ = folder.exit()
        if why and (over is None or over.code != 0):
            raise Outside(f"{why} failed: {over}")


def disk_kb(folder: Path) -> float:
    """What a directory takes on disk."""
    blocks = folder.lstat().st_blocks
    for above, folders, names in os.walk(folder):
        for name in (*folders, *names):
            blocks += os.lstat(os.path.join(above, name)).st_blocks  # noqa: PTH118
    return blocks / 2

"""The hub's way to the host daemon of this machine: `Runs`, `Workspaces`, `Bases`, `Disk`."""

import asyncio
import base64
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ropewalk import __version__
from ropewalk.core.box import Box
from ropewalk.core.codec import dump, load
from ropewalk.core.errors import Outside
from ropewalk.core.versions import release
from ropewalk.hosts.launch import detach
from ropewalk.hosts.line import HostLine
from ropewalk.hosts.link import Link, open_link
from ropewalk.hosts.messages import close_writer, load_error, read_message, write_message
from ropewalk.hosts.place import HostFolder
from ropewalk.ports import (
    Base,
    BroughtBack,
    Cleared,
    Contents,
    Order,
    Place,
    Run,
    RunSpec,
    Snapshot,
    Stranger,
    Usage,
    Visit,
)

START_S = 20.0
PATIENCE_S = 5.0
PAUSES_S = (0.02, 0.1)
LINE_BUFFER = 256 * 1024
ALWAYS_SAID = ("id", "project", "base", "branch")
"""What a daemon of the release before knows of an order; the rest is said where it is wanted."""
Answer = dict[str, Any]


class LocalHost:
    """Starts the daemon when there is none, and connects again when it was killed or replaced.

    Every request may be repeated (all are idempotent), and is, once, when the connection broke.
    """

    def __init__(
        self, home: Path, *, command: Sequence[str] = (), version: str = __version__
    ) -> None:
        """`command` starts the daemon; `version` is the program's, which a running daemon should have."""
        self._place = HostFolder(home)
        self._command = command or (sys.executable, "-m", "ropewalk.wiring", "host", str(home))
        self._version = version
        self._link: Link | None = None
        self._about: Answer = {}
        self._connecting = asyncio.Lock()
        self._spawned = -PATIENCE_S

    # --- Runs

    async def start(self, spec: RunSpec) -> Run:
        """Start a run, or answer with the one that has this id already."""
        return load(Run, (await self._ask(op="start", spec=dump(spec)))["run"])

    async def dial(self, run: str, epoch: int) -> tuple[Run, HostLine]:
        """Attach with this epoch. Conflict: a later one has it. NotFound: there is no such run.

        A daemon that is just dying, or a runner that is just leaving, is asked again.
        """
        for pause in PAUSES_S:
            try:
                return await self._dial(run, epoch)
            except Outside:
                await asyncio.sleep(pause)
        return await self._dial(run, epoch)

    async def _dial(self, run: str, epoch: int) -> tuple[Run, HostLine]:
        await self._connected()
        try:
            reader, writer = await asyncio.open_unix_connection(
                self._place.socket(), limit=LINE_BUFFER
            )
        except OSError as error:
            raise Outside("the host daemon is gone") from error
        try:
            await write_message(writer, {"op": "relay", "run": run, "n": 0})
            answer = await read_message(reader)
        except BaseException as error:
            await close_writer(writer)
            if isinstance(error, OSError):
                raise Outside("the host daemon is gone") from error
            raise
        if answer is None or "error" in answer:
            await close_writer(writer)
            raise load_error(answer["error"]) if answer else Outside("the host daemon is gone")
        line = HostLine(run, reader, writer)
        try:
            return await line.hello(epoch), line
        except BaseException:
            await line.close()
            raise

    async def list(self) -> list[Run]:
        """All runs this host knows."""
        return [load(Run, one) for one in (await self._ask(op="list"))["runs"]]

    async def forget(self, run: str) -> None:
        """Delete the spool of a run that is over."""
        await self._ask(op="forget", run=run)

    async def free_memory_mb(self) -> int:
        """Memory that new processes could have now."""
        return (await self._ask(op="memory"))["free_mb"]

    async def visit(self, workspace: str, *, box: Box | None = None, path: str = "") -> Visit:
        """See `ports.Runs.visit`."""
        answer = await self._ask(op="visit", workspace=workspace, box=dump(box), path=path)
        return load(Visit, answer["visit"])

    # --- Workspaces

    async def prepare(self, order: Order) -> Place:
        """See `ports.Workspaces.prepare`."""
        said = {name: one for name, one in dump(order).items() if one or name in ALWAYS_SAID}
        return load(Place, await self._call("prepare", **said))

    async def snapshot(
        self, *, id: str, project: str, base: str, parent: str, ref: str, message: str
    ) -> Snapshot:
        """See `ports.Workspaces.snapshot`."""
        arguments = {"id": id, "project": project, "base": base, "parent": parent, "ref": ref}
        return load(Snapshot, await self._call("snapshot", **arguments, message=message))

    async def replace(self, *, id: str, project: str, commit: str, ref: str) -> None:
        """See `ports.Workspaces.replace`."""
        await self._call("replace", id=id, project=project, commit=commit, ref=ref)

    async def keep(self, *, id: str, name: str) -> bool:
        """See `ports.Workspaces.keep`."""
        return await self._call("keep", id=id, name=name)

    async def bring_back(self, *, id: str, name: str, saved: str) -> BroughtBack:
        """See `ports.Workspaces.bring_back`."""
        return await self._call("bring_back", id=id, name=name, saved=saved)

    async def trash(self, *, id: str, forever: bool = False) -> bool:
        """See `ports.Workspaces.trash`."""
        return await self._call("trash", id=id, forever=forever)

    async def restore(self, *, id: str) -> bool:
        """See `ports.Workspaces.restore`."""
        return await self._call("restore", id=id)

    async def read(self, *, id: str, path: str, limit: int) -> bytes | None:
        """See `ports.Workspaces.read`."""
        found = await self._call("read", id=id, path=path, limit=limit)
        return None if found is None else base64.b64decode(found)

    # --- Bases

    async def begin(self, *, project: str, commit: str, setup: str, brought: str = "") -> Base:
        """See `ports.Bases.begin`."""
        arguments = {"project": project, "commit": commit, "setup": setup, "brought": brought}
        return load(Base, await self._call("begin", **arguments))

    async def finish(self, *, key: str) -> None:
        """See `ports.Bases.finish`."""
        await self._call("finish", key=key)

    async def discard(self, *, key: str) -> None:
        """See `ports.Bases.discard`."""
        await self._call("discard", key=key)

    # --- Disk

    async def usage(self, *, measured: bool = True) -> Sequence[Usage]:
        """See `ports.Disk.usage`."""
        return [load(Usage, one) for one in await self._call("usage", measured=measured)]

    async def taken(self) -> int:
        """See `ports.Disk.taken`."""
        return await self._call("taken")

    async def examine(self, *, kind: str, id: str) -> Contents:
        """See `ports.Disk.examine`."""
        return load(Contents, await self._call("examine", kind=kind, id=id))

    async def strangers(self) -> Sequence[Stranger]:
        """See `ports.Disk.strangers`."""
        return [load(Stranger, one) for one in await self._call("strangers")]

    async def weigh(self, *, project: str, attempts: Sequence[str]) -> int:
        """See `ports.Disk.weigh`."""
        return await self._call("weigh", project=project, attempts=list(attempts))

    async def clear(self, *, kind: str, id: str, stamp: str) -> Cleared:
        """See `ports.Disk.clear`."""
        return load(Cleared, await self._call("clear", kind=kind, id=id, stamp=stamp))

    # --- the daemon

    async def about(self) -> Answer:
        """Of the daemon: `host` (its permanent id), `pid`, `program` (its version)."""
        await self._connected()
        return self._about

    async def close(self) -> None:
        """Let go of the daemon; it goes on while runs live."""
        if self._link:
            await self._link.close()
            self._link = None

    async def leave(self) -> None:
        """End the daemon if there is one, or will be one in a moment because we started it; runs go on."""
        if self._spawning() or not self._place.lock_is_free():
            await self.stop()

    async def stop(self) -> None:
        """End the daemon; runs go on."""
        await self._ask(op="stop")
        await self.close()

    async def _call(self, call: str, **arguments: Any) -> Any:
        return (await self._ask(op="workspace", call=call, arguments=arguments))["result"]

    async def _ask(self, **request: Any) -> Answer:
        link = await self._connected()
        try:
            return await link.ask(**request)
        except Outside:
            if not link.broken:
                raise
        return await (await self._connected()).ask(**request)

    async def _connected(self) -> Link:
        async with self._connecting:
            if self._link and not self._link.broken:
                return self._link
            await self.close()
            link, about = await self._open()
            if release(about["program"]) < release(self._version):
                await self._replace(link)
                link, about = await self._open()
            self._link, self._about = link, about
            return link

    async def _open(self) -> tuple[Link, Answer]:
        """A link to the daemon, which is started if there is none."""
        path = self._place.socket()
        try:
            async with asyncio.timeout(START_S):
                while True:
                    try:
                        link, about = await open_link(path)
                    except (OSError, Outside):
                        if not self._spawning() and self._place.lock_is_free():
                            await asyncio.to_thread(detach, self._command, self._place)
                            self._spawned = time.monotonic()
                    else:
                        self._spawned = -PATIENCE_S
                        return link, about
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise Outside(
                "the host daemon does not start", hint=f"See {self._place.log}."
            ) from None

    def _spawning(self) -> bool:
        """Whether one that we started may still be on its way to its lock."""
        return time.monotonic() - self._spawned < PATIENCE_S

    async def _replace(self, link: Link) -> None:
        """A newer program than the daemon's: it hands over, its runs live on."""
        await link.ask(op="stop")
        await link.close()
        self._spawned = -PATIENCE_S
        try:
            async with asyncio.timeout(START_S):
                while not self._place.lock_is_free():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise Outside(
                "the older host daemon does not end", hint=f"See {self._place.log}."
            ) from None

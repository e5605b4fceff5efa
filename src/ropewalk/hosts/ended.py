"""The runner's protocol for a run whose runner is gone, served from the spool on disk."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

from ropewalk.core.errors import Outside
from ropewalk.hosts.folder import RunFolder
from ropewalk.hosts.messages import read_message, write_message
from ropewalk.wire.frames import Frame, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = [1]


class Ended:
    """One client of a run that is over: reading works, everything else is `gone`."""

    def __init__(
        self, folder: RunFolder, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """`folder` is the run's; nothing is sent before a request has come."""
        self._folder = folder
        self._reader = reader
        self._writer = writer
        self._credit = 0
        self._tail: Any = None
        self._offset = 0
        self._pieces: Iterator[list[Frame]] | None = None

    async def serve(self) -> None:
        """Answer until the client hangs up. ConnectionError: it did so while we sent."""
        while request := await read_message(self._reader):
            if request.get("len"):
                await self._reader.readexactly(int(request["len"]))
            answer = _answer(self._folder, request)
            await write_message(self._writer, {**answer, "n": request.get("n")})
            if request.get("op") == "more":
                self._credit += int(request["credit"])
            if request.get("op") == "tail":
                self._tail, self._offset, self._credit = (
                    request["n"],
                    int(request["from"]),
                    int(request["credit"]),
                )
                self._pieces = self._folder.frames(self._offset)
            await self._pump()

    async def _pump(self) -> None:
        """Send frames while there is credit; an empty piece is the end."""
        try:
            while self._pieces and self._credit > 0:
                await self._send(next(self._pieces, []))
        except Outside as error:
            self._pieces = None
            said = {"ok": False, "error": "damaged", "message": error.message, "tail": self._tail}
            await write_message(self._writer, said)

    async def _send(self, frames: list[Frame]) -> None:
        data = b"".join(map(encode, frames))
        head = {"frames": len(data), "from": self._offset, "tail": self._tail}
        self._writer.write(json.dumps(head).encode() + b"\n" + data)
        await self._writer.drain()
        self._credit -= len(data)
        if frames:
            self._offset = frames[-1].end
        else:
            self._pieces = None


def _answer(folder: RunFolder, request: dict[str, Any]) -> dict[str, Any]:
    name = request.get("op")
    if name == "hello":
        return _hello(folder, request)
    if name in ("tail", "more"):
        return {"ok": True}
    return {"ok": False, "error": "gone", "message": "this run is over", "at": 0}


def _hello(folder: RunFolder, request: dict[str, Any]) -> dict[str, Any]:
    if request.get("version") not in VERSIONS:
        return {"ok": False, "error": "version", "versions": VERSIONS}
    about = folder.about()
    epoch = request.get("epoch")
    if epoch is not None and epoch < about["epoch"]:
        return {"ok": False, "error": "epoch", "epoch": about["epoch"]}
    found, end = folder.exit()
    segments = folder.segments()
    over = {"code": None, "signal": None, "cause": "lost", "error": ""}
    if found:
        over = {
            "code": found.code,
            "signal": found.signal,
            "cause": found.cause,
            "error": found.error,
        }
    return {
        "ok": True,
        "version": 1,
        "epoch": epoch,
        "start": segments[0] if segments else 0,
        "end": end,
        "closed": True,
        "containment": about["containment"],
        "exit": over,
    }

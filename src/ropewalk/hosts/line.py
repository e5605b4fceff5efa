"""The hub's end of one run, over a connection that speaks the runner's protocol."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Literal, cast

from ropewalk.core.codec import dump, load
from ropewalk.core.errors import Bug, Conflict, Outside, Refused
from ropewalk.core.records import Exit, Limits
from ropewalk.hosts.messages import close_writer
from ropewalk.ports import Run
from ropewalk.wire.frames import Corrupt, Decoder, Frame

VERSION = 1
CREDIT = 64 * 1024
"""Bytes of frames up to which a runner goes on sending ahead; the last piece may be as large as a segment."""

PATIENCE_S = 30.0
Answer = dict[str, Any]
Word = Literal["ok", "stale", "gone"]


class HostLine:
    """Implements `ports.Line`. One `frames` at a time; everything else may go on beside it."""

    def __init__(
        self, run: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Takes over a connection on which nothing was said yet. Call `hello` next."""
        self._run = run
        self._reader = reader
        self._writer = writer
        self._number = 0
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._frames: list[Frame] = []
        self._arrived = asyncio.Event()
        self._decoder = Decoder()
        self._tail = -1
        self._wanted = -1
        self._taken = 0
        self._over = False
        self._broken: str = ""
        self._listener = asyncio.create_task(self._listen())

    async def hello(self, epoch: int) -> Run:
        """Attach. Conflict: a later controller has the run. Refused: another protocol."""
        answer = await self._ask({"op": "hello", "version": VERSION, "epoch": epoch})
        if answer.get("error") == "epoch":
            raise Conflict(
                f"run {self._run} belongs to epoch {answer['epoch']} by now",
                hint="Look at it again.",
            )
        if not answer["ok"]:
            raise Refused(
                f"the runner of {self._run} speaks versions {answer.get('versions')}, not {VERSION}",
                hint="Update ropewalk.",
            )
        over = answer["exit"]
        ended = load(Exit, over) if over else None
        state = "alive" if ended is None else "lost" if ended.cause == "lost" else "ended"
        pid = answer.get("pid") or None
        return Run(
            id=self._run,
            epoch=epoch,
            state=state,
            pid=pid,
            containment=answer["containment"],
            exit=ended,
        )

    async def frames(self, after: int) -> Sequence[Frame]:
        """The next frames from a position on; empty: no more ever. Outside: dial again."""
        if after != self._wanted:
            await self._attach(after)
        self._renew()
        while not self._frames and not self._over:
            if self._broken:
                raise Outside(self._broken)
            self._arrived.clear()
            await self._arrived.wait()
        frames, self._frames = self._frames, []
        if frames:
            self._wanted = frames[-1].end
            self._over = self._over or frames[-1].kind == "exit"
            self._taken += frames[-1].end - frames[0].offset
        return frames

    async def write(self, *, id: str, at: int, data: bytes) -> Word:
        """Append input under an id; `ok` when it is on the run's disk. At most 1 MiB."""
        return self._word(
            await self._ask({"op": "write", "id": id, "at": at, "len": len(data)}, data)
        )

    async def close_input(self, *, id: str, at: int) -> Word:
        """Close the standard input after what was written."""
        return self._word(await self._ask({"op": "eof", "id": id, "at": at}))

    async def signal(self, number: int, *, tree: bool = True) -> None:
        """Signal the run's main process, or all of its tree. No effect when it is over."""
        self._check(await self._ask({"op": "sig", "signal": number, "tree": tree}))

    async def limits(self, limits: Limits) -> None:
        """Replace the hard limits; the deadline counts from now."""
        self._check(await self._ask({"op": "limits", **dump(limits)}))

    async def resize(self, rows: int, columns: int) -> None:
        """Tell the size of the run's terminal."""
        self._check(await self._ask({"op": "resize", "rows": rows, "columns": columns}))

    async def trim(self, upto: int) -> None:
        """Let the runner forget whole segments below a position."""
        self._check(await self._ask({"op": "trim", "upto": upto}))

    async def close(self) -> None:
        """Let go, at once even if nobody waits for the end of it; the run goes on."""
        self._break("this line was closed")
        self._writer.close()
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)
        await close_writer(self._writer)

    async def _attach(self, after: int) -> None:
        self._frames = []
        self._over = False
        self._wanted = after
        self._decoder = Decoder(after)
        self._taken = 0
        self._tail = self._number + 1
        answer = await self._ask({"op": "tail", "from": after, "credit": CREDIT})
        if answer.get("error") == "trimmed":
            raise Refused(f"run {self._run} has no frames from {after} on any more")
        self._check(answer)

    def _renew(self) -> None:
        """Whoever asks for the next frames is through with the last ones."""
        if self._taken >= CREDIT // 2 and not self._broken:
            taken, self._taken = self._taken, 0
            self._send({"op": "more", "credit": taken}, b"")

    def _send(self, message: Answer, body: bytes) -> int:
        self._number += 1
        self._writer.write(json.dumps({**message, "n": self._number}).encode() + b"\n" + body)
        return self._number

    async def _ask(self, message: Answer, body: bytes = b"") -> Answer:
        if self._broken:
            raise Outside(self._broken)
        number = self._send(message, body)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await answer
        except TimeoutError:
            raise Outside(f"the runner of {self._run} does not answer") from None
        finally:
            self._answers.pop(number, None)

    def _check(self, answer: Answer) -> None:
        if answer["ok"] or answer.get("error") == "gone":
            return
        kind = Outside if answer.get("error") in ("full", "damaged") else Bug
        raise kind(f"run {self._run}: {answer.get('message', answer.get('error'))}")

    def _word(self, answer: Answer) -> Word:
        if answer.get("error") in ("stale", "gone"):
            return cast("Word", answer["error"])
        self._check(answer)
        return "ok"

    async def _listen(self) -> None:
        try:
            while line := await self._reader.readline():
                await self._hear(json.loads(line))
            self._break(f"the connection to run {self._run} ended")
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            self._break(f"the connection to run {self._run} broke: {error}")

    async def _hear(self, message: Answer) -> None:
        if "frames" in message:
            data = await self._reader.readexactly(message["frames"])
            if message["tail"] == self._tail:
                self._take(data)
        elif message.get("tail") == self._tail:
            self._break(f"run {self._run}: {message.get('message', message.get('error'))}")
        elif (answer := self._answers.get(message.get("n", 0))) and not answer.done():
            answer.set_result(message)

    def _take(self, data: bytes) -> None:
        """Frames for `frames`; an empty piece says that there will be no more."""
        try:
            self._frames += self._decoder.feed(data)
        except Corrupt as error:
            self._break(f"run {self._run}: {error}")
        self._over = self._over or not data
        self._arrived.set()

    def _break(self, reason: str) -> None:
        self._broken = self._broken or reason
        self._arrived.set()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Outside(reason))

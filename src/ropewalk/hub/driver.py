"""The driver of one run: reads its frames, folds them into events, writes what was decided.

Exactly once: what a batch of frames led to, the dialect's state, the position in the spool and what is to
be written are one transaction, and only then is anything written. What was written is known from the
acknowledgements in the spool itself; after a crash the first unacknowledged write goes on where it stopped.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from ropewalk.core.errors import NotFound, Outside, RopewalkError
from ropewalk.core.events import Draft, Event, Noted, ProcessEnded, TurnEnded
from ropewalk.core.records import Exit, Limits
from ropewalk.core.state import Attempt
from ropewalk.hub.intake import Intake
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.outbox import Outbox
from ropewalk.ports import Cursor, Line, Runs
from ropewalk.wire.dialect import Dialect, Send, Step, Stream
from ropewalk.wire.frames import Frame, decode_exit, decode_gap, decode_input

PACE_S = 0.1
"""The shortest time between two small batches of one run: many short lines become one transaction."""

SMALL = 16 * 1024
"""Bytes up to which a batch is small."""

RETRY_S = 0.5
"""How long to wait before a run is dialled again."""

FAULT_S = 2.0
"""The same after a bug of ours."""

_log = logging.getLogger(__name__)


class Driver:
    """Drives one run of one attempt until its exit is recorded."""

    def __init__(
        self,
        ledger: Ledger,
        runs: Runs,
        attempt: Attempt,
        dialect: Dialect,
        cursor: Cursor,
        limits: Limits,
        intake: Intake,
    ) -> None:
        """`cursor` is the run's as stored; `dialect` its decoder, loaded; `limits` hold while it works."""
        self._limits = limits
        self._intake = intake
        self._timed: bool | None = None
        self._ledger = ledger
        self._runs = runs
        self._attempt = attempt.id
        self._epoch = attempt.epoch
        self.run = cursor.run
        self._dialect = dialect
        self._dumped = (dialect, cursor.decoder)
        self._offset = cursor.offset
        self._outbox = Outbox.load(cursor.outbox)
        self._faulted = False
        self._owed = 0
        self._line: Line | None = None
        self._changed = asyncio.Event()
        self.ended = False

    # --- decisions that reach the agent --------------------------------------------------------

    async def tell(
        self, say: Callable[[Dialect], Step], drafts: Callable[[Step], Sequence[Draft]]
    ) -> None:
        """Let the dialect say something, recorded in one transaction with the drafts it belongs to."""
        step = say(self._dialect)
        await self._record(step, drafts(step), self._offset)

    async def begin(self, opened: Step, prompted: Step, drafts: Sequence[Draft]) -> None:
        """The first transaction of a run: what starts it and what it is told first."""
        self._timed = True
        self._outbox.add(opened.sends)
        await self._record(prompted, drafts, self._offset)

    async def signal(self, number: int) -> None:
        """Signal the run's tree, as soon as it can be reached."""
        self._owed = number
        await self._send_signal()

    async def _send_signal(self) -> None:
        number = self._owed
        if self._line is None or not number:
            return
        with suppress(Outside):
            await self._line.signal(number)
            if self._owed == number:
                self._owed = 0

    # --- following -----------------------------------------------------------------------------

    async def follow(self) -> None:
        """Follow the run to its end, through every break of the line."""
        while not self.ended:
            try:
                await self._follow_line()
            except* Outside:
                await asyncio.sleep(RETRY_S)
            except* NotFound:
                await self._end(Exit(code=None, cause="lost"))
            except* Exception as faults:
                _log.error("Following %s failed.", self.run, exc_info=faults)
                await self._fault(faults)
            finally:
                await self._let_go()

    async def _follow_line(self) -> None:
        run, self._line = await self._runs.dial(self.run, self._epoch)
        await self._keep_time()
        await self._send_signal()
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(self._write())
            await self._read(self._line)
            writing.cancel()
        if run.state == "lost" and not self.ended:
            await self._end(Exit(code=None, cause="lost"))

    async def _fault(self, faults: BaseExceptionGroup) -> None:
        """A bug of ours must not leave a person waiting without a word; it is tried again all the same."""
        if not self._faulted:
            self._faulted = True
            text = f"reading its output met a bug of Ropewalk: {faults.exceptions[0]!r}"
            attempt = self._ledger.world.attempts[self._attempt]
            await self._ledger.tell(attempt, Noted(text=text))
        await asyncio.sleep(FAULT_S)

    async def _let_go(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with suppress(RopewalkError, OSError):
                await line.close()

    async def _read(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        while not self.ended:
            began = loop.time()
            size = await self._batch(line)
            if not size:
                return
            rest = PACE_S - (loop.time() - began)
            if rest > 0 and size <= SMALL and not self.ended and not self._outbox.waiting:
                await asyncio.sleep(rest)

    async def _batch(self, line: Line) -> int:
        """Take in the next frames; how many bytes they were. What is waited for later holds none of them."""
        frames = await line.frames(self._offset)
        size = frames[-1].end - frames[0].offset if frames else 0
        if frames:
            async with self._intake.room(size):
                await self._receive(frames)
        return size

    async def _receive(self, frames: Sequence[Frame]) -> None:
        step = Step(dialect=self._dialect)
        drafts: list[Draft] = []
        sends: list[Send] = []
        ended: Exit | None = None
        for joined in joined_frames(frames):
            if joined.kind == "exit":
                ended, _ = decode_exit(joined.payload)
                break
            step = self._take(joined, step.dialect)
            drafts += self._drafts(step.events, joined)
            sends += step.sends
        self._outbox.add(sends)
        offset = frames[-1].end
        if ended is not None:
            await self._end(ended, step.dialect, drafts, offset)
        else:
            await self._record(Step(dialect=step.dialect), drafts, offset)

    def _take(self, frame: Frame, dialect: Dialect) -> Step:
        if frame.kind in ("stdin", "closed"):
            key, data = decode_input(frame.payload)
            self._outbox.acknowledge(key, frame.position + len(data))
        elif frame.kind == "gap":
            return _gaps(frame, dialect)
        elif frame.kind in ("stdout", "stderr"):
            stream: Stream = "stdout" if frame.kind == "stdout" else "stderr"
            return dialect.receive(stream, frame.payload, at=frame.position)
        return Step(dialect=dialect)

    async def _end(
        self,
        ended: Exit,
        dialect: Dialect | None = None,
        drafts: Sequence[Draft] = (),
        offset: int | None = None,
    ) -> None:
        step = (dialect or self._dialect).closed(ended)
        events: list[Event] = list(step.events)
        attempt = self._ledger.world.attempts.get(self._attempt)
        said = any(isinstance(one, TurnEnded) for one in (*events, *(d.event for d in drafts)))
        if attempt and attempt.state in ("preparing", "working") and not said:
            events.append(TurnEnded(turn=attempt.turn, outcome="failed", reason="it ended"))
        events.append(ProcessEnded(run=self.run, exit=ended))
        at = self._offset if offset is None else offset
        self._outbox.clear()
        self.ended = True
        closing = [self._draft(one, at, place) for place, one in enumerate(events)]
        await self._record(replace(step, sends=()), [*drafts, *closing], at)
        self._changed.set()

    # --- one transaction -----------------------------------------------------------------------

    async def _record(self, step: Step, drafts: Sequence[Draft], offset: int) -> None:
        self._dialect = step.dialect
        self._offset = offset
        self._outbox.add(step.sends)
        held = self._outbox.put_down()
        _, durable = self._ledger.put(drafts, cursor=self.cursor())
        durable.add_done_callback(lambda _: self._release(held))
        await asyncio.shield(durable)
        await self._keep_time()

    async def _keep_time(self) -> None:
        """The turn's time runs while the agent works, not while a person is asked or it waits to be told.

        A hub that comes back and finds it at work grants the whole time again: how much was left is not known.
        """
        attempt = self._ledger.world.attempts.get(self._attempt)
        if attempt is None or self._line is None or self.ended:
            return
        timed = attempt.state == "working" and not attempt.questions
        if timed == self._timed:
            return
        with suppress(Outside):
            limits = self._limits if timed else replace(self._limits, deadline_s=0.0)
            await self._line.limits(limits)
            self._timed = timed

    def _release(self, count: int) -> None:
        """What was decided is durable: it may be written now, whoever still waits for it."""
        self._outbox.release(count)
        self._changed.set()

    def cursor(self) -> Cursor:
        """Where this driver stands, to be stored."""
        if self._dumped[0] is not self._dialect:
            self._dumped = (self._dialect, self._dialect.dump())
        return Cursor(
            run=self.run,
            offset=self._offset,
            decoder=self._dumped[1],
            version=self._dialect.version,
            outbox=self._outbox.dump(),
        )

    def _drafts(self, events: Sequence[Event], frame: Frame) -> Iterator[Draft]:
        for place, event in enumerate(events):
            yield self._draft(event, frame.offset, place, frame.time)

    def _draft(self, event: Event, at: int, part: int, observed: float = 0.0) -> Draft:
        attempt = self._ledger.world.attempts[self._attempt]
        return Draft(
            event=event,
            project=attempt.project,
            task=attempt.task,
            attempt=attempt.id,
            epoch=self._epoch,
            source=self.run,
            source_seq=at,
            part=part,
            actor=f"agent:{attempt.agent.name}",
            observed=observed or self._ledger.clock.now(),
        )

    # --- writing -------------------------------------------------------------------------------

    async def _write(self) -> None:
        """Write the first of the outbox, again and again; what the runner finds stale waits for news."""
        while self._line is not None:
            at, head = self._outbox.spooled, self._outbox.head
            if head is not None:
                if head.close:
                    answer = await self._line.close_input(id=head.id, at=at)
                else:
                    answer = await self._line.write(id=head.id, at=at, data=head.data)
                if answer == "ok":
                    self._outbox.acknowledge(head.id, at + len(head.data))
                    continue
                if answer == "gone":
                    return
            await self._changed.wait()
            self._changed.clear()


def _gaps(frame: Frame, dialect: Dialect) -> Step:
    events: list[Event] = []
    for stream, size in decode_gap(frame.payload).items():
        if size:
            step = dialect.gap(stream, size)
            dialect = step.dialect
            events += step.events
    return Step(dialect=dialect, events=tuple(events))


def joined_frames(frames: Sequence[Frame]) -> Iterator[Frame]:
    """The frames, with output that follows on itself in one stream joined into one frame."""
    held: Frame | None = None
    for frame in frames:
        follows = (
            held is not None
            and frame.kind == held.kind
            and frame.kind in ("stdout", "stderr")
            and frame.position == held.position + len(held.payload)
        )
        if held is not None and follows:
            held = replace(held, payload=held.payload + frame.payload)
            continue
        if held is not None:
            yield held
        held = frame
    if held is not None:
        yield held

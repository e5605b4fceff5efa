"""A tiny hub for tests: one dialect and one real process over real pipes."""

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from ropewalk.core.events import Event
from ropewalk.core.records import Exit
from ropewalk.testing import scripted_agent
from ropewalk.wire.dialect import Dialect, Send, Step, Stream

SCRIPTED = (sys.executable, str(scripted_agent.__file__))
E = TypeVar("E", bound=Event)


class Pump:
    """Feeds a process's output to a dialect and writes what the dialect wants written."""

    def __init__(
        self, dialect: Dialect, argv: Iterable[str], cwd: Path, **environment: str
    ) -> None:
        self.dialect = dialect
        self.events: list[Event] = []
        self.sends: list[Send] = []
        self.heard: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env={**os.environ, **environment},
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ, "stdout")
        self.selector.register(self.process.stderr, selectors.EVENT_READ, "stderr")

    def take(self, step: Step) -> None:
        self.dialect = step.dialect
        self.events += step.events
        self.sends += step.sends
        for send in step.sends:
            self.process.stdin.write(send.data)
            self.process.stdin.flush()
            if send.close:
                self.process.stdin.close()

    def until(self, done: Callable[[], object], limit_s: float = 20) -> None:
        end = time.monotonic() + limit_s
        while not done():
            assert time.monotonic() < end, f"not in time; so far: {self.events}"
            for key, _ in self.selector.select(0.1):
                self.read(key.fileobj, key.data)
            if not self.selector.get_map():
                self.gone()
                assert done(), self.events

    def read(self, pipe: object, stream: Stream) -> None:
        data = os.read(pipe.fileno(), 65536)
        if not data:
            self.selector.unregister(pipe)
            return
        at = len(self.heard[stream])
        self.heard[stream] += data
        self.take(self.dialect.receive(stream, data, at=at))

    def gone(self) -> None:
        code = self.process.wait(10)
        end = Exit(code=code) if code >= 0 else Exit(code=None, signal=-code)
        self.take(self.dialect.closed(end))

    def of(self, kind: type[E]) -> list[E]:
        return [one for one in self.events if isinstance(one, kind)]

    def has(self, kind: type[Event], count: int = 1) -> Callable[[], bool]:
        return lambda: len(self.of(kind)) >= count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait(10)
        self.selector.close()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass

"""The fold of a run's spool: what its bytes say from the first on, with no help from the store's cursor."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ropewalk.core.codec import dump_event
from ropewalk.core.events import Event
from ropewalk.core.records import Exit
from ropewalk.hosts.folder import RunFolder
from ropewalk.wire import acp
from ropewalk.wire.dialect import Dialect, Step
from ropewalk.wire.frames import Frame, decode_exit, decode_gap, decode_input


@dataclass
class Replay:
    """What a spool says: the agent's events, and the ids of all inputs in order."""

    run: str
    events: list[Event] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    exit: Exit | None = None


def replay(runs: Path, run: str, turns: Sequence[int], answers: Mapping[str, str]) -> Replay:
    """Decode a run of an ACP agent.

    `turns` are those that the hub began in it, in order, and `answers` those it gave (question to
    option): what it decided counts also where the run died before it could hear of it.
    """
    frames = [one for some in RunFolder(runs, run).frames(0) for one in some]
    return _Player(Replay(run), frames, list(turns), dict(answers)).play()


class _Player:
    """Says to a fresh dialect what the hub said, at the place where the spool shows that it was said."""

    def __init__(
        self, found: Replay, frames: list[Frame], turns: list[int], answers: dict[str, str]
    ) -> None:
        self.found = found
        self.frames = frames
        self.turns = turns
        self.answers = answers
        self.dialect: Dialect = acp.load()

    def play(self) -> Replay:
        self.take(self.dialect.open(cwd="/", session=self.session()))
        self.prompt()
        for frame in self.frames:
            self.see(frame)
        for question, option in self.answers.items():
            self.take(self.dialect.answer(question=question, option=option))
        while self.turns:
            self.prompt()
        self.take(self.dialect.closed(self.found.exit or Exit(code=None, cause="lost")))
        return self.found

    def session(self) -> str:
        """The session that was asked for, if one was loaded."""
        for frame in self.frames:
            for message in _messages(frame):
                if message.get("method") == "session/load":
                    return message["params"]["sessionId"]
        return ""

    def see(self, frame: Frame) -> None:
        if frame.kind == "exit":
            self.found.exit, _ = decode_exit(frame.payload)
        elif frame.kind == "stdout" or frame.kind == "stderr":
            self.take(self.dialect.receive(frame.kind, frame.payload, at=frame.position))
        elif frame.kind == "gap":
            for stream, size in decode_gap(frame.payload).items():
                self.take(self.dialect.gap(stream, size))
        elif frame.kind in ("stdin", "closed"):
            self.heard(frame)

    def heard(self, frame: Frame) -> None:
        """An input reached the run."""
        key, _ = decode_input(frame.payload)
        self.found.inputs.append(key)
        verb, _, what = key.partition(":")
        if verb == "prompt" and what == str(next(iter(self.turns), "")):
            self.prompt()
        elif verb == "answer":
            option = next(_messages(frame))["result"]["outcome"]["optionId"]
            assert self.answers.pop(what) == option
            self.take(self.dialect.answer(question=what, option=option))

    def prompt(self) -> None:
        if self.turns:
            self.take(self.dialect.prompt(turn=self.turns.pop(0), text="?"))

    def take(self, step: Step) -> None:
        self.dialect = step.dialect
        self.found.events += step.events


def _messages(frame: Frame) -> Iterator[dict]:
    if frame.kind == "stdin":
        for line in decode_input(frame.payload)[1].splitlines():
            yield json.loads(line)


def told(events: Sequence[Event]) -> list[tuple[str, Any]]:
    """The events as JSON, however their bytes were cut: adjoining texts are one, digests left out."""
    out: list[tuple[str, Any]] = []
    for one in events:
        tag, _, body = dump_event(one)
        body = _bare(body)
        if tag == "text.added" and out and out[-1][0] == tag:
            last = out[-1][1]
            if last["channel"] == body["channel"]:
                last["text"]["text"] += body["text"]["text"]
                last["text"]["size"] += body["text"]["size"]
                continue
        out.append((tag, body))
    return out


def _bare(body: Any) -> Any:
    if isinstance(body, dict):
        return {key: _bare(one) for key, one in body.items() if key != "digest"}
    return [_bare(one) for one in body] if isinstance(body, list) else body

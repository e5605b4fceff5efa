"""A run as its folder on disk tells it: who runs it, whether it lives, what its spool holds."""

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ropewalk.core.errors import NotFound, Outside, Refused
from ropewalk.core.records import Exit
from ropewalk.ports import Run
from ropewalk.runner.containment import kill_cgroup
from ropewalk.wire.frames import Corrupt, Decoder, Frame, decode_exit

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}")


class RunFolder:
    """`<home>/host/runs/<run>`: `lock`, `run.json`, `spool/`, `sock`, `runner.log`."""

    def __init__(self, runs: Path, run: str) -> None:
        """Refused: the id is no file name."""
        if not NAME.fullmatch(run):
            raise Refused(
                f"{run!r} cannot be the id of a run", hint="Use letters, digits, dot, dash."
            )
        self.run = run
        self.path = runs / run
        self.spool = self.path / "spool"

    def exists(self) -> bool:
        """Whether a runner began here."""
        return (self.path / "run.json").exists()

    def about(self) -> dict[str, Any]:
        """What the runner wrote about itself. NotFound: there is no such run."""
        try:
            return json.loads((self.path / "run.json").read_text())
        except FileNotFoundError:
            raise NotFound(f"this host knows no run {self.run}") from None
        except ValueError as error:
            raise Outside(f"the record of run {self.run} is damaged") from error

    def alive(self) -> bool:
        """Whether the runner holds its lock."""
        try:
            lock = os.open(self.path / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def state(self) -> Run:
        """The run as it stands. What a killed runner may have left in a cgroup is killed now."""
        about = self.about()
        known = {"id": self.run, "epoch": about["epoch"], "containment": about["containment"]}
        if self.alive():
            return Run(state="alive", **known)
        over, _ = self.exit()
        if over:
            return Run(state="ended", exit=over, **known)
        if about.get("cgroup"):
            with contextlib.suppress(OSError):
                kill_cgroup(about["cgroup"])
        return Run(state="lost", exit=Exit(code=None, cause="lost"), **known)

    def segments(self) -> list[int]:
        """The first offsets of the spool's segments, ascending."""
        try:
            return sorted(int(one.name) for one in self.spool.iterdir() if one.name.isdigit())
        except FileNotFoundError:
            return []

    def exit(self) -> tuple[Exit | None, int]:
        """The exit record (None: there is none), and the offset where the usable spool ends."""
        segments = self.segments()
        if not segments:
            return None, 0
        frames, end = self._read(segments[-1])
        last = frames[-1] if frames else None
        return (decode_exit(last.payload)[0] if last and last.kind == "exit" else None), end

    def frames(self, after: int) -> Iterator[list[Frame]]:
        """The frames from an offset on, a segment at a time, up to a torn end. Outside: damaged."""
        segments = self.segments()
        for first, following in zip(segments, [*segments[1:], None], strict=True):
            if following is not None and following <= after:
                continue
            frames, end = self._read(first)
            if following is not None and end != following:
                raise Outside(
                    f"the spool of run {self.run} is damaged at {end}", hint="See `doctor`."
                )
            if wanted := [frame for frame in frames if frame.offset >= after]:
                yield wanted

    def _read(self, first: int) -> tuple[list[Frame], int]:
        decoder = Decoder(first)
        frames: list[Frame] = []
        with (self.spool / f"{first:020d}").open("rb") as file, contextlib.suppress(Corrupt):
            while data := file.read(64 * 1024):
                frames += decoder.feed(data)
        return frames, decoder.offset

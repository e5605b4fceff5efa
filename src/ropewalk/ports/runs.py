"""Runs on a host, and the way to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ropewalk.core.box import Box
from ropewalk.core.records import Exit, Limits
from ropewalk.wire.frames import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """What a host needs to start a run. `id` is the key: a repeated start answers with the same run.

    `workspace` names the workspace, or the base that is being set up, in which it runs; the host mounts it.

    `environment` is complete (nothing is inherited) and travels over the socket and a pipe, never in
    argv or in a file that outlives the start. `stdin` False closes the standard input at once.

    `box` is what it is locked in; None: nothing. A host that cannot build it starts nothing and says why. `cwd` is
    then the workspace, unless it is a directory of the box anyhow.
    """

    id: str
    epoch: int
    argv: tuple[str, ...]
    cwd: str
    environment: dict[str, str]
    limits: Limits
    stdin: bool = True
    pty: bool = False
    workspace: str = ""
    box: Box | None = None
    hold: str = ""
    """A named pipe: instead of starting a command, the run lasts until the last who writes to it is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as its host sees it. `lost`: its runner died and left no exit record."""

    id: str
    epoch: int
    state: Literal["alive", "ended", "lost"]
    pid: int | None = None
    containment: Literal["pid-namespace", "cgroup", "process-group"] = "process-group"
    exit: Exit | None = None


class Line(Protocol):
    """The hub's end of one run: frames in, input out. Closing it never touches the run."""

    async def frames(self, after: int) -> Sequence[Frame]:
        """The next frames from spool position `after` on; waits for at least one; empty: no more ever."""
        ...

    async def write(self, *, id: str, at: int, data: bytes) -> Literal["ok", "stale", "gone"]:
        """Append input under an id. `at` is the number of input bytes spooled so far."""
        ...

    async def close_input(self, *, id: str, at: int) -> Literal["ok", "stale", "gone"]:
        """Close the standard input after what was written."""
        ...

    async def signal(self, number: int, *, tree: bool = True) -> None:
        """Signal the run's main process (and its tree)."""
        ...

    async def limits(self, limits: Limits) -> None:
        """Replace the hard limits; the deadline counts from now."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The way into a workspace for a program on the person's terminal, of this machine.

    `argv` goes before the program's own words (empty: the workspace needs no entering, its path is real).
    Whoever opens `pipe`, and writes a byte, keeps the workspace mounted until they close it.
    """

    argv: tuple[str, ...]
    pipe: str


class Runs(Protocol):
    """Starts runs and leads to them."""

    async def start(self, spec: RunSpec) -> Run:
        """Start a run, or answer with the one that has this id already."""
        ...

    async def dial(self, run: str, epoch: int) -> tuple[Run, Line]:
        """Attach to a run with this epoch; the previous controller is dropped. Works after its end too."""
        ...

    async def list(self) -> list[Run]:
        """All runs this host knows."""
        ...

    async def forget(self, run: str) -> None:
        """Delete the spool of a run that ended and was read to its end."""
        ...

    async def free_memory_mb(self) -> int:
        """Memory that new processes could have now."""
        ...

    async def visit(self, workspace: str, *, box: Box | None = None, path: str = "") -> Visit:
        """Let a person into a workspace, and with `box` into one like that.

        `path` is where the files are; it matters only where they need no mount.
        """
        ...

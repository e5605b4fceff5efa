"""What lies on a host's disk."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Something on a host's disk, measured. `since`: made, trashed or last used, seconds since the epoch.

    `kind` is `workspace`, `trash`, `base`, `store`, `spools` (of one run), `versions` (PROJECT/ATTEMPT: what refs
    hold for an attempt; without its size, see `Disk.weigh`) or `objects` (what no ref of a store needs). `commit` is
    a base's, or what a workspace was made from. `used_by` names what stands on a base; `spare`: the engine for new
    workspaces does not use it. `stamp` changes when something comes to the trash anew.
    """

    kind: str
    id: str
    since: float
    project: str = ""
    commit: str = ""
    engine: str = ""
    files: int = 0
    bytes: int = 0
    private: bool = False
    spare: bool = False
    used_by: tuple[str, ...] = ()
    stamp: str = ""

    @property
    def attempt(self) -> str:
        """The id of the workspace that this is, or was, also where an other pushed it aside."""
        return self.id.rpartition("/")[2]

    def sized(self, *, files: int, bytes: int) -> "Usage":
        """The same, measured."""
        return replace(self, files=files, bytes=bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Whether a ref of the store holds a workspace's files (`ref`: one that was made for it), and what none holds.

    `ignored` counts the files that are in no version, with their bytes and the largest; `left_out` names those
    that rules do not ignore and that could not be put into one.
    """

    held: bool
    ref: str = ""
    ignored: int = 0
    ignored_bytes: int = 0
    largest: str = ""
    largest_bytes: int = 0
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """Something that was removed for good: the bytes of disk that it took, and what it held."""

    bytes: int
    contents: Contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A workspace or base that something has mounted that is no run of ours. `pid` 0: it is not known."""

    id: str
    pid: int


class Disk(Protocol):
    """Sees what is on a host's disk, and removes it for good."""

    async def usage(self, *, measured: bool = True) -> Sequence[Usage]:
        """Everything of ours; measured now, or without sizes."""
        ...

    async def taken(self) -> int:
        """The bytes of all workspaces, bases and trash; each is measured once, a workspace after each snapshot."""
        ...

    async def examine(self, *, kind: str, id: str) -> Contents:
        """What a workspace, or one in the trash, holds. Nobody may work in it meanwhile. Outside: unreadable."""
        ...

    async def strangers(self) -> Sequence[Stranger]:
        """What is held by somebody who is no run of ours."""
        ...

    async def weigh(self, *, project: str, attempts: Sequence[str]) -> int:
        """The bytes that only the refs of these attempts hold."""
        ...

    async def clear(self, *, kind: str, id: str, stamp: str) -> Cleared:
        """Remove one in the trash (what no ref holds is held by one first), a base, the refs of an attempt, or objects.

        Conflict: it is not what was seen (`stamp`), or something stands on it. NotFound: it is gone.
        """
        ...

"""The files in which attempts work, and what those stand on."""

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A workspace that is wanted, by its id: of the commit `base`, on a branch of its own (empty: detached).

    `setup` names the set-up that its base must have had (see `Bases`); `ports` is how many free ports in a row are
    to be its own for as long as it lives; `brought` names files that `Checkout.bring` took.
    """

    id: str
    project: str
    base: str
    branch: str
    setup: str = ""
    ports: int = 0
    brought: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A workspace as a host made it. `path` is the directory in which an agent works.

    `shared`: its runs see it at the same path as those of every other attempt, and nobody else sees it; the
    set-up is its base's. Else the path is its own, and the set-up has to be run in it. `port` is the first of
    its block of ports; 0: it has none.
    """

    id: str
    path: str
    branch: str
    engine: str
    shared: bool = False
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What workspaces of a commit stand on. Not `ready`: its set-up has to be run in it, at `path`.

    Where it is not `shared`, there is none: each workspace is made of the commit, and set up by itself.
    """

    key: str
    ready: bool
    shared: bool
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The files of a workspace as one commit in the project's store."""

    commit: str
    tree: str
    files: int
    added: int
    removed: int
    paths: tuple[str, ...]
    left_out: tuple[str, ...] = ()


BroughtBack = Literal["", "same", "some", "all"]
"""What became of ignored files: `all` or `some` are as they were, `same`: they were so already. Empty: unknown."""


class Workspaces(Protocol):
    """Makes and keeps workspaces. Every method is idempotent: a repeated call answers as the first."""

    async def prepare(self, order: Order) -> Place:
        """The workspace that is wanted; the one that has this id already, if there is one."""
        ...

    async def snapshot(
        self, *, id: str, project: str, base: str, parent: str, ref: str, message: str
    ) -> Snapshot:
        """Commit all files that are not ignored on top of `parent`, hold it by `ref`; counts against `base`.

        The commit's parent is `parent` (a commit); if the tree equals the parent's tree, the parent's
        own commit is returned and no commit is made.
        """
        ...

    async def replace(self, *, id: str, project: str, commit: str, ref: str) -> None:
        """Make the workspace's files those of `commit`, after a snapshot held by `ref` of what is there."""
        ...

    async def keep(self, *, id: str, name: str) -> bool:
        """Keep the ignored files as they are under a name, with the newest few. False: they are not kept.

        Not every engine can. It is asked when a snapshot was just taken, or the workspace just made.
        """
        ...

    async def bring_back(self, *, id: str, name: str, saved: str) -> BroughtBack:
        """Make the ignored files those kept under a name, if those that are there are kept as `saved`."""
        ...

    async def trash(self, *, id: str, forever: bool = False) -> bool:
        """Move the whole workspace, ignored files too, to the trash. False: there is none.

        `forever` removes it instead: for workspaces of checks, which hold nothing of anybody's.
        """
        ...

    async def restore(self, *, id: str) -> bool:
        """Bring a workspace back from the trash. False: it is no longer there."""
        ...

    async def read(self, *, id: str, path: str, limit: int) -> bytes | None:
        """A regular file below the workspace, never through a link; None if it is not there."""
        ...


class Bases(Protocol):
    """Makes what workspaces stand on. Every method is idempotent."""

    async def begin(self, *, project: str, commit: str, setup: str, brought: str = "") -> Base:
        """The files of a commit, ready at once where `setup` is empty; else a set-up is to be run in it.

        `setup` is the digest of everything that the set-up depends on, `brought` (see `Checkout.bring`) too.
        """
        ...

    async def finish(self, *, key: str) -> None:
        """The set-up has succeeded: the base is ready, and never changes again."""
        ...

    async def discard(self, *, key: str) -> None:
        """The set-up has failed: nothing of it is kept."""
        ...

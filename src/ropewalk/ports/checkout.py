"""The person's own repository."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A person's repository as `run` finds it.

    `head` is the commit of HEAD, `branch` the checked-out branch (empty: detached). `dirty` counts
    uncommitted files, `behind` the commits that the upstream as last fetched is ahead. `warnings` name
    what is not supported (submodules, LFS) in words for the person.
    """

    root: str
    name: str
    head: str
    branch: str
    dirty: int = 0
    behind: int = 0
    upstream: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A worktree or branch of a repository: the checkout to read from, its commit, uncommitted work beside it."""

    name: str
    root: str
    head: str
    dirty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Ignored files of a checkout, copied. `digest` names them (empty: there are none); `notices` for a person."""

    digest: str
    files: int
    notices: tuple[str, ...] = ()


class CheckoutReader(Protocol):
    """Looks at the person's own repository. Synchronous."""

    def inspect(self, path: str) -> Source:
        """Look at a repository. Refused: not one, no commit yet, bare, and the like, each with a hint."""
        ...

    def resolve(self, root: str, revision: str, *, fetch: bool = False) -> str:
        """The commit that a revision names, after fetching its remote if asked. Refused if none."""
        ...

    def find(self, source: Source, directory: str, named: str) -> Found:
        """A worktree (a path, relative to `directory`) or branch of a repository. Refused, NotFound."""
        ...

    def fork_point(self, source: Source, head: str, wanted: str) -> str:
        """Where a commit left the checked-out branch; `wanted` (a revision) overrules. Refused, NotFound."""
        ...


class CheckoutCopier(Protocol):
    """Copies what no commit of the person's holds. Synchronous."""

    def freeze(self, root: str, project: str, *, shared: bool = True) -> str:
        """A commit of HEAD plus all uncommitted work, without touching checkout, index or refs.

        Its objects are written into the project's base store, where `take` then finds it; else (not `shared`)
        into the attempts store, which no workspace sees.
        """
        ...

    def bring(self, *, root: str, project: str, commit: str, lines: Sequence[str]) -> Brought:
        """Copy those ignored files of the checkout that lines as in a .gitignore choose, for tasks on `commit`.

        Refused: they are too many or too large.
        """
        ...

    def forget_brought(self, kept: Sequence[str]) -> None:
        """Let go of copies, apart from those of these digests, that are older than what is kept at all."""
        ...


class CheckoutWriter(Protocol):
    """Gives the person's repository what `keep` and `merge` name, and nothing else. Synchronous."""

    def hold(self, *, root: str, project: str, commit: str, ref: str) -> None:
        """Bring a commit from the store into the repository under `ref` (below refs/ropewalk/).

        An empty commit lets go: the ref is removed, if it is there.
        """
        ...

    def commit(
        self, *, root: str, project: str, commit: str, parents: Sequence[str], message: str
    ) -> str:
        """The tree of `commit` (in the store) as a new commit by the person, in the person's repository.

        What lies between the first of `parents` and `commit` becomes the person's before it, one by one.
        Uses the person's name, e-mail, signing and commit-msg hook; the hook may change the message or
        refuse (Refused with the hook's words).
        """
        ...

    def move(
        self, *, root: str, branch: str, old: str, new: str
    ) -> Literal["moved", "updated", "already"]:
        """Move a branch from `old` to `new` by compare-and-swap.

        `updated`: the branch is checked out and its files followed; refused (with what is in the way)
        if that would lose uncommitted work. `already`: the branch was at `new`. Refused if it is neither
        at `old` nor at `new`.
        """
        ...


class Checkout(CheckoutReader, CheckoutCopier, CheckoutWriter, Protocol):
    """The person's own repository, for those who need all of it."""

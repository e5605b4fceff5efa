"""The bare stores of a project, which are ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ropewalk.core.records import MergeMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a commit changes: its tree, how many files and lines, and the paths."""

    tree: str
    files: int
    added: int
    removed: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A change brought onto a target in the store. `conflicts` not empty: `tree` holds conflict markers."""

    onto: str
    commit: str
    tree: str
    conflicts: tuple[str, ...] = ()


class RepositoryReader(Protocol):
    """What the commits in a project's stores hold. Synchronous; called in threads."""

    def names(self, *, project: str, commit: str) -> list[str]:
        """The paths of all files of a commit."""
        ...

    def files(
        self, *, project: str, commit: str, paths: Sequence[str], limit: int = 4_000_000
    ) -> dict[str, bytes | None]:
        """The contents of files of a commit; None where there is no regular file or it has more bytes than `limit`."""
        ...

    def counts(self, *, project: str, base: str, commit: str) -> Counts:
        """What lies between two commits."""
        ...

    def diff(self, *, project: str, old: str, new: str) -> str:
        """The unified diff between two commits, with renames, undecodable bytes replaced; cut at some MB."""
        ...


class Repository(RepositoryReader, Protocol):
    """The project's two bare stores: read them, and put commits into them.

    Workspaces see the base store; what attempts made is in the attempts store, which borrows from it.
    """

    def take(self, *, project: str, source: str, commit: str, ref: str) -> str:
        """Bring a base and all it reaches from the person's repository into the base store, held by `ref`.

        Every workspace of the project can read it from now on. Answers with the commit's tree id.
        """
        ...

    def take_target(self, *, project: str, source: str, commit: str, ref: str) -> str:
        """Bring a commit that changes are built on into the attempts store, if it is not there, held by `ref`.

        It may hold what another attempt made, so no workspace sees it but those made from it. Its tree id.
        """
        ...

    def build(
        self,
        *,
        project: str,
        base: str,
        commit: str,
        onto: str,
        mode: MergeMode,
        message: str,
        ref: str,
        author_of: str = "",
    ) -> Built:
        """Bring what `base..commit` changed onto `onto` as a new commit held by `ref`.

        With mode `rebase` each commit of `base..commit` becomes one; `message` is the last one's.
        `author_of` names a commit whose author the new ones get.
        """
        ...

    def overlay(
        self, *, project: str, commit: str, source: str, paths: Sequence[str], ref: str
    ) -> tuple[str, str]:
        """A commit like `commit`, but with `paths` as in `source` (absent there: removed). (commit, tree)."""
        ...

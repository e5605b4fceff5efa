"""Where a person looks at an attempt's files: the desk, and trials in their own checkout."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """What a project's desk shows: `commit`, of an attempt; edits count from `base`. `path` is where.

    `aside` is the ref that holds what lay there when somebody died who was about to show something, until the
    next time that something is laid; empty: nothing did.
    """

    attempt: str
    alias: str
    commit: str
    base: str
    path: str
    aside: str = ""


class Desks(Protocol):
    """One checkout of ours for each project, in which a person's editor shows files. Synchronous."""

    def laid(self, project: str) -> Laid | None:
        """What the desk shows; None: it is empty."""
        ...

    def lay(
        self, *, project: str, name: str, attempt: str, alias: str, commit: str, base: str
    ) -> Laid:
        """Let the desk show a commit of the attempts store; only what differs is written.

        What was edited there must have been brought home. `name` is the directory's when it is made.
        """
        ...

    def edited(self, *, project: str, root: str, actor: str, ref: str) -> str:
        """The files as they are as a commit on the base, by the person of the repository at `root`.

        It is held by `ref` in the attempts store. Empty: nothing was edited.
        """
        ...

    def brought(self, *, project: str, commit: str) -> None:
        """What is edited up to `commit` was brought home: later edits count from there."""
        ...


class Trials(Protocol):
    """Shows states in a person's checkout for a while. Synchronous."""

    def begin(self, *, root: str, project: str, commit: str, name: str) -> list[str]:
        """Let the files of the checkout be those of a commit of the store, but for the person's own work.

        Only what differs from HEAD is written; index, refs and objects are not. What is tried already is
        taken back first. Refused: work of the person's is in the way. Answers with the paths.
        """
        ...

    def back(self, *, root: str) -> tuple[str, list[str]]:
        """Let the files be as before; the name of what was tried, and the paths.

        NotFound: nothing is tried. Refused or Conflict: the person changed it meanwhile, or moved HEAD.
        """
        ...

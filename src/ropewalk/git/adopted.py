"""What is to be adopted: a worktree or branch of the person's repository, only looked at."""

import os
from pathlib import Path

from ropewalk.core.errors import NotFound, Refused
from ropewalk.git.inspect import dirty, inspect
from ropewalk.git.process import GitFailed, git_of_person, line
from ropewalk.ports import Found, Source


def find(source: Source, directory: str, named: str) -> Found:
    """See `ports.Checkout.find`."""
    place = Path(directory, named)
    if (place / ".git").exists():
        return _worktree(source, place)
    for ref in (f"refs/heads/{named}", f"refs/remotes/{named}"):
        if head := _commit(source.root, ref):
            return Found(name=named, root=source.root, head=head, dirty=False)
    if place.is_dir():
        raise Refused(
            f"{named} is no worktree of this repository.", hint="See them: git worktree list"
        )
    raise NotFound(
        f"There is no worktree or branch {named} here.",
        hint="See what there is: git worktree list; git branch --all",
    )


def fork_point(source: Source, head: str, wanted: str) -> str:
    """See `ports.Checkout.fork_point`."""
    onto = _commit(source.root, wanted) if wanted else source.head
    if not onto:
        raise NotFound(f"“{wanted}” names no commit here.", hint="Name a branch, tag or commit.")
    if wanted:
        return onto
    try:
        return line(git_of_person("merge-base", onto, head, root=source.root))
    except GitFailed:
        raise Refused(
            f"It has no history in common with {source.branch or 'HEAD'}.",
            hint="Say what it is compared with: --base REV",
        ) from None


def _worktree(source: Source, place: Path) -> Found:
    if _common(str(place)) != _common(source.root):
        raise Refused(
            f"{place.name} is a repository of its own, no worktree of {source.name}.",
            hint="Adopt it from there, or fetch its branch: git fetch PATH BRANCH:NAME",
        )
    theirs = inspect(str(place))
    name = theirs.branch or Path(theirs.root).name
    return Found(name=name, root=theirs.root, head=theirs.head, dirty=bool(dirty(theirs.root)))


def _common(root: str) -> str:
    """The git directory that a checkout shares with its siblings. Refused: it is none."""
    asked = ("rev-parse", "--path-format=absolute", "--git-common-dir")
    try:
        return os.path.realpath(line(git_of_person(*asked, root=root)))
    except GitFailed as failed:
        raise Refused(
            f"git cannot read {root}: {failed.words}", hint="Look with: git status"
        ) from None


def _commit(root: str, name: str) -> str:
    """The commit that a name stands for; empty: none."""
    if name.startswith("-"):
        return ""
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return line(git_of_person(*asked, root=root, accept=(0, 1, 128)))

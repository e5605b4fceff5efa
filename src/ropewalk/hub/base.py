"""The base of a new task: what its attempts begin from."""

from dataclasses import dataclass
from typing import Protocol

from ropewalk.core import events as e
from ropewalk.core.errors import Refused
from ropewalk.core.state import Project
from ropewalk.hub.newtask import NewTask
from ropewalk.ports import Checkout, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the attempts of a task begin from."""

    commit: str
    name: str
    target: str
    notices: tuple[str, ...] = ()
    tree: str = ""


class Beginning(Protocol):
    """A task's one attempt begins with work that is there already."""

    async def base(self, source: Source, project: Project, key: str) -> Base:
        """What it is compared with, held as the base of the task of that key. Refused, NotFound."""
        ...

    async def versions(self, added: e.Draft, base: Base) -> list[e.Draft]:
        """What follows on the event that adds the attempt. Refused."""
        ...


def choose(checkout: Checkout, new: NewTask, source: Source, project: Project) -> Base:
    """The commit that a person asked for, else HEAD, and what they should know of it. Refused. Blocks."""
    if new.on and new.base:
        raise Refused("--on and --base exclude each other.", hint="Give one of the two.")
    if new.on:
        commit = checkout.resolve(source.root, f"refs/heads/{new.on}")
        return Base(commit=commit, name=new.on, target=new.on, notices=source.warnings)
    if new.with_changes:
        commit = checkout.freeze(source.root, project.id)
        name = f"{source.branch or 'HEAD'} with uncommitted changes"
        return Base(commit=commit, name=name, target=source.branch, notices=source.warnings)
    notices = (*source.warnings, *_left_out(source))
    if new.base == "fresh":
        upstream = source.upstream or "HEAD"
        commit = checkout.resolve(source.root, upstream, fetch=True)
        return Base(commit=commit, name=upstream, target=source.branch, notices=notices)
    if new.base:
        commit = checkout.resolve(source.root, new.base)
        return Base(commit=commit, name=new.base, target=source.branch, notices=notices)
    name = source.branch or source.head[:10]
    notices = (*notices, *_behind(source))
    return Base(commit=source.head, name=name, target=source.branch, notices=notices)


def _left_out(source: Source) -> list[str]:
    if not source.dirty:
        return []
    files = "1 file has" if source.dirty == 1 else f"{source.dirty} files have"
    return [f"{files} uncommitted changes, left out (--with-changes takes them along)"]


def _behind(source: Source) -> list[str]:
    if not source.behind:
        return []
    commits = "1 commit" if source.behind == 1 else f"{source.behind} commits"
    return [
        f"{source.branch} is {commits} behind {source.upstream} (--base fresh starts from there)"
    ]

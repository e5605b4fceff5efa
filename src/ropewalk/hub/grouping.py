"""What gc shows as one: the spools of ended runs, and the versions of what was dropped long ago. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ropewalk.core.views import DiskItem
from ropewalk.hub.keeping import Key, Verdict
from ropewalk.ports import Usage

KINDS = ("spools", "versions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Things of one kind that go, or stay, together."""

    kind: str
    id: str
    name: str
    frees: bool
    why: str
    members: tuple[Usage, ...]

    @property
    def stamp(self) -> str:
        """Names what is in it: what is shown is what goes."""
        return ",".join(sorted(one.id for one in self.members))

    def item(self, bytes: int) -> DiskItem:
        """As it is shown."""
        return DiskItem(
            kind=self.kind,
            id=self.id,
            name=self.name,
            engine="",
            files=sum(one.files for one in self.members),
            bytes=bytes,
            since=min(one.since for one in self.members),
            stamp=self.stamp,
            state="dropped" if self.kind == "versions" else "",
            dirty=None,
            unmerged=self.kind == "versions",
            ignored=0,
            ignored_bytes=0,
            largest="",
            held_by="",
            used_by=[],
            frees=self.frees,
            why=self.why,
        )


def groups(usages: Sequence[Usage], verdicts: Mapping[Key, Verdict]) -> Iterator[Group]:
    """The versions that may go, by project; the spools that may, and those that may not."""
    versions = [one for one in usages if one.kind == "versions" and verdicts[_key(one)].frees]
    for project in sorted({one.project for one in versions}):
        its = tuple(one for one in versions if one.project == project)
        name = _many(len(its), "attempt")
        yield Group(kind="versions", id=project, name=name, frees=True, why="", members=its)
    spools = [one for one in usages if one.kind == "spools"]
    for frees, key in ((False, "read"), (True, "ended")):
        its = tuple(one for one in spools if verdicts[_key(one)].frees == frees)
        if its:
            why = verdicts[_key(its[0])].why
            name = _many(len(its), "run")
            yield Group(kind="spools", id=key, name=name, frees=frees, why=why, members=its)


def _key(usage: Usage) -> Key:
    return usage.kind, usage.id


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"

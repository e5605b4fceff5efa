"""What the store of versions of each project holds for attempts, and what no ref of it needs any more."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from ropewalk.core.errors import Outside, Refused
from ropewalk.git import upkeep
from ropewalk.git.stores import base_path, store_path
from ropewalk.ports import Usage
from ropewalk.workspace.places import Places


class Versions:
    """The attempts stores of a host."""

    def __init__(self, places: Places) -> None:
        """Makes nothing."""
        self._home = places.home

    def usages(self, *, measured: bool) -> Iterator[Usage]:
        """Of each attempt that refs hold something for, and of each store what no ref needs. See `ports.Usage`."""
        for own in self._stores():
            with suppress(Outside):
                yield from self._of(own, measured=measured)

    def weigh(self, project: str, attempts: Collection[str]) -> int:
        """See `ports.Disk.weigh`."""
        own, base = store_path(self._home, project), base_path(self._home, project)
        return upkeep.weigh(own, base, attempts) if own.is_dir() else 0

    def let_go(self, id: str) -> None:
        """Remove the refs of an attempt, PROJECT/ATTEMPT."""
        project, _, attempt = id.partition("/")
        upkeep.let_go(store_path(self._home, project), attempt)

    def clean(self, id: str) -> int:
        """Remove the objects that no ref of a store needs; their bytes. Refused: something else may need them."""
        project = id.removesuffix(".git")
        if self._desk_has_commits(project):
            raise Refused(
                "Its desk holds commits of its own, which stand on versions.",
                hint=f"See {self._home / 'desks' / project}",
            )
        own = store_path(self._home, project)
        size = upkeep.spare(own, base_path(self._home, project))
        upkeep.clean(own)
        return size

    def _stores(self) -> list[Path]:
        found = sorted((self._home / "projects").glob("*.git"))
        return [one for one in found if not one.name.endswith(".base.git")]

    def _of(self, own: Path, *, measured: bool) -> Iterator[Usage]:
        project = own.name.removesuffix(".git")
        for key, one in upkeep.held(own).items():
            yield Usage(kind="versions", id=f"{project}/{key}", project=project, since=one.since)
        size = 0
        if measured and not self._desk_has_commits(project):
            size = upkeep.spare(own, base_path(self._home, project))
        yield Usage(kind="objects", id=own.name, project=project, since=0.0, bytes=size)

    def _desk_has_commits(self, project: str) -> bool:
        """Whether somebody put objects into the git directory of the desk: they stand on those of the store."""
        objects = self._home / "desks" / project / "git" / "objects"
        return any(one.is_file() and one.parent.name != "info" for one in objects.glob("*/*"))

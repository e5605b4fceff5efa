"""A host daemon for tests: `python -m tests.hosts.daemon HOME [IDLE_S]`, with plain folders as workspaces."""

import shutil
import sys
from pathlib import Path

from ropewalk.core.errors import Conflict
from ropewalk.hosts.daemon import serve
from ropewalk.ports import Order, Place, Snapshot


class Folders:
    """Workspaces without git: real folders."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def prepare(self, order: Order) -> Place:
        path = self.root / order.id
        path.mkdir(parents=True, exist_ok=True)
        return Place(id=order.id, path=str(path), branch=order.branch, engine="folder")

    async def snapshot(
        self, *, id: str, project: str, base: str, parent: str, ref: str, message: str
    ) -> Snapshot:
        paths = tuple(sorted(one.name for one in (self.root / id).iterdir()))
        return Snapshot(commit=parent, tree="t", files=len(paths), added=0, removed=0, paths=paths)

    async def replace(self, *, id: str, project: str, commit: str, ref: str) -> None:
        raise Conflict("the workspace moved", hint="look again")

    async def trash(self, *, id: str, forever: bool = False) -> bool:
        shutil.rmtree(self.root / id)
        return True

    async def restore(self, *, id: str) -> bool:
        return False

    async def read(self, *, id: str, path: str, limit: int) -> bytes | None:
        file = self.root / id / path
        return file.read_bytes()[:limit] if file.is_file() else None


if __name__ == "__main__":
    home = Path(sys.argv[1])
    idle_s = float(sys.argv[2]) if len(sys.argv) > 2 else 600.0
    serve(home, Folders(home / "folders"), idle_s=idle_s)

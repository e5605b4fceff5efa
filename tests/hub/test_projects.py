"""From a directory to its project."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from ropewalk.core.errors import Refused
from ropewalk.core.state import World
from ropewalk.git.checkout import GitCheckout
from ropewalk.git.repository import GitRepository
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.projects import Projects
from ropewalk.testing.memory_store import MemoryStore
from ropewalk.wiring.parts import SystemClock


def repository(path: Path) -> Path:
    path.mkdir(parents=True)
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "one"]):
        person = ["-c", "user.name=A", "-c", "user.email=a@b"]
        subprocess.run(["git", *person, *words], cwd=path, check=True, timeout=20)
    return path


async def test_the_project_of_a_directory(tmp_path: Path) -> None:
    outer = repository(tmp_path / "outer")
    inner = repository(outer / "inner")
    (outer / "deep" / "er").mkdir(parents=True)
    (tmp_path / "link").symlink_to(outer / "deep")
    ledger = Ledger(MemoryStore(), SystemClock(), World(), last_seq=0)
    writer = asyncio.create_task(ledger.run())
    projects = Projects(ledger, GitCheckout(tmp_path), GitRepository(tmp_path), lambda: "")
    known = await projects.of(await projects.source(str(outer)), "person:a")
    for place in (outer, outer / "deep" / "er", tmp_path / "link" / "er"):
        assert await projects.here(str(place)) == known
    assert await projects.here(str(inner)) is None
    with pytest.raises(Refused):
        await projects.here(str(tmp_path))
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)

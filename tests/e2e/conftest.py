from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.instance import Instance, instance
from tests.e2e.repository import CONFIG, Repository


@pytest.fixture(scope="module")
def rw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One instance for a module."""
    with instance(tmp_path_factory.mktemp("rw") / "home") as one:
        one.does("ls", "--all", at=one.person)
        yield one


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A small repository."""
    return Repository(tmp_path / "shop", {"a.py": "x = 1\n", "ropewalk.toml": CONFIG})


@pytest.fixture
def plain(tmp_path: Path) -> Repository:
    """One without a project file: nothing to trust, no checks."""
    return Repository(tmp_path / "plain", {"a.py": "x = 1\n"})

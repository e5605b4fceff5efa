"""Two releases of the program side by side: the same code, each a tree of its own with its version."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.person import SOURCE, Person


@dataclass(frozen=True)
class Releases:
    """One person, one instance, two programs."""

    old: Person
    new: Person


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[Releases]:
    place = tmp_path / "ann"
    place.mkdir()
    old = Person(place, environment={"PYTHONPATH": tree(tmp_path / "old", "0.1.0")})
    new = Person(place, environment={"PYTHONPATH": tree(tmp_path / "new", "0.10.0")})
    old.begins({"a.py": "x = 1\n"})
    try:
        yield Releases(old, new)
    finally:
        new.leaves()


def tree(place: Path, version: str) -> str:
    """The source tree of a release."""
    shutil.copytree(SOURCE, place, ignore=shutil.ignore_patterns("__pycache__"))
    init = place / "ropewalk" / "__init__.py"
    head = init.read_text().partition("__version__")[0]
    init.write_text(f'{head}__version__ = "{version}"\n')
    return str(place)

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.answers import Server, serving


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "home") as server:
        yield server

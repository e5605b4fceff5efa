from pathlib import Path

import pytest

from tests.attacks.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)

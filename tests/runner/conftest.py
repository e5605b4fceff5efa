"""A folder for one run, whose runner is killed at the end of the test."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "h"
    home.mkdir()
    yield home / "r"
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(json.loads((home / "r/run.json").read_text())["pid"], signal.SIGKILL)

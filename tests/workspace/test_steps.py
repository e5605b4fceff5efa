"""Killed at every step, creation, base, snapshot, replacing, trash and removal are done or not begun."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ropewalk.runner import linux
from ropewalk.workspace.ladder import survey
from tests.workspace import steps
from tests.workspace.volumes import image, on_volume, run, why_not

ROOT = Path(__file__).parents[2]
STEPS = {
    "prepare": 4,
    "snapshot": 2,
    "replace": 3,
    "trash": 3,
    "clear": 5,
    "forever": 3,
    "versions": 1,
    "objects": 3,
}
"""At least so many deaths in each deed: fewer would mean that its steps are not seen."""


@pytest.mark.parametrize("engine", ["clone", "overlay"])
def test_a_death_at_any_step_leaves_the_old_or_the_new(engine: str, tmp_path: Path) -> None:
    if not {one.name: one.offered for one in survey(tmp_path / "probe")}[engine]:
        pytest.skip(f"this machine does not offer {engine}")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.workspace.steps", engine, str(tmp_path)],
        env={**environment, "HOME": str(tmp_path), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    deaths = {name: int(n) for name, n in (one.split() for one in done.stdout.splitlines())}
    assert all(deaths[name] >= least for name, least in STEPS.items()), deaths
    assert ("base" in deaths) == (engine == "overlay")


@pytest.mark.parametrize(("engine", "system"), [("btrfs", "btrfs"), ("reflink", "xfs")])
def test_a_death_while_ignored_files_are_kept_or_brought_back(
    engine: str, system: str, tmp_path: Path
) -> None:
    if why := "what only Linux has is hidden" if linux.hidden() else why_not(system):
        pytest.skip(f"NOT RUN: the engine {engine} was not tested: {why}")
    at = tmp_path / "at"
    command = [sys.executable, steps.__file__, engine, str(at / "t")]
    said = run(on_volume(image(system, tmp_path), at, command))
    deaths = {name: int(n) for name, n in (one.split() for one in said.splitlines())}
    assert deaths["keep"] >= 4
    assert deaths["back"] >= 5

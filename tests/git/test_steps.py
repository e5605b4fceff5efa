"""Killed at every step, a trial and a desk lose nothing of the person's, and the next call brings all in order."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
STEPS = {
    "try": 15,
    "back": 25,
    "other": 35,
    "first desk": 20,
    "next desk": 10,
    "edits": 4,
    "brought": 6,
}
"""At least so many deaths in each deed: fewer would mean that its steps are not seen."""


def test_a_death_at_any_step_of_a_trial_or_a_desk(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.git.steps", str(tmp_path)],
        env={**environment, "HOME": str(tmp_path), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    deaths = {
        name: int(n) for name, _, n in (one.rpartition(" ") for one in done.stdout.splitlines())
    }
    assert all(deaths[name] >= least for name, least in STEPS.items()), deaths

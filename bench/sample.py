"""A small repository to work in."""

import subprocess
from pathlib import Path

LIMIT_S = 30.0


def sample(path: Path) -> Path:
    """Make a repository with one commit and no checks."""
    path.mkdir(parents=True)
    (path / "README").write_text("A sample.\n")
    for words in (
        ("init", "-q", "-b", "main"),
        ("config", "user.name", "Bench"),
        ("config", "user.email", "bench@example.org"),
        ("add", "-A"),
        ("commit", "-qm", "first"),
    ):
        subprocess.run(["git", *words], cwd=path, timeout=LIMIT_S, check=True)
    return path

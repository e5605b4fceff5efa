"""The files of a repository and its dependencies, the same ones each time."""

import random
import subprocess
import sys
from pathlib import Path

SEED = 7
TRACKED, DEPENDENCY = 4096, 2048
"""Mean sizes, bytes."""
IGNORED = "deps"
PACKAGE = "needed"
LIMIT_S = 600.0


def repository(path: Path, files: int) -> Path:
    """A repository with one commit of so many files, half of their sizes below the mean; `deps/` is ignored."""
    path.mkdir(parents=True)
    chance = random.Random(SEED)
    for number in range(files - 1):
        _write(path / _name(number), chance.randrange(1024, 2 * TRACKED - 1024), chance)
    (path / ".gitignore").write_text(f"/{IGNORED}/\n")
    git(path, "init", "-q", "-b", "main")
    git(path, "config", "gc.auto", "0")  # or it works in the background while others are measured
    git(path, "config", "user.name", "Bench")
    git(path, "config", "user.email", "bench@example.org")
    commit(path)
    return path


def move_on(path: Path, count: int) -> None:
    """A commit in which so many files differ, without any file being checked out."""
    names = git(path, "ls-tree", "-r", "--name-only", "HEAD", "src").splitlines()
    chosen = names[:: max(1, len(names) // count)][:count]
    git(path, "read-tree", "HEAD")
    fresh = path.parent / "fresh.txt"
    fresh.write_text("it differs\n")
    blob = git(path, "hash-object", "-w", str(fresh)).strip()
    for name in chosen:
        git(path, "update-index", "--cacheinfo", f"100644,{blob},{name}")
    git(path, "-c", "user.name=Bench", "-c", "user.email=bench@example.org", "commit", "-qm", "x")


def commit(path: Path) -> None:
    """Commit all that is there."""
    git(path, "add", "-A")
    git(path, "commit", "-qm", "next")
    git(path, "repack", "-adq")  # as in any repository that was cloned


def head(path: Path) -> str:
    """The newest commit."""
    return git(path, "rev-parse", "HEAD").strip()


def git(path: Path, *words: str) -> str:
    """Git in a directory."""
    done = subprocess.run(
        ["git", *words], cwd=path, timeout=LIMIT_S, check=True, capture_output=True, text=True
    )
    return done.stdout


def dependencies(path: Path, files: int) -> None:
    """What a package manager would install: a package that can be imported, and so many files in all."""
    if path.is_dir():
        return  # nothing to do, as with dependencies that are up to date
    chance = random.Random(SEED)
    package = path / PACKAGE
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from needed import inner\n")
    (package / "inner.py").write_text("YES = True\n")
    for number in range(files - 2):
        _write(path / _name(number), chance.randrange(512, 2 * DEPENDENCY - 512), chance)


def _name(number: int) -> Path:
    return Path("src", f"part{number // 400:03d}", f"unit{number // 20 % 20:02d}", f"{number}.txt")


def _write(path: Path, size: int, chance: random.Random) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
    path.write_bytes(chance.randbytes(size // 2).hex().encode())


if __name__ == "__main__":
    dependencies(Path(sys.argv[1]), int(sys.argv[2]))

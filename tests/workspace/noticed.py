"""Edits and git commands in a workspace; after each, what its git notices is compared with what there is.

A program: `noticed.py SEED STEPS PAUSE` in the workspace; the first difference ends it with status 1.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.workspace.overlay import apply_all

NAMES = (
    "a.txt",
    "b.log",
    "d",
    "d/b.txt",
    "d/e",
    "d/e/c",
    "d/e/n.txt",
    "f/g",
    "f",
    "new",
    ".gitignore",
)
NAMES_LATER = ("new/x", "new/y/z", "d/.gitignore", "é", "sp ace")
CONTENTS = ("x\n", "xy\n", "*.log\n", "d/\n", "")
COMMANDS = (
    ("add", "-A"),
    ("add", "a.txt"),
    ("commit", "-qam", "next"),
    ("commit", "-qm", "next"),
    ("status",),
    ("stash", "-u"),
    ("stash", "pop"),
    ("checkout", "-qf", "HEAD~1"),
    ("checkout", "-qf", "work"),
    ("rm", "-q", "--cached", "d/b.txt"),
    ("clean", "-fdq"),
    ("mv", "a.txt", "moved.txt"),
    ("reset", "-q", "--hard"),
)


def git(*words: str, **extra: str) -> str:
    environment = {"GIT_CONFIG_GLOBAL": os.devnull, **os.environ, **extra}
    done = subprocess.run(
        ["git", *words], capture_output=True, text=True, check=False, env=environment
    )
    return done.stdout


def there_is() -> str:
    """Found without any help, by an index that nobody else sees."""
    copy = Path("..", f"index-{os.getpid()}").resolve()
    shutil.copy2(".git/index", copy)
    plain = ("-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false")
    found = git(*plain, "status", "--porcelain", GIT_INDEX_FILE=str(copy), GIT_OPTIONAL_LOCKS="0")
    copy.unlink()
    return found


def edit(chance: random.Random) -> list[str]:
    names = (*NAMES, *NAMES_LATER)
    what = chance.choice(("write", "append", "delete", "rename", "move", "mkdir", "touch"))
    other = chance.choice(names if what in ("rename", "move") else CONTENTS)
    return [what, chance.choice(names), other]


def main(seed: int, steps: int, pause: float) -> int:
    chance = random.Random(seed)
    done: list[object] = []
    for _ in range(steps):
        one = edit(chance) if chance.random() < 0.6 else chance.choice(COMMANDS)
        done.append(one)
        if isinstance(one, list):
            apply_all([one])
        else:
            git(*one)
        locks = chance.choice("01")
        seen, real = git("status", "--porcelain", GIT_OPTIONAL_LOCKS=locks), there_is()
        if seen != real:
            print(f"{seed}: after {done}\nnoticed:\n{seen}there is:\n{real}", file=sys.stderr)
            return 1
        time.sleep(pause)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))

"""What lets git inside a workspace notice changes in the time of the change: a small program that git asks.

`git status` looks at every tracked file, which takes 0.3 s for 80,000. But all that can have changed since the base
lies in the upper layer. So the base's index says of every file that it is unchanged, as of the moment `base`, and its
configuration names a program (git's `core.fsmonitor`, see githooks(5), version 2) that lists what the upper layer
holds. Where the layer cannot be seen (a set-up, a linked worktree, a sandbox) it fails, and git looks for itself.
"""

import shlex
from pathlib import Path

from ropewalk.git.process import git

FOLDER = "ropewalk"
BASE = "base"
"""The moment at which nothing had changed."""

PROGRAM = r"""#!/bin/sh
# What changed in this workspace since a moment, for git (core.fsmonitor): what its upper layer holds.
here=${0%/*}
[ "$1" = 2 ] && [ . -ef "$here/../.." ] && { read -r upper < "$here/upper"; } 2>/dev/null || exit 1
cd "$upper" 2>/dev/null || exit 1
everything() { printf '%s\0/\0' "$now"; exit 0; }
list() { printf '%s\0' "$now"; exec find . -mindepth 1 -path ./.git -prune -o "$@" -printf '%P\0'; }

if [ "$2" = base ] && ! [ -e .git/index ]; then # the index of the base: everything here is newer
  set -- * .[!.]* ..?*
  [ "$*" = '* .git ..?*' ] && printf 'base\0' && exit 0
  now=$(date +%s)
  list -true
fi
now=$(date +%s)
case $2 in '' | *[!0-9]*) everything ;; esac
[ "${#2}" -le 12 ] && [ "$2" -le "$now" ] || everything
since=$(($2 - 3)) # the kernel's own clock is a little behind
[ -z "$(find . -maxdepth 0 -newerct "@$since")" ] || everything
list -newerct "@$since" # a directory stands for all below it: something in it may have gone
"""


def teach(inner: Path, at: Path) -> None:
    """Let the git directory of a new base, which will be at `at`/.git, name the program."""
    (inner / FOLDER).mkdir()
    program = inner / FOLDER / "changes"
    program.write_text(PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    settings = {
        "core.fsmonitor": shlex.quote(str(at / ".git" / FOLDER / "changes")),
        "core.fsmonitorHookVersion": "2",
        "core.untrackedCache": "true",
    }
    for name, value in settings.items():
        git("config", name, value, git_dir=inner)


def point_at(inner: Path, upper: Path) -> None:
    """Tell the program of a workspace where its upper layer is."""
    (inner / FOLDER).mkdir(parents=True, exist_ok=True)
    (inner / FOLDER / "upper").write_text(f"{upper}\n", encoding="utf-8")


def settled(folder: Path) -> tuple[str, ...]:
    """A git command that looks at every file, and lets the index say that none changed since `base`."""
    program = folder / "settled"
    program.write_text(f"#!/bin/sh\nprintf '{BASE}\\0'\n", encoding="utf-8")
    program.chmod(0o700)
    settings = {
        "core.fsmonitor": shlex.quote(str(program)),
        "core.fsmonitorHookVersion": "2",
        "core.untrackedCache": "true",
        "core.excludesFile": str(folder / "none"),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return (*options, "status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=all")

"""What lets git in a new workspace know at once that nothing changed: a small program that git asks.

`git status` looks at every tracked file and every directory, which takes 0.3 s for 80,000 files. But nothing can have
changed where nothing is in the upper layer. So the base's index says of every file that it is as it was at the
moment `base`, and its configuration names a program (git's `core.fsmonitor`, see githooks(5), version 2) that says
whether that still holds. Once there is a change, or where the layer cannot be seen (a set-up, a linked worktree, a
sandbox), it takes itself out of the configuration, and git looks for itself, as everywhere. As long as it answers,
git's threads that look at files in advance (`core.preloadIndex`) have nothing to do, and are not started.
"""

import os
import shlex
import time
from contextlib import suppress
from pathlib import Path

FOLDER = "ropewalk"
SETTINGS = "settings"
RECENT_NS = 3_000_000_000

PROGRAM = r"""#!/bin/sh
# Whether nothing changed in this workspace since its base was made, for git (core.fsmonitor).
here=${0%/*}
[ "$1" = 2 ] && [ . -ef "$here/../.." ] && { read -r upper <"$here/upper"; } 2>/dev/null || exit 1
if [ "$2" = base ] && cd "$upper" 2>/dev/null && ! [ -e .git/index ]; then
  set -- * .[!.]* ..?*
  [ "$*" = '* .git ..?*' ] && printf 'base\0' && exit 0
fi
printf '[core]\n\tuntrackedCache = false\n' >"$here/settings.$$" && mv "$here/settings.$$" "$here/settings"
exit 1
"""
ASKING = """[core]
	fsmonitor = "{program}"
	fsmonitorHookVersion = 2
	untrackedCache = true
	preloadIndex = false
"""


def teach(inner: Path, at: Path) -> None:
    """Let the git directory of a new base, which will be at `at`/.git, name the program."""
    (inner / FOLDER).mkdir()
    program = inner / FOLDER / "unchanged"
    program.write_text(PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    named = shlex.quote(str(at / ".git" / FOLDER / "unchanged"))
    asking = ASKING.format(program=named.replace("\\", "\\\\").replace('"', '\\"'))
    (inner / FOLDER / SETTINGS).write_text(asking, encoding="utf-8")
    with (inner / "config").open("a", encoding="utf-8") as config:
        config.write(f"[include]\n\tpath = {FOLDER}/{SETTINGS}\n")


def point_at(inner: Path, upper: Path) -> None:
    """Tell the program of a workspace where its upper layer is."""
    (inner / FOLDER).mkdir(parents=True, exist_ok=True)
    (inner / FOLDER / "upper").write_text(f"{upper}\n", encoding="utf-8")


def settled(folder: Path) -> tuple[str, ...]:
    """A git command that looks at every file, and lets the index say that none changed since `base`."""
    program = folder / "settled"
    program.write_text("#!/bin/sh\nprintf 'base\\0'\n", encoding="utf-8")
    program.chmod(0o700)
    settings = {
        "core.fsmonitor": shlex.quote(str(program)),
        "core.fsmonitorHookVersion": "2",
        "core.untrackedCache": "true",
        "core.excludesFile": str(folder / "none"),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return (*options, "status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=all")


def make_older(tree: Path) -> None:
    """Let nothing in a layer be as young as its index: git compares whole seconds, and would look at it again."""
    limit = time.time_ns() - RECENT_NS
    waiting = [str(tree)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for one in entries:
                if one.name == ".git":
                    continue
                if one.is_dir(follow_symlinks=False):
                    waiting.append(one.path)
                _make_older(one.path, one.stat(follow_symlinks=False).st_mtime_ns, limit)
    _make_older(str(tree), tree.stat().st_mtime_ns, limit)


def _make_older(path: str, modified: int, limit: int) -> None:
    if modified > limit:
        with suppress(OSError):
            os.utime(path, ns=(limit, limit), follow_symlinks=False)

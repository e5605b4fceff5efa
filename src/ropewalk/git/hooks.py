"""The person's hooks, as far as a change that is being merged cannot bring or alter them."""

import os
from pathlib import Path

from ropewalk.git.process import git_of_person, line

RUN = ("post-index-change", "reference-transaction")
"""What git runs while we move a branch and its files."""


def without_foreign_hooks(root: str, *trees: str) -> dict[str, str]:
    """The environment in which git, at `root`, runs no hook whose file lies among those of the `trees`.

    Where `core.hooksPath` or a link leads into a checkout, the change itself would say what is run.
    """
    asked = ("rev-parse", "--path-format=absolute")
    hooks = Path(os.fsdecode(git_of_person(*asked, "--git-path", "hooks", root=root)).rstrip("\n"))
    inner = Path(line(git_of_person(*asked, "--git-common-dir", root=root))).resolve()
    for file in [(hooks / name).resolve() for name in RUN]:
        if not file.is_relative_to(inner) and any(_within(file, one) for one in trees):
            return {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "core.hooksPath",
                "GIT_CONFIG_VALUE_0": os.devnull,
            }
    return {}


def _within(file: Path, tree: str) -> bool:
    return file.is_relative_to(Path(tree).resolve())

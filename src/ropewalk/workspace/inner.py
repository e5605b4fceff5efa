"""The git directory inside a workspace: small, its objects borrowed from a store.

We write it before any agent sees it, and never run git with it afterwards.
"""

import os
from pathlib import Path

from ropewalk.git.packs import carry
from ropewalk.git.process import git
from ropewalk.git.stores import ATTRIBUTES, base_store, lend, store

CONFIG = """[core]
	repositoryformatversion = 0
	filemode = true
	bare = false
	logallrefupdates = true
[user]
	name = Ropewalk attempt
	email = attempt@ropewalk.invalid
[gc]
	auto = 0
"""
BY_TIME = """[core]
	checkStat = minimal
"""
"""Root's runs in a sandbox see their files as another user's: that is no change."""


def make_git_dir(inner: Path, home: Path, project: str, *, commit: str, branch: str) -> None:
    """A git directory without index that stands on a commit of a project; it borrows from the base store alone."""
    git("init", "--quiet", "--template=", str(inner.parent), git_dir=inner)
    borrow_objects(inner, home, project, commit=commit)
    (inner / "info").mkdir(exist_ok=True)
    (inner / "info" / "attributes").write_text(ATTRIBUTES, encoding="utf-8")
    config = CONFIG if os.geteuid() else CONFIG + BY_TIME
    (inner / "config").write_text(config, encoding="utf-8")
    stand_on(inner, commit=commit, branch=branch)


def borrow_objects(inner: Path, home: Path, project: str, *, commit: str) -> None:
    """Let a git directory that we make see what a commit reaches, and nothing of other attempts."""
    own, lender = store(home, project), base_store(home, project)
    lend(own, lender, inner)
    carry(own, commit=commit, base=lender, into=inner / "objects")


def stand_on(inner: Path, *, commit: str, branch: str) -> None:
    """Write HEAD, and the branch it names (empty: detached)."""
    inner.mkdir(parents=True, exist_ok=True)
    head = f"ref: refs/heads/{branch}" if branch else commit
    (inner / "HEAD").write_text(f"{head}\n", encoding="utf-8")
    if branch:
        ref = inner / "refs" / "heads" / branch
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(f"{commit}\n", encoding="utf-8")

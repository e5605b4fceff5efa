"""Looking at a person's repository: what it is, and what of it is not supported."""

import os
from pathlib import Path

from ropewalk.core.errors import NotFound, Refused
from ropewalk.git.process import GitFailed, git, git_of_person, line
from ropewalk.ports import Source


def inspect(path: str) -> Source:
    """See `ports.Checkout.inspect`."""
    root = _root(path)
    _usable(root)
    head = _head(root)
    branch = line(
        git_of_person("symbolic-ref", "--quiet", "--short", "HEAD", root=root, accept=(0, 1))
    )
    upstream, behind = _upstream(root, branch)
    return Source(
        root=root,
        name=Path(root).name,
        head=head,
        branch=branch,
        dirty=len(dirty(root)),
        behind=behind,
        upstream=upstream,
        warnings=tuple(_warnings(root, head)),
    )


def _root(path: str) -> str:
    if not Path(path).is_dir():
        raise Refused(f"There is no directory {path}.", hint="Change to your repository.")
    try:
        facts = git_of_person(
            "rev-parse", "--is-bare-repository", "--is-inside-work-tree", root=path
        )
        bare, inside = line(facts).split("\n")
        if bare == "true":
            raise Refused(
                f"{path} is a bare repository: it has no checked-out branch to begin from.",
                hint="Run ropewalk in a clone of it: git clone …",
            )
        if inside != "true":
            raise Refused(f"{path} lies inside a .git directory.", hint="Change to the checkout.")
        return os.fsdecode(git_of_person("rev-parse", "--show-toplevel", root=path)).rstrip("\n")
    except GitFailed as failed:
        raise _explained(path, failed.words) from failed


def _explained(path: str, words: str) -> Refused:
    if "dubious ownership" in words:
        return Refused(
            f"{path} belongs to another user, so git does not trust it.",
            hint=f"If you do: git config --global --add safe.directory {path}",
        )
    if "not a git repository" in words:
        return NotFound(
            f"{path} is not in a git repository.",
            hint='Change to one, or make one: git init && git add -A && git commit -m "Begin"',
        )
    return Refused(f"git cannot read {path}: {words}", hint="Look with: git status")


def _usable(root: str) -> None:
    kind = line(git_of_person("rev-parse", "--show-object-format", root=root))
    if kind != "sha1":
        raise Refused(
            f"{root} uses {kind} object ids, which are not supported yet.",
            hint="Ropewalk works with SHA-1 repositories.",
        )


def _head(root: str) -> str:
    try:
        return line(git_of_person("rev-parse", "--verify", "--quiet", "HEAD^{commit}", root=root))
    except GitFailed:
        raise Refused(
            f"{root} has no commit yet, so there is nothing to begin from.",
            hint='Make one: git add -A && git commit -m "Begin"',
        ) from None


def dirty(root: str) -> list[str]:
    """The paths with uncommitted changes, untracked ones too, ignored ones not."""
    out = git_of_person(
        "status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=all", root=root
    )
    return [os.fsdecode(one[3:]) for one in out.split(b"\0") if one]


def _upstream(root: str, branch: str) -> tuple[str, int]:
    if not branch:
        return "", 0
    try:
        name = line(git_of_person("rev-parse", "--abbrev-ref", f"{branch}@{{upstream}}", root=root))
        count = git_of_person("rev-list", "--count", f"{branch}..{branch}@{{upstream}}", root=root)
    except GitFailed:
        return "", 0
    return name, int(count)


def _warnings(root: str, head: str) -> list[str]:
    found: list[str] = []
    entries = git_of_person("ls-tree", "-r", "-z", head, root=root)
    if any(one.startswith(b"160000 ") for one in entries.split(b"\0")):
        found.append("submodules are not supported yet: their directories are empty in workspaces")
    wanted = ("grep", "-lE", "filter=lfs", head, "--", "*.gitattributes")
    if git_of_person(*wanted, root=root, accept=(0, 1)):
        found.append("Git LFS is not supported yet: its files are pointers in workspaces")
    return found


def counts(own: Path, base: str, commit: str) -> tuple[int, int, int, tuple[str, ...]]:
    """What lies between two commits of a store: files, lines added and removed, paths."""
    out = git("diff-tree", "-r", "--numstat", "-z", "--no-renames", base, commit, git_dir=own)
    rows = [one.split(b"\t", 2) for one in out.split(b"\0") if one]
    added = sum(int(one[0]) for one in rows if one[0].isdigit())
    removed = sum(int(one[1]) for one in rows if one[1].isdigit())
    return len(rows), added, removed, tuple(os.fsdecode(one[2]) for one in rows)

"""The project's bare stores: what attempts begin from, what they made, and changes brought onto a target."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ropewalk.core.records import MergeMode
from ropewalk.git.inspect import counts
from ropewalk.git.process import git, git_beginning, line, message_bytes
from ropewalk.git.stores import base_store, bring_in, hold_base, store
from ropewalk.git.upkeep import writing
from ropewalk.ports import Built, Counts

NULL = "0" * 40
FILE_BYTES = 2 * 1024 * 1024
"""A larger file is compared as a whole, not line by line."""
DIFF_BYTES = 8 * 1024 * 1024
"""Of a longer difference the beginning is shown."""
ARGUMENTS = 200
"""Paths that are named to one git process."""
DIFF_OPTIONS = ("--no-ext-diff", "--no-textconv", "--no-color", "--find-renames")


class GitRepository:
    """Implements the port `Repository` on stores below `home/projects`."""

    def __init__(self, home: Path) -> None:
        """Stores are made on first use."""
        self._home = home

    def take(self, *, project: str, source: str, commit: str, ref: str) -> str:
        """See `ports.Repository.take`. Objects come by a local fetch; no hook of anybody runs."""
        own, base = store(self._home, project), base_store(self._home, project)
        with writing(own):
            bring_in(base, source, commit)
            hold_base(own, base, commit, ref)
        return line(git("rev-parse", "--verify", f"{commit}^{{tree}}", git_dir=base))

    def take_target(self, *, project: str, source: str, commit: str, ref: str) -> str:
        """See `ports.Repository.take_target`."""
        own = store(self._home, project)
        with writing(own):
            bring_in(own, source, commit)
            git("update-ref", ref, commit, git_dir=own)
        return line(git("rev-parse", "--verify", f"{commit}^{{tree}}", git_dir=own))

    def names(self, *, project: str, commit: str) -> list[str]:
        """See `ports.Repository.names`."""
        own = store(self._home, project)
        out = git("ls-tree", "-r", "-z", "--name-only", commit, git_dir=own)
        return [os.fsdecode(one) for one in out.split(b"\0") if one]

    def files(
        self, *, project: str, commit: str, paths: Sequence[str], limit: int = 4_000_000
    ) -> dict[str, bytes | None]:
        """See `ports.Repository.files`."""
        own = store(self._home, project)
        blobs: dict[str, str] = {}
        for at in range(0, len(paths), ARGUMENTS):
            asked = ("ls-tree", "-l", "-z", commit, "--", *paths[at : at + ARGUMENTS])
            blobs |= _small_blobs(git("--literal-pathspecs", *asked, git_dir=own), limit)
        found = _contents(own, [blobs[one] for one in paths if one in blobs])
        return {one: found[blobs[one]] if one in blobs else None for one in paths}

    def counts(self, *, project: str, base: str, commit: str) -> Counts:
        """See `ports.Repository.counts`."""
        own = store(self._home, project)
        files, added, removed, paths = counts(own, base, commit)
        tree = line(git("rev-parse", "--verify", f"{commit}^{{tree}}", git_dir=own))
        return Counts(tree=tree, files=files, added=added, removed=removed, paths=paths)

    def diff(self, *, project: str, old: str, new: str) -> str:
        """See `ports.Repository.diff`."""
        own = store(self._home, project)
        asked = ("-c", f"core.bigFileThreshold={FILE_BYTES}", "diff", *DIFF_OPTIONS, old, new)
        out, whole = git_beginning(*asked, git_dir=own, most=DIFF_BYTES)
        text = out.decode("utf-8", "replace")
        return (
            text if whole else f"{text}\n\\ The rest of the difference is too long to be shown.\n"
        )

    def build(
        self,
        *,
        project: str,
        base: str,
        commit: str,
        onto: str,
        mode: MergeMode,
        message: str,
        ref: str,
        author_of: str = "",
    ) -> Built:
        """See `ports.Repository.build`. The merge base is `base` whatever the histories are."""
        own = store(self._home, project)
        with writing(own):
            return self._build(own, base, commit, onto, mode, message, ref, author_of)

    def _build(
        self,
        own: Path,
        base: str,
        commit: str,
        onto: str,
        mode: MergeMode,
        message: str,
        ref: str,
        author_of: str,
    ) -> Built:
        steps = self._steps(own, base, commit) if mode == "rebase" else [(base, commit)]
        made, tree = onto, ""
        paths: list[str] = []
        for old, new in steps:
            tree, *paths = self._merged(own, old, new, made)
            parents = [onto, commit] if mode == "merge" and not paths else [made]
            said = message if new == commit else self._message(own, new)
            made = self._commit(own, tree, parents, said, self._author(own, author_of))
            if paths:
                break
        git("update-ref", ref, made, git_dir=own)
        return Built(onto=onto, commit=made, tree=tree, conflicts=tuple(dict.fromkeys(paths)))

    def _steps(self, own: Path, base: str, commit: str) -> list[tuple[str, str]]:
        """The commits from `base` to `commit`, each with the one before; one step if they are not in line."""
        out = git("rev-list", "--first-parent", "--reverse", f"{base}..{commit}", git_dir=own)
        chain = out.decode().split()
        first = line(git("rev-parse", f"{chain[0]}^", git_dir=own)) if chain else ""
        if first != base:
            return [(base, commit)]
        return list(zip([base, *chain], chain, strict=False))

    def _merged(self, own: Path, old: str, new: str, onto: str) -> list[str]:
        """The tree of `onto` with what `old..new` changed, then the paths that conflict."""
        change = self._commit(own, f"{new}^{{tree}}", [old], "change")
        root = self._commit(own, f"{onto}^{{tree}}", [old], "target")
        out = git(
            "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", root, change,
            git_dir=own,
            accept=(0, 1),
        )  # fmt: skip
        return [os.fsdecode(one) for one in out.split(b"\0") if one]

    def _message(self, own: Path, commit: str) -> str:
        return git("log", "-1", "--format=%B", commit, git_dir=own).decode("utf-8", "replace")

    def _author(self, own: Path, commit: str) -> dict[str, str]:
        if not commit:
            return {}
        said = git("log", "-1", "--format=%an%n%ae", commit, git_dir=own).decode("utf-8", "replace")
        name, _, mail = said.strip().partition("\n")
        return {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail}

    def _commit(
        self,
        own: Path,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: Mapping[str, str] | None = None,
    ) -> str:
        named = line(git("rev-parse", "--verify", tree, git_dir=own))
        options = [part for one in parents for part in ("-p", one)]
        body = message_bytes(message)
        made = git("commit-tree", named, *options, "-F", "-", git_dir=own, input=body, extra=author)
        return line(made)

    def overlay(
        self, *, project: str, commit: str, source: str, paths: Sequence[str], ref: str
    ) -> tuple[str, str]:
        """See `ports.Repository.overlay`."""
        own = store(self._home, project)
        with writing(own):
            return self._overlay(own, commit, source, paths, ref)

    def _overlay(
        self, own: Path, commit: str, source: str, paths: Sequence[str], ref: str
    ) -> tuple[str, str]:
        with tempfile.TemporaryDirectory(prefix="ropewalk-index-") as folder:
            extra = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            git("read-tree", commit, git_dir=own, extra=extra)
            info = b"".join(self._entry(own, source, one) for one in paths)
            git("update-index", "-z", "--index-info", git_dir=own, extra=extra, input=info)
            tree = line(git("write-tree", git_dir=own, extra=extra))
        made = self._commit(own, tree, [commit], "with the tests of the base")
        git("update-ref", ref, made, git_dir=own)
        return made, tree

    def _entry(self, own: Path, commit: str, path: str) -> bytes:
        out = git("--literal-pathspecs", "ls-tree", "-z", commit, "--", path, git_dir=own)
        name = os.fsencode(path)
        if not out:
            return b"0 " + NULL.encode() + b"\t" + name + b"\0"
        mode, _, key = out.split(b"\t", 1)[0].split()
        return mode + b" " + key + b"\t" + name + b"\0"


def _small_blobs(listing: bytes, limit: int) -> dict[str, str]:
    """Path → id of the regular files of at most `limit` bytes in the output of `ls-tree -l -z`."""
    found: dict[str, str] = {}
    for one in listing.split(b"\0")[:-1]:
        head, path = one.split(b"\t", 1)
        mode, _, key, size = head.split()
        if mode in (b"100644", b"100755") and int(size) <= limit:
            found[os.fsdecode(path)] = key.decode()
    return found


def _contents(own: Path, blobs: Sequence[str]) -> dict[str, bytes]:
    """Id → content, by one process for all of them (`git cat-file --batch`)."""
    asked = "".join(f"{one}\n" for one in dict.fromkeys(blobs)).encode()
    out = git("cat-file", "--batch", git_dir=own, input=asked) if blobs else b""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        key, _, size = out[at:end].split()
        found[key.decode()] = out[end + 1 : end + 1 + int(size)]
        at = end + int(size) + 2
    return found

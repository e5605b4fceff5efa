"""The project's bare store: what attempts begin from, what they made, and changes brought onto a target."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ropewalk.core.records import MergeMode
from ropewalk.git.process import git, line, message_bytes
from ropewalk.git.stores import bring_in, store
from ropewalk.ports import Built

NULL = "0" * 40
DIFF_OPTIONS = ("--no-ext-diff", "--no-textconv", "--no-color", "--find-renames")


class GitRepository:
    """Implements the port `Repository` on stores below `home/projects`."""

    def __init__(self, home: Path) -> None:
        """Stores are made on first use."""
        self._home = home

    def take(self, *, project: str, source: str, commit: str, ref: str) -> str:
        """See `ports.Repository.take`. Objects come by a local fetch; no hook of anybody runs."""
        own = store(self._home, project)
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
        return {one: self._file(own, commit, one, limit) for one in paths}

    def _file(self, own: Path, commit: str, path: str, limit: int) -> bytes | None:
        out = git("--literal-pathspecs", "ls-tree", "-l", "-z", commit, "--", path, git_dir=own)
        head = out.split(b"\t", 1)[0].split()
        if len(head) != 4 or head[0] not in (b"100644", b"100755") or int(head[3]) > limit:
            return None
        return git("cat-file", "blob", head[2].decode(), git_dir=own)

    def diff(self, *, project: str, old: str, new: str) -> str:
        """See `ports.Repository.diff`."""
        own = store(self._home, project)
        return git("diff", *DIFF_OPTIONS, old, new, git_dir=own).decode("utf-8", "replace")

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
    ) -> Built:
        """See `ports.Repository.build`. The merge base is `base` whatever the histories are."""
        own = store(self._home, project)
        steps = self._steps(own, base, commit) if mode == "rebase" else [(base, commit)]
        made, tree = onto, ""
        paths: list[str] = []
        for old, new in steps:
            tree, *paths = self._merged(own, old, new, made)
            parents = [onto, commit] if mode == "merge" and not paths else [made]
            said = message if new == commit else self._message(own, new)
            made = self._commit(own, tree, parents, said)
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

    def _commit(self, own: Path, tree: str, parents: Sequence[str], message: str) -> str:
        named = line(git("rev-parse", "--verify", tree, git_dir=own))
        options = [part for one in parents for part in ("-p", one)]
        body = message_bytes(message)
        return line(git("commit-tree", named, *options, "-F", "-", git_dir=own, input=body))

    def overlay(
        self, *, project: str, commit: str, source: str, paths: Sequence[str], ref: str
    ) -> tuple[str, str]:
        """See `ports.Repository.overlay`."""
        own = store(self._home, project)
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

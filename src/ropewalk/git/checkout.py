"""The person's own repository: read, and given only what `keep` and `merge` name."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ropewalk.core.errors import Bug, Conflict, NotFound, Refused
from ropewalk.git import adopted, brought
from ropewalk.git.hooks import without_foreign_hooks
from ropewalk.git.inspect import inspect
from ropewalk.git.moving import follow
from ropewalk.git.packs import PACK, pour
from ropewalk.git.process import (
    GitFailed,
    GitLocked,
    call_of_person,
    git_of_person,
    line,
    message_bytes,
)
from ropewalk.git.stores import base_store, bring_in, store
from ropewalk.ports import Brought, Found, Source


class GitCheckout:
    """Implements the port `Checkout`."""

    def __init__(self, home: Path, before: float = 0.0) -> None:
        """`home` is where the projects' stores are; `before` is how old (a time) what is kept may be."""
        self._home = home
        self._before = before

    def inspect(self, path: str) -> Source:
        """See `ports.Checkout.inspect`."""
        return inspect(path)

    def resolve(self, root: str, revision: str, *, fetch: bool = False) -> str:
        """See `ports.Checkout.resolve`."""
        if fetch and "/" in revision:
            self._fetch(root, revision.split("/", 1)[0])
        if revision.startswith("-"):
            raise NotFound(f"“{revision}” names no commit.", hint="Name a branch, tag or commit.")
        try:
            spec = f"{revision}^{{commit}}"
            return line(git_of_person("rev-parse", "--verify", "--quiet", spec, root=root))
        except GitFailed:
            name = revision.removeprefix("refs/heads/")
            raise NotFound(
                f"“{name}” names no commit here.", hint="See the branches: git branch --all"
            ) from None

    def _fetch(self, root: str, remote: str) -> None:
        try:
            git_of_person("fetch", "--quiet", "--", remote, root=root)
        except GitFailed as failed:
            raise Refused(
                f"Fetching {remote} failed: {failed.words}",
                hint="Leave out --base fresh, or mend the remote.",
            ) from failed

    def find(self, source: Source, directory: str, named: str) -> Found:
        """See `ports.Checkout.find`."""
        return adopted.find(source, directory, named)

    def fork_point(self, source: Source, head: str, wanted: str) -> str:
        """See `ports.Checkout.fork_point`."""
        return adopted.fork_point(source, head, wanted)

    def freeze(self, root: str, project: str, *, shared: bool = True) -> str:
        """See `ports.Checkout.freeze`. Works on a copy of the index; objects go into that store only."""
        base = base_store(self._home, project) if shared else store(self._home, project)
        parent = self.resolve(root, "HEAD")
        bring_in(base, root, parent)
        objects, index = (self._inside(root, name) for name in ("objects", "index"))
        with tempfile.TemporaryDirectory(prefix="ropewalk-freeze-") as folder:
            copy, fresh = Path(folder, "index"), Path(folder, "objects")
            fresh.mkdir()
            if index.exists():
                copy.write_bytes(index.read_bytes())
            extra = {
                "GIT_INDEX_FILE": str(copy),
                "GIT_OBJECT_DIRECTORY": str(fresh),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects),
                **_FROZEN,
            }
            return self._freeze(root, base, parent, extra)

    def bring(self, *, root: str, project: str, commit: str, lines: Sequence[str]) -> Brought:
        """See `ports.Checkout.bring`."""
        return brought.bring(self._home, root, project, commit, lines)

    def forget_brought(self, kept: Sequence[str]) -> None:
        """See `ports.Checkout.forget_brought`."""
        brought.forget(self._home, kept, self._before)

    def _freeze(self, root: str, base: Path, parent: str, extra: dict[str, str]) -> str:
        """The commit, and a pack of all that HEAD does not reach, staged blobs of the person's too."""
        quiet = ("-c", f"core.hooksPath={os.devnull}", "-c", "commit.gpgSign=false")
        git_of_person(*quiet, "add", "--all", root=root, extra=extra)
        tree = line(git_of_person("write-tree", root=root, extra=extra))
        made = line(
            git_of_person(
                *quiet, "commit-tree", tree, "-p", parent,
                "-m", "Uncommitted changes, frozen as a base",
                root=root,
                extra=extra,
            )
        )  # fmt: skip
        pour(call_of_person(*PACK, root=root, extra=extra), base, [made, f"^{parent}"])
        return made

    def _inside(self, root: str, name: str) -> Path:
        """Where a part of the person's git directory is, in linked worktrees too."""
        arguments = ("rev-parse", "--path-format=absolute", "--git-path", name)
        return Path(line(git_of_person(*arguments, root=root)))

    def hold(self, *, root: str, project: str, commit: str, ref: str) -> None:
        """See `ports.Checkout.hold`."""
        if not ref.startswith("refs/ropewalk/"):
            raise Bug(f"{ref} is not ours.")
        if commit:
            self._bring(root, project, commit)
            git_of_person("update-ref", ref, commit, root=root)
        else:
            git_of_person("update-ref", "-d", ref, root=root)

    def _bring(self, root: str, project: str, commit: str) -> None:
        """Objects from the store into the person's repository, with no ref."""
        own = store(self._home, project)
        served = "git -c uploadpack.allowAnySHA1InWant=true upload-pack"
        try:
            git_of_person(
                "-c", "protocol.file.allow=always", "-c", "fetch.recurseSubmodules=false",
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
                f"--upload-pack={served}", str(own), commit,
                root=root,
                extra={"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": os.devnull},
            )  # fmt: skip
        except GitFailed as failed:
            if "ermission denied" in failed.words or "ead-only" in failed.words:
                raise Refused(
                    f"{root} cannot be written: {failed.words.splitlines()[-1]}",
                    hint="Allow writing to its .git directory.",
                ) from failed
            raise

    def commit(
        self, *, root: str, project: str, commit: str, parents: Sequence[str], message: str
    ) -> str:
        """See `ports.Checkout.commit`."""
        for one in (commit, *parents):
            self._bring(root, project, one)
        self._identity(root)
        onto, *others = parents
        chain = ["rev-list", "--first-parent", "--reverse", f"{onto}..{commit}"]
        *earlier, last = line(git_of_person(*chain, root=root)).split() or [commit]
        for one in earlier:
            own = git_of_person("log", "-1", "--format=%B", one, root=root)
            onto = self._made(root, one, [onto], own.decode("utf-8", "replace"))
        return self._made(root, last, [onto, *others], message)

    def _made(self, root: str, commit: str, parents: Sequence[str], message: str) -> str:
        """One commit by the person with the tree of `commit`."""
        text = self._hooked(root, message)
        tree = line(git_of_person("rev-parse", "--verify", f"{commit}^{{tree}}", root=root))
        signed = line(
            git_of_person(
                "config", "--type=bool", "--get", "commit.gpgSign", root=root, accept=(0, 1)
            )
        )
        options = [part for one in parents for part in ("-p", one)]
        sign = ["-S"] if signed == "true" else []
        try:
            made = git_of_person(
                "commit-tree", *sign, tree, *options, "-F", "-", root=root, input=text
            )
        except GitFailed as failed:
            raise Refused(
                f"git could not make your commit: {failed.words}",
                hint="Mend that, then merge again.",
            ) from failed
        return line(made)

    def _identity(self, root: str) -> None:
        for kind in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            try:
                git_of_person("-c", "user.useConfigOnly=true", "var", kind, root=root)
            except GitFailed:
                raise Refused(
                    "git does not know who you are, so the commit would have no author.",
                    hint='git config --global user.name "You"; git config --global user.email you@example.org',
                ) from None

    def _hooked(self, root: str, message: str) -> bytes:
        """The message as the person's commit-msg hook leaves it. Refused: the hook says no."""
        with tempfile.TemporaryDirectory(prefix="ropewalk-message-") as folder:
            path = Path(folder, "COMMIT_EDITMSG")
            path.write_bytes(message_bytes(message))
            try:
                git_of_person(
                    "hook", "run", "--ignore-missing", "commit-msg", "--", str(path), root=root
                )
            except GitFailed as failed:
                raise Refused(
                    f"Your commit-msg hook refused the message: {failed.words}",
                    hint="Edit it: ropewalk merge -e …",
                ) from failed
            return git_of_person("stripspace", root=root, input=path.read_bytes())

    def move(
        self, *, root: str, branch: str, old: str, new: str
    ) -> Literal["moved", "updated", "already"]:
        """See `ports.Checkout.move`. Files first, then the branch: a repeated call finishes what died."""
        ref = f"refs/heads/{branch}"
        now = line(git_of_person("rev-parse", "--verify", "--quiet", ref, root=root, accept=(0, 1)))
        if now == new:
            return "already"
        if now != old:
            where = f"is at {now[:12]} now" if now else "is gone"
            raise Conflict(f"{branch} {where}.", hint="Look at it, then try again.")
        place = self._worktree_of(root, ref)
        extra: dict[str, str] = {}
        if place is not None:
            extra = without_foreign_hooks(place, place, root)
            follow(place, branch, old, new, journal=self._journal(place), extra=extra)
        words = ("-m", f"ropewalk: {branch}")
        try:
            git_of_person("update-ref", *words, ref, new, old, root=root, extra=extra)
        except GitFailed as failed:
            if place is not None:
                follow(place, branch, new, old, journal=self._journal(place), extra=extra)
            if isinstance(failed, GitLocked):
                raise
            raise self._unmoved(root, branch, failed.words) from failed
        return "updated" if place else "moved"

    def _journal(self, place: str) -> Path:
        """Where a move of this checkout that is under way is noted."""
        return self._home / "moves" / hashlib.sha256(os.fsencode(place)).hexdigest()[:32]

    def _unmoved(self, root: str, branch: str, words: str) -> Refused:
        if "ermission denied" in words or "ead-only" in words:
            return Refused(
                f"{root} cannot be written: {words}", hint="Allow writing to its .git directory."
            )
        return Conflict(f"{branch} moved just now: {words}", hint="Try again.")

    def _worktree_of(self, root: str, ref: str) -> str | None:
        out = git_of_person("worktree", "list", "--porcelain", "-z", root=root)
        for entry in out.split(b"\0\0"):
            fields = dict([*part.split(b" ", 1), b""][:2] for part in entry.split(b"\0") if part)
            place = os.fsdecode(fields.get(b"worktree", b""))
            if os.fsdecode(fields.get(b"branch", b"")) == ref and Path(place).is_dir():
                return place
        return None


_FROZEN = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ropewalk"), ("EMAIL", "ropewalk@ropewalk.invalid"))
}

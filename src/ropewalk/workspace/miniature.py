"""A small checkout made of copies: the changed files, and the rules that hold for them.

Git looks only at this one, never at what a hostile process can write while git reads. It holds no nested
repository, no pipe, and no more than what changed, so git is done in the time of the change.
"""

import os
import stat
import threading
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from ropewalk.git.process import GitFailed, conversing, git
from ropewalk.git.trees import Entry, Listing

RULES = (b".gitignore", b".gitattributes")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 24
AT_ONCE = 4096
"""Bytes that a pipe takes, whatever the reader does."""


class Miniature(AbstractContextManager["Miniature"]):
    """A checkout at `place`, an absent path in a directory of ours; its index lies beside it."""

    def __init__(self, own: Path, place: Path) -> None:
        """`own` is the store that takes the objects. Use it as a context manager."""
        self._own = own
        self._place = place
        self._open = ExitStack()
        self._root = -1
        self._asking: tuple[IO[bytes], IO[bytes]] | None = None
        self._ignores = (own / "info" / "exclude").exists()
        self._attributes = False

    def __enter__(self) -> Self:
        """Make the directory."""
        self._place.mkdir()
        self._root = os.open(self._place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._open.callback(os.close, self._root)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End what git runs here; the directory is the caller's to remove."""
        self._open.__exit__(kind, error, trace)

    # --- filling -------------------------------------------------------------------------------

    def folder(self, path: bytes) -> None:
        """Make a directory in one that is there."""
        with suppress(FileExistsError):
            os.mkdir(path, 0o700, dir_fd=self._root)

    def link(self, path: bytes, target: bytes) -> None:
        """Make a symbolic link."""
        os.symlink(target, path, dir_fd=self._root)

    def copy(self, path: bytes, source: int, largest: int) -> bool:
        """Copy an open regular file; False if it turns out to be larger than `largest` bytes.

        OSError, also that `source` could not be read.
        """
        run = os.fstat(source).st_mode & stat.S_IXUSR
        made = os.open(path, _NEW, 0o700 if run else 0o600, dir_fd=self._root)
        try:
            copied = 0
            while more := os.read(source, _CHUNK):
                copied += len(more)
                if copied > largest:
                    os.unlink(path, dir_fd=self._root)
                    return False
                _write(made, more)
        finally:
            os.close(made)
        self._noted(path)
        return True

    def _noted(self, path: bytes) -> None:
        self._ignores |= path.rsplit(b"/", 1)[-1] == b".gitignore"
        self._attributes |= _names_rules(path)

    # --- asking --------------------------------------------------------------------------------

    def ignored(self, paths: list[bytes]) -> set[bytes]:
        """Which of these paths the rules shut out. Directories must be there as such, with their rules."""
        if not paths or not self._ignores:
            return set()
        said, answers = self._ask()
        # With a point before it no path is taken for a pattern with magic.
        names = b"".join(b"./" + path + b"\0" for path in paths)
        if len(names) <= AT_ONCE:
            _say(said, names)
            return {path for path in paths if _answer(answers)}
        writing = threading.Thread(target=_say, args=(said, names))
        writing.start()
        try:
            return {path for path in paths if _answer(answers)}
        finally:
            writing.join()

    def _ask(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._asking is None:
            options = ("--no-index", "--stdin", "-z", "--verbose", "--non-matching")
            extra = self._extra()
            talk = conversing(
                "check-ignore", *options, git_dir=self._own, extra=extra, accept=(0, 1)
            )
            self._asking = self._open.enter_context(talk)
        return self._asking

    # --- recording -----------------------------------------------------------------------------

    def record(self, known: Listing) -> Listing:
        """What git makes of all that is here: path → mode and id. The objects are in the store then.

        `known` is what git shall find in its index. It matters only where attributes hold: line ends that
        are in the index already stay, and rules that only the index has still count for a while.
        """
        if self._attributes or any(_names_rules(path) for path in known):
            rows = [b"%s %s\t%s\0" % (_padded(x.mode), x.id.encode(), p) for p, x in known.items()]
            self._git("update-index", "-z", "--index-info", input=b"".join(rows))
        self._add()
        listed = self._git("ls-files", "--stage", "-z").split(b"\0")[:-1]
        found: Listing = {}
        for one in listed:
            head, path = one.split(b"\t", 1)
            mode, made, _ = head.split()
            found[path] = Entry(mode, made.decode())
        return found

    def _add(self) -> None:
        """Add everything. What git takes for no name of a file stays out; GitFailed for anything else."""
        try:
            self._git("add", "--all", "--force", "--ignore-errors", ".")
        except GitFailed as failed:
            words = [one for one in failed.words.splitlines() if one.startswith(("error", "fatal"))]
            if failed.status != 1 or not all(_of_a_name(one) for one in words):
                raise

    def _git(self, *arguments: str, input: bytes | None = None) -> bytes:
        return git(*arguments, git_dir=self._own, extra=self._extra(), input=input)

    def _extra(self) -> dict[str, str]:
        return {"GIT_WORK_TREE": str(self._place), "GIT_INDEX_FILE": f"{self._place}.index"}


def _write(file: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]


def _say(said: IO[bytes], names: bytes) -> None:
    with suppress(OSError, ValueError):
        said.write(names)
        said.flush()


def _answer(answers: IO[bytes]) -> bool:
    """One answer: where a rule was found, the line, the rule itself, the path; empty if there is none."""
    _source, _line, rule, _path = (_field(answers) for _ in range(4))
    return bool(rule) and not rule.startswith(b"!")


def _field(answers: IO[bytes]) -> bytes:
    found = bytearray()
    while (one := answers.read(1)) != b"\0":
        if not one:
            raise GitFailed("git check-ignore ended early", 1)
        found += one
    return bytes(found)


def _names_rules(path: bytes) -> bool:
    return path.rsplit(b"/", 1)[-1] == b".gitattributes"


def _of_a_name(words: str) -> bool:
    return "invalid path" in words or "unable to add" in words


def _padded(mode: bytes) -> bytes:
    return mode.rjust(6, b"0")

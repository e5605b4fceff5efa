"""Tree objects of a store, read and written one directory at a time: the cost follows what is touched."""

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple

from ropewalk.git.process import GitFailed, conversing

FOLDER = b"40000"
SUBMODULE = b"160000"
_TYPES = {FOLDER: b"tree", SUBMODULE: b"commit"}


class Entry(NamedTuple):
    """What a tree says of one name: the mode as git writes it there, and the object's id."""

    mode: bytes
    id: str

    @property
    def is_folder(self) -> bool:
        """A tree below this one."""
        return self.mode == FOLDER


Listing = dict[bytes, Entry]


class Tree(NamedTuple):
    """A tree that is in a store. Its listing is shared: copy it before you change it."""

    id: str
    entries: Listing


NONE = Tree("", {})
"""Where there is no tree."""


class Trees(AbstractContextManager["Trees"]):
    """Reads and writes with one git process each, started when first needed. GitFailed at any call."""

    def __init__(self, own: Path) -> None:
        """`own` is the bare store."""
        self._own = own
        self._open = ExitStack()
        self._talks: dict[str, tuple[IO[bytes], IO[bytes]]] = {}
        self._read: dict[str, Tree] = {}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes."""
        self._open.__exit__(kind, error, trace)

    def read(self, name: str) -> Tree:
        """A tree, by its id or that of a commit with `^{tree}` after it."""
        if name not in self._read:
            said, answers = self._talk("cat-file", "--batch")
            said.write(f"{name}\n".encode())
            said.flush()
            head = answers.readline().split()
            if len(head) != 3 or head[1] != b"tree":
                raise GitFailed(f"{name} is no tree of {self._own}", 1)
            raw = answers.read(int(head[2]) + 1)[:-1]
            self._read[name] = Tree(head[0].decode(), _parsed(raw, len(head[0]) // 2))
        return self._read[name]

    def write(self, entries: Listing) -> str:
        """The id of the tree with these entries, which is in the store from now on."""
        said, answers = self._talk("mktree", "--batch", "--missing", "-z")
        for name, one in entries.items():
            kind = _TYPES.get(one.mode, b"blob")
            said.write(b"%s %s %s\t%s\0" % (one.mode, kind, one.id.encode(), name))
        said.write(b"\0")
        said.flush()
        made = answers.readline().decode().strip()
        if not made:
            raise GitFailed("git mktree ended early", 1)
        return made

    def _talk(self, *arguments: str) -> tuple[IO[bytes], IO[bytes]]:
        if arguments[0] not in self._talks:
            talk = self._open.enter_context(conversing(*arguments, git_dir=self._own))
            self._talks[arguments[0]] = talk
        return self._talks[arguments[0]]


def _parsed(raw: bytes, width: int) -> Listing:
    """A tree object: `MODE NAME NUL ID`, over and over; `width` is the bytes of an id."""
    found: Listing = {}
    at = 0
    while at < len(raw):
        end = raw.index(b"\0", at)
        mode, name = raw[at:end].split(b" ", 1)
        at = end + 1 + width
        found[name] = Entry(mode, raw[end + 1 : at].hex())
    return found

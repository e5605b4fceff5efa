"""Killed before every step: a program that does one deed after another, dies in it at the first step, at the second…

Run as a program with an engine and a directory. A step is what others can see: a name in a directory of the host, or
in one of a workspace or base, is made, changed or removed; or a git is started that writes. After each death a new
host mends; then the deed must be done or not begun, a repeated call must finish it, and nothing may lie about.
Everything happens in forks of one process, so that a hundred deaths take seconds.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ropewalk.core.errors import RopewalkError
from ropewalk.git.process import git, line
from ropewalk.git.repository import GitRepository
from ropewalk.git.stores import store
from ropewalk.ports import Order
from ropewalk.testing.repositories import make_repository
from ropewalk.workspace.ladder import workspaces
from ropewalk.workspace.places import MARK

CHANGING = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.link", "shutil.copyfile"}
WRITING = {"update-ref", "read-tree", "commit-tree", "add", "enter", "repack", "prune", "pack-refs"}
SEEN = 3
Counting = Callable[[str, tuple[Any, ...]], bool]
FILES: dict[str, str | bytes] = {"a.txt": "one\n", "d/b.txt": "two\n", ".gitignore": "*.log\n"}
MOST = 400
REF = "refs/ropewalk/attempts/w/1"
OTHER = "refs/ropewalk/attempts/other"
BEFORE = "refs/ropewalk/attempts/w/1-before"


def die_at(step: int, counts: Counting) -> None:
    """Be killed before the n-th step of this process."""
    left = [step]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if counts(event, arguments):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def in_host(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether this is a step."""
    if event == "subprocess.Popen":
        return not WRITING.isdisjoint(map(str, arguments[1]))
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & 0o3
    if not writes and event not in CHANGING:
        return False
    path = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes | Path) else ""
    _, found, below = path.partition("/rw/host/")
    return bool(found) and len(below.split("/")) <= SEEN


def counts_inner(event: str, arguments: tuple[Any, ...]) -> bool:
    """The same, and names within directories that are open, and all that is kept."""
    if in_host(event, arguments):
        return True
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & 0o3
    known = isinstance(arguments[0], str | bytes | Path) if arguments else False
    named = os.fsdecode(arguments[0]) if known and (writes or event in CHANGING) else ""
    return bool(named) and ("/" not in named or "/kept/" in named)


def killed(deed: Callable[[], object], step: int, counts: Counting = in_host) -> bool:
    """Do something in a fork that dies at a step. False: it came to its end before."""
    child = os.fork()
    if not child:
        os.setsid()
        die_at(step, counts)
        try:
            deed()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"failed at step {step}"
    return os.WIFSIGNALED(status)


@dataclass(frozen=True)
class Deed:
    """Something to be killed in. `look` sees that it is done or not begun, `again` that a repetition ends it."""

    name: str
    before: Callable[[], object]
    do: Callable[[], object]
    look: Callable[[], object]
    again: Callable[[], object]
    counts: Counting = in_host


class Scene:
    """A host with one project, whose workspace `w` is the one that everything happens to."""

    def __init__(self, engine: str, top: Path) -> None:
        self.engine, self.home = engine, top / "rw"
        self.base = make_repository(top / "repo", FILES)
        repository = GitRepository(self.home)
        repository.take(
            project="p",
            source=str(top / "repo"),
            commit=self.base,
            ref="refs/ropewalk/tasks/t/base",
        )
        self.own = store(self.home, "p")
        self.host = self.home / "host"
        self.round = 0
        for one in ("workspaces", "bases", "trash"):
            stranger = self.host / one / "stranger"
            stranger.mkdir(parents=True)
            (stranger / "mine").write_text("mine")

    # --- calls

    @cached_property
    def made(self) -> Any:
        return workspaces(self.home, wanted=self.engine)

    def call(self, name: str, /, **arguments: Any) -> Any:
        deed: Coroutine[Any, Any, Any] = getattr(self.made, name)(**arguments)
        return asyncio.run(deed)

    def prepare(self) -> None:
        order = Order(id="w", project="p", base=self.base, branch="b")
        self.call("prepare", order=order)

    def snapshot(self) -> Any:
        return self.call(
            "snapshot", id="w", project="p", base=self.base, parent=self.base, ref=REF, message="m"
        )

    def replace(self) -> None:
        self.call("replace", id="w", project="p", commit=self.base, ref=BEFORE)

    def trash(self) -> None:
        self.call("trash", id="w")

    def begin(self) -> None:
        self.made._bases.begin("p", self.base, "")  # pyright: ignore[reportPrivateUsage]

    # --- the state

    @property
    def live(self) -> Path:
        return self.host / "workspaces" / "w"

    @property
    def trashed(self) -> Path:
        return self.host / "trash" / "w"

    def files(self, where: Path) -> Path:
        return where / ("upper" if self.engine == "overlay" else "tree")

    def change(self) -> str:
        """Another content each time; the file's."""
        self.round += 1
        content = f"round {self.round}\n"
        (self.files(self.live) / "new.txt").write_text(content)
        (self.files(self.live) / "left.log").write_text("ignored")
        return content

    def reads(self, name: str) -> bytes | None:
        return self.call("read", id="w", path=name, limit=100)

    def held(self, content: str) -> bool:
        """Whether some ref holds this content of the changed file."""
        refs = git("for-each-ref", "--format=%(refname)", git_dir=self.own).decode().split()
        listed = [git("ls-tree", "--name-only", one, "new.txt", git_dir=self.own) for one in refs]
        with_it = [one for one, names in zip(refs, listed, strict=True) if names]
        shown = [git("cat-file", "blob", f"{one}:new.txt", git_dir=self.own) for one in with_it]
        return content.encode() in shown

    def tidy(self) -> None:
        """Nothing unmarked, nothing unfinished is there; what is not ours is as it was."""
        for parent in ("workspaces", "bases", "trash"):
            assert (self.host / parent / "stranger" / "mine").read_text() == "mine"
            for one in (self.host / parent).iterdir():
                ours = one.name in ("stranger", "empty") or (one / MARK).is_file()
                assert ours, f"{one} lies about"
                assert not one.name.startswith("."), f"{one} lies about"
                assert one.name == "stranger" or not list(one.glob("miniature-*"))
                assert one.name == "stranger" or not list(one.glob(f".{MARK}-*"))
                assert one.name == "stranger" or not list(one.glob("kept/.*"))

    def away(self) -> None:
        self.call("trash", id="w", forever=True)

    def fresh(self) -> None:
        """A workspace as it is at its beginning."""
        if self.live.exists():
            self.away()
        self.prepare()

    # --- deeds

    def deeds(self) -> list[Deed]:
        found = [
            Deed("prepare", self._none, self.prepare, self._whole, self._prepared),
            Deed("snapshot", self._changed, self.snapshot, self._readable, self._snapped),
            Deed("replace", self._changed, self.replace, self._kept, self._replaced),
            Deed("trash", self._changed, self.trash, self._in_one_place, self._trashed_then_back),
            Deed("clear", self._in_trash, self._clear, self._held_or_there, self._cleared),
            Deed("forever", self.fresh, self.away, self._whole, self._gone),
            Deed("versions", self._two, self._let_go, self._kept_are_whole, self._let_gone),
            Deed("objects", self._loose_ends, self._clean, self._kept_are_whole, self._cleaned),
        ]
        if self.engine in ("btrfs", "reflink"):
            return [
                Deed(
                    "keep",
                    self._left,
                    self._keep,
                    self._one_is_kept,
                    self._is_kept,
                    counts=counts_inner,
                ),
                Deed(
                    "back",
                    self._both,
                    self._back,
                    self._both_are_kept,
                    self._is_back,
                    counts=counts_inner,
                ),
            ]
        if self.engine == "overlay":
            found += [
                Deed("base", self._no_base, self.begin, self._no_half_base, self._based),
                Deed("unbase", self._a_base, self._unbase, self._no_half_base, self._no_base),
            ]
        return found

    def _ignored(self, *names: str) -> None:
        """These are the ignored files, and say which of them are there."""
        for one in self.files(self.live).glob("*.log"):
            one.unlink()
        for one in names:
            (self.files(self.live) / f"{one}.log").write_text(" ".join(names))

    def _there(self) -> list[str]:
        found = sorted(self.files(self.live).glob("*.log"))
        said = {one.read_text() for one in found}
        assert said == {" ".join(one.stem for one in found)}
        return [one.stem for one in found]

    def _left(self) -> None:
        self.fresh()
        self._ignored("a", "b")
        self._keep()
        self._ignored("b", "c", "d")

    def _keep(self) -> None:
        assert self.call("keep", id="w", name="turn-1")

    def _one_is_kept(self) -> None:
        assert self.call("keep", id="w", name="now")
        assert self.call("bring_back", id="w", name="turn-1", saved="now") in ("same", "all")
        assert self._there() in (["a", "b"], ["b", "c", "d"])
        self._ignored("b", "c", "d")

    def _is_kept(self) -> None:
        self._keep()
        self._ignored("e")
        assert self.call("keep", id="w", name="now")
        self._back()
        assert self._there() == ["b", "c", "d"]

    def _both(self) -> None:
        self._left()
        assert self.call("keep", id="w", name="now")

    def _back(self) -> None:
        assert self.call("bring_back", id="w", name="turn-1", saved="now") in ("same", "all")

    def _both_are_kept(self) -> None:
        names = {one.name.partition("-")[2] for one in (self.live / "kept").iterdir()}
        assert {"turn-1", "now"} <= names

    def _is_back(self) -> None:
        self._back()
        assert self._there() == ["a", "b"]

    def _none(self) -> None:
        if self.live.exists():
            self.away()

    def _whole(self) -> None:
        if self.live.exists():
            assert self.reads("a.txt") == b"one\n"
            assert self.reads("d/b.txt") == b"two\n"

    def _prepared(self) -> None:
        self.prepare()
        self._whole()
        assert self.live.exists()

    def _changed(self) -> None:
        self.fresh()
        self.content = self.change()

    def _readable(self) -> None:
        assert self.reads("new.txt") == self.content.encode()

    def _snapped(self) -> None:
        shot = self.snapshot()
        assert self.held(self.content)
        assert shot.paths == ("new.txt",)

    def _kept(self) -> None:
        assert self.held(self.content) or self.reads("new.txt") == self.content.encode()

    def _replaced(self) -> None:
        self.replace()
        assert self.held(self.content)
        assert self.reads("new.txt") is None
        assert self.reads("a.txt") == b"one\n"

    def _in_one_place(self) -> None:
        assert self.live.exists() != self.trashed.exists()

    def _trashed_then_back(self) -> None:
        self.trash()
        assert self.trashed.exists()
        assert not self.live.exists()
        assert self.call("restore", id="w")
        self._readable()
        assert self.reads("left.log") == b"ignored"

    def _in_trash(self) -> None:
        for one in self.call("usage", measured=False):
            if one.kind == "trash":
                self.call("clear", kind="trash", id=one.id, stamp=one.stamp)
        self._changed()
        self.trash()

    def _clear(self) -> Any:
        usage = next(x for x in self.call("usage", measured=False) if x.kind == "trash")
        return self.call("clear", kind="trash", id="w", stamp=usage.stamp)

    def _held_or_there(self) -> None:
        there = self.trashed.exists() and (self.files(self.trashed) / "new.txt").exists()
        assert there or self.held(self.content)

    def _cleared(self) -> None:
        if self.trashed.exists():
            assert self._clear().contents.ignored == 1
        assert self.held(self.content)
        assert not self.trashed.exists()

    def _gone(self) -> None:
        self.away()
        assert not self.live.exists()

    def _two(self) -> None:
        """Beside the workspace and its version, the versions of another attempt."""
        self._changed()
        self.snapshot()
        git("update-ref", f"{OTHER}/1", self._lone(), git_dir=self.own)
        git("update-ref", f"{OTHER}/2", self._lone(), git_dir=self.own)

    def _lone(self) -> str:
        """A commit of the store with a file that nothing else has."""
        self.round += 1
        blob = line(
            git(
                "hash-object",
                "-w",
                "--stdin",
                git_dir=self.own,
                input=f"lone {self.round}".encode(),
            )
        )
        tree = line(git("mktree", git_dir=self.own, input=f"100644 blob {blob}\tlone\n".encode()))
        self.lone = blob
        return line(git("commit-tree", tree, "-p", self.base, git_dir=self.own, input=b"lone"))

    def _let_go(self) -> None:
        self.call("clear", kind="versions", id="p/other", stamp="")

    def _let_gone(self) -> None:
        self._let_go()
        assert not git("for-each-ref", OTHER, git_dir=self.own)
        self._kept_are_whole()

    def _loose_ends(self) -> None:
        """As before, without the refs, and long ago."""
        self._two()
        self._let_go()
        for one in (self.own / "objects").rglob("*"):
            if one.is_file():
                os.utime(one, (1, 1))

    def _clean(self) -> Any:
        return self.call("clear", kind="objects", id="p.git", stamp="")

    def _kept_are_whole(self) -> None:
        """All that refs hold is there, and the workspace works on."""
        git("fsck", "--connectivity-only", "--no-dangling", git_dir=self.own)
        assert self.held(self.content)
        self._readable()
        assert self.snapshot().paths == ("new.txt",)

    def _cleaned(self) -> None:
        self._clean()
        git("cat-file", "-e", self.lone, git_dir=self.own, accept=(1,))
        self._kept_are_whole()
        assert not [x for x in self.call("usage") if x.kind == "objects" and x.bytes]

    def _keys(self) -> list[str]:
        return [x.id for x in self.call("usage", measured=False) if x.kind == "base"]

    def _no_base(self) -> None:
        self._none()
        for key in self._keys():
            self.call("clear", kind="base", id=key, stamp="")
        assert not self._keys()

    def _a_base(self) -> None:
        self._none()
        self.begin()

    def _unbase(self) -> None:
        self.call("clear", kind="base", id=self._keys()[0], stamp="")

    def _no_half_base(self) -> None:
        for key in self._keys():
            tree = self.host / "bases" / key / "tree"
            assert (tree / "a.txt").read_text() == "one\n"
            assert (tree / ".git" / "HEAD").exists()

    def _based(self) -> None:
        self.begin()
        assert len(self._keys()) == 1
        self._no_half_base()


def sweep(scene: Scene, deed: Deed) -> int:
    """Die in a deed at each of its steps; how many there were."""
    for step in range(1, MOST):
        deed.before()
        if not killed(deed.do, step, deed.counts):
            return step - 1
        scene.made.mend()
        try:
            scene.tidy()
            deed.look()
            deed.again()
            scene.tidy()
        except (AssertionError, RopewalkError, OSError) as error:
            raise AssertionError(f"{deed.name}, killed at step {step}") from error
    raise AssertionError(f"{deed.name} has no end")


def main() -> None:
    engine, top = sys.argv[1], Path(sys.argv[2])
    scene = Scene(engine, top)
    for deed in scene.deeds():
        print(deed.name, sweep(scene, deed), flush=True)


if __name__ == "__main__":
    main()

"""Ports: what the hub needs from the outside. Each has a shipped fake and one contract suite.

Adapters implement them, `wiring.py` chooses, and nothing else knows which one it talks to. All methods
may raise `ropewalk.core.errors.Outside` (outside and retryable) or `Refused` (the person's, with a hint).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from ropewalk.core.events import Recorded
from ropewalk.core.records import Exit, Limits, MergeMode
from ropewalk.core.state import Attempt, Evidence, Project, Task
from ropewalk.wire.frames import Frame


class Clock(Protocol):
    """Time as the hub sees it."""

    def now(self) -> float:
        """Seconds since the epoch, wall clock."""
        ...


# --- the store -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a run's spool has been read, and what reading it on needs.

    `offset` is the spool position to tail from; `decoder` is the decoder's own state (JSON), `version`
    its version; `outbox` holds what was decided to be written and is not acknowledged yet (JSON).
    """

    run: str
    offset: int
    decoder: str
    version: int
    outbox: str = "[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What one transaction writes: events, and the projections and cursor that follow from them."""

    events: Sequence[Recorded]
    projects: Sequence[Project] = ()
    tasks: Sequence[Task] = ()
    attempts: Sequence[Attempt] = ()
    evidence: Sequence[Evidence] = ()
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the hub needs in memory at its start: only what lives.

    Tasks that are not closed, their attempts, evidence that is theirs or is not finished, cursors of
    their attempts' runs. `hub` is the permanent id of this instance, `last_task` the highest number given,
    `closed` how many closed tasks each project has.
    """

    hub: str
    last_task: int
    last_seq: int
    projects: Sequence[Project]
    tasks: Sequence[Task]
    attempts: Sequence[Attempt]
    evidence: Sequence[Evidence]
    cursors: Sequence[Cursor]
    closed: Mapping[str, int] = field(default_factory=dict[str, int])


class Store(Protocol):
    """Keeps events and projections. Synchronous; `append` is called by the one writer thread only."""

    def load(self) -> Loaded:
        """Everything that lives (tasks that are not closed and what belongs to them)."""
        ...

    def append(self, commits: Sequence[Commit]) -> None:
        """Write all commits in one durable transaction, or none of them."""
        ...

    def events(
        self,
        *,
        after: int = 0,
        attempt: str = "",
        task: str = "",
        limit: int = 1000,
        texts: bool = True,
    ) -> list[Recorded]:
        """Events with a sequence number above `after`, ascending; with the payloads' texts if asked.

        Fewer than `limit` where their texts are large; none only where there are no more.
        """
        ...

    def latest(self, *, project: str, actor: str, tags: Sequence[str]) -> Recorded | None:
        """The newest event of these kinds that an actor brought about in a project, without texts."""
        ...

    def tasks(
        self,
        *,
        number: int | None = None,
        project: str = "",
        closed: bool | None = None,
        limit: int = 50,
    ) -> list[tuple[Task, list[Attempt]]]:
        """Tasks with their attempts, newest first; of that number, of that project, closed or not."""
        ...

    def evidence(self, keys: Sequence[str]) -> list[Evidence]:
        """The evidence of these keys, as far as there is any."""
        ...

    def text(self, digest: str) -> str | None:
        """The text of a payload, or None if it was deleted."""
        ...


# --- the host ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A workspace as a host made it. `path` is the directory in which an agent works.

    `shared`: its runs see it at the same path as those of every other attempt, and nobody else sees it; the
    set-up is its base's. Else the path is its own, and the set-up has to be run in it. `port` is the first of
    its block of ports; 0: it has none.
    """

    id: str
    path: str
    branch: str
    engine: str
    shared: bool = False
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What workspaces of a commit stand on. Not `ready`: its set-up has to be run in it, at `path`.

    Where it is not `shared`, there is none: each workspace is made of the commit, and set up by itself.
    """

    key: str
    ready: bool
    shared: bool
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The files of a workspace as one commit in the project's store."""

    commit: str
    tree: str
    files: int
    added: int
    removed: int
    paths: tuple[str, ...]
    left_out: tuple[str, ...] = ()


class Workspaces(Protocol):
    """Makes and keeps workspaces. Every method is idempotent: a repeated call answers as the first."""

    async def prepare(
        self,
        *,
        id: str,
        project: str,
        base: str,
        branch: str,
        setup: str = "",
        ports: int = 0,
        brought: str = "",
    ) -> Place:
        """A workspace of `base` on a branch of its own. `branch` empty: detached, for checks.

        `setup` names the set-up that its base must have had (see `Bases`); `ports` is how many free ports in
        a row are to be its own for as long as it lives; `brought` names files that `Checkout.bring` took.
        """
        ...

    async def snapshot(
        self, *, id: str, project: str, base: str, parent: str, ref: str, message: str
    ) -> Snapshot:
        """Commit all files that are not ignored on top of `parent`, hold it by `ref`; counts against `base`.

        The commit's parent is `parent` (a commit); if the tree equals the parent's tree, the parent's
        own commit is returned and no commit is made.
        """
        ...

    async def replace(self, *, id: str, project: str, commit: str, ref: str) -> None:
        """Make the workspace's files those of `commit`, after a snapshot held by `ref` of what is there."""
        ...

    async def trash(self, *, id: str, forever: bool = False) -> bool:
        """Move the whole workspace, ignored files too, to the trash. False: there is none.

        `forever` removes it instead: for workspaces of checks, which hold nothing of anybody's.
        """
        ...

    async def restore(self, *, id: str) -> bool:
        """Bring a workspace back from the trash. False: it is no longer there."""
        ...

    async def read(self, *, id: str, path: str, limit: int) -> bytes | None:
        """A regular file below the workspace, never through a link; None if it is not there."""
        ...


class Bases(Protocol):
    """Makes what workspaces stand on. Every method is idempotent."""

    async def begin(self, *, project: str, commit: str, setup: str, brought: str = "") -> Base:
        """The files of a commit, ready at once where `setup` is empty; else a set-up is to be run in it.

        `setup` is the digest of everything that the set-up depends on, `brought` (see `Checkout.bring`) too.
        """
        ...

    async def finish(self, *, key: str) -> None:
        """The set-up has succeeded: the base is ready, and never changes again."""
        ...

    async def discard(self, *, key: str) -> None:
        """The set-up has failed: nothing of it is kept."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Something on a host's disk, measured. `since`: made, trashed or last used, seconds since the epoch.

    `kind` is `workspace`, `trash`, `base`, `store`, `spools` (of one run), `versions` (PROJECT/ATTEMPT: what refs
    hold for an attempt; without its size, see `Disk.weigh`) or `objects` (what no ref of a store needs). `commit` is
    a base's, or what a workspace was made from. `used_by` names what stands on a base; `spare`: the engine for new
    workspaces does not use it. `stamp` changes when something comes to the trash anew.
    """

    kind: str
    id: str
    since: float
    project: str = ""
    commit: str = ""
    engine: str = ""
    files: int = 0
    bytes: int = 0
    private: bool = False
    spare: bool = False
    used_by: tuple[str, ...] = ()
    stamp: str = ""

    @property
    def attempt(self) -> str:
        """The id of the workspace that this is, or was, also where an other pushed it aside."""
        return self.id.rpartition("/")[2]

    def sized(self, *, files: int, bytes: int) -> "Usage":
        """The same, measured."""
        return replace(self, files=files, bytes=bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Whether a ref of the store holds a workspace's files (`ref`: one that was made for it), and what none holds.

    `ignored` counts the files that are in no version, with their bytes and the largest; `left_out` names those
    that rules do not ignore and that could not be put into one.
    """

    held: bool
    ref: str = ""
    ignored: int = 0
    ignored_bytes: int = 0
    largest: str = ""
    largest_bytes: int = 0
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """Something that was removed for good: the bytes of disk that it took, and what it held."""

    bytes: int
    contents: Contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A workspace or base that something has mounted that is no run of ours. `pid` 0: it is not known."""

    id: str
    pid: int


class Disk(Protocol):
    """Sees what is on a host's disk, and removes it for good."""

    async def usage(self, *, measured: bool = True) -> Sequence[Usage]:
        """Everything of ours; measured now, or without sizes."""
        ...

    async def taken(self) -> int:
        """The bytes of all workspaces, bases and trash; each is measured once, a workspace after each snapshot."""
        ...

    async def examine(self, *, kind: str, id: str) -> Contents:
        """What a workspace, or one in the trash, holds. Nobody may work in it meanwhile. Outside: unreadable."""
        ...

    async def strangers(self) -> Sequence[Stranger]:
        """What is held by somebody who is no run of ours."""
        ...

    async def weigh(self, *, project: str, attempts: Sequence[str]) -> int:
        """The bytes that only the refs of these attempts hold."""
        ...

    async def clear(self, *, kind: str, id: str, stamp: str) -> Cleared:
        """Remove one in the trash (what no ref holds is held by one first), a base, the refs of an attempt, or objects.

        Conflict: it is not what was seen (`stamp`), or something stands on it. NotFound: it is gone.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """What a host needs to start a run. `id` is the key: a repeated start answers with the same run.

    `workspace` names the workspace, or the base that is being set up, in which it runs; the host mounts it.

    `environment` is complete (nothing is inherited) and travels over the socket and a pipe, never in
    argv or in a file that outlives the start. `stdin` False closes the standard input at once.
    """

    id: str
    epoch: int
    argv: tuple[str, ...]
    cwd: str
    environment: dict[str, str]
    limits: Limits
    stdin: bool = True
    pty: bool = False
    workspace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as its host sees it. `lost`: its runner died and left no exit record."""

    id: str
    epoch: int
    state: Literal["alive", "ended", "lost"]
    pid: int | None = None
    containment: Literal["pid-namespace", "cgroup", "process-group"] = "process-group"
    exit: Exit | None = None


class Line(Protocol):
    """The hub's end of one run: frames in, input out. Closing it never touches the run."""

    async def frames(self, after: int) -> Sequence[Frame]:
        """The next frames from spool position `after` on; waits for at least one; empty: no more ever."""
        ...

    async def write(self, *, id: str, at: int, data: bytes) -> Literal["ok", "stale", "gone"]:
        """Append input under an id. `at` is the number of input bytes spooled so far."""
        ...

    async def close_input(self, *, id: str, at: int) -> Literal["ok", "stale", "gone"]:
        """Close the standard input after what was written."""
        ...

    async def signal(self, number: int, *, tree: bool = True) -> None:
        """Signal the run's main process (and its tree)."""
        ...

    async def limits(self, limits: Limits) -> None:
        """Replace the hard limits; the deadline counts from now."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The way into a workspace for a program on the person's terminal, of this machine.

    `argv` goes before the program's own words (empty: the workspace needs no entering, its path is real).
    Whoever opens `pipe`, and writes a byte, keeps the workspace mounted until they close it.
    """

    argv: tuple[str, ...]
    pipe: str


class Runs(Protocol):
    """Starts runs and leads to them."""

    async def start(self, spec: RunSpec) -> Run:
        """Start a run, or answer with the one that has this id already."""
        ...

    async def dial(self, run: str, epoch: int) -> tuple[Run, Line]:
        """Attach to a run with this epoch; the previous controller is dropped. Works after its end too."""
        ...

    async def list(self) -> list[Run]:
        """All runs this host knows."""
        ...

    async def forget(self, run: str) -> None:
        """Delete the spool of a run that ended and was read to its end."""
        ...

    async def free_memory_mb(self) -> int:
        """Memory that new processes could have now."""
        ...

    async def visit(self, workspace: str) -> Visit:
        """Let a person into a workspace."""
        ...


# --- git -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A person's repository as `run` finds it.

    `head` is the commit of HEAD, `branch` the checked-out branch (empty: detached). `dirty` counts
    uncommitted files, `behind` the commits that the upstream as last fetched is ahead. `warnings` name
    what is not supported (submodules, LFS) in words for the person.
    """

    root: str
    name: str
    head: str
    branch: str
    dirty: int = 0
    behind: int = 0
    upstream: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A worktree or branch of a repository: the checkout to read from, its commit, uncommitted work beside it."""

    name: str
    root: str
    head: str
    dirty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a commit changes: its tree, how many files and lines, and the paths."""

    tree: str
    files: int
    added: int
    removed: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Ignored files of a checkout, copied. `digest` names them (empty: there are none); `notices` for a person."""

    digest: str
    files: int
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A change brought onto a target in the store. `conflicts` not empty: `tree` holds conflict markers."""

    onto: str
    commit: str
    tree: str
    conflicts: tuple[str, ...] = ()


class Repository(Protocol):
    """The project's two bare stores, which we own. Synchronous; called in threads.

    Workspaces see the base store; what attempts made is in the attempts store, which borrows from it.
    """

    def take(self, *, project: str, source: str, commit: str, ref: str) -> str:
        """Bring a base and all it reaches from the person's repository into the base store, held by `ref`.

        Every workspace of the project can read it from now on. Answers with the commit's tree id.
        """
        ...

    def take_target(self, *, project: str, source: str, commit: str, ref: str) -> str:
        """Bring a commit that changes are built on into the attempts store, if it is not there, held by `ref`.

        It may hold what another attempt made, so no workspace sees it but those made from it. Its tree id.
        """
        ...

    def names(self, *, project: str, commit: str) -> list[str]:
        """The paths of all files of a commit."""
        ...

    def files(
        self, *, project: str, commit: str, paths: Sequence[str], limit: int = 4_000_000
    ) -> dict[str, bytes | None]:
        """The contents of files of a commit; None where there is no regular file or it has more bytes than `limit`."""
        ...

    def counts(self, *, project: str, base: str, commit: str) -> Counts:
        """What lies between two commits."""
        ...

    def diff(self, *, project: str, old: str, new: str) -> str:
        """The unified diff between two commits, with renames, undecodable bytes replaced; cut at some MB."""
        ...

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
        """Bring what `base..commit` changed onto `onto` as a new commit held by `ref`.

        With mode `rebase` each commit of `base..commit` becomes one; `message` is the last one's.
        `author_of` names a commit whose author the new ones get.
        """
        ...

    def overlay(
        self, *, project: str, commit: str, source: str, paths: Sequence[str], ref: str
    ) -> tuple[str, str]:
        """A commit like `commit`, but with `paths` as in `source` (absent there: removed). (commit, tree)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """What a project's desk shows: `commit`, of an attempt; edits count from `base`. `path` is where."""

    attempt: str
    alias: str
    commit: str
    base: str
    path: str


class Desks(Protocol):
    """One checkout of ours for each project, in which a person's editor shows files. Synchronous."""

    def laid(self, project: str) -> Laid | None:
        """What the desk shows; None: it is empty."""
        ...

    def lay(
        self, *, project: str, name: str, attempt: str, alias: str, commit: str, base: str
    ) -> Laid:
        """Let the desk show a commit of the attempts store; only what differs is written.

        What was edited there must have been brought home. `name` is the directory's when it is made.
        """
        ...

    def edited(self, *, project: str, root: str, actor: str, ref: str) -> str:
        """The files as they are as a commit on the base, by the person of the repository at `root`.

        It is held by `ref` in the attempts store. Empty: nothing was edited.
        """
        ...

    def brought(self, *, project: str, commit: str) -> None:
        """What is edited up to `commit` was brought home: later edits count from there."""
        ...


class Trials(Protocol):
    """Shows states in a person's checkout for a while. Synchronous."""

    def begin(self, *, root: str, project: str, commit: str, name: str) -> list[str]:
        """Let the files of the checkout be those of a commit of the store, but for the person's own work.

        Only what differs from HEAD is written; index, refs and objects are not. What is tried already is
        taken back first. Refused: work of the person's is in the way. Answers with the paths.
        """
        ...

    def back(self, *, root: str) -> tuple[str, list[str]]:
        """Let the files be as before; the name of what was tried, and the paths.

        NotFound: nothing is tried. Refused or Conflict: the person changed it meanwhile, or moved HEAD.
        """
        ...


class Checkout(Protocol):
    """The person's own repository: read it, and give it only what `keep` and `merge` name. Synchronous."""

    def inspect(self, path: str) -> Source:
        """Look at a repository. Refused: not one, no commit yet, bare, and the like, each with a hint."""
        ...

    def resolve(self, root: str, revision: str, *, fetch: bool = False) -> str:
        """The commit that a revision names, after fetching its remote if asked. Refused if none."""
        ...

    def freeze(self, root: str, project: str, *, shared: bool = True) -> str:
        """A commit of HEAD plus all uncommitted work, without touching checkout, index or refs.

        Its objects are written into the project's base store, where `take` then finds it; else (not `shared`)
        into the attempts store, which no workspace sees.
        """
        ...

    def find(self, source: Source, directory: str, named: str) -> Found:
        """A worktree (a path, relative to `directory`) or branch of a repository. Refused, NotFound."""
        ...

    def fork_point(self, source: Source, head: str, wanted: str) -> str:
        """Where a commit left the checked-out branch; `wanted` (a revision) overrules. Refused, NotFound."""
        ...

    def bring(self, *, root: str, project: str, commit: str, lines: Sequence[str]) -> Brought:
        """Copy those ignored files of the checkout that lines as in a .gitignore choose, for tasks on `commit`.

        Refused: they are too many or too large.
        """
        ...

    def forget_brought(self, kept: Sequence[str]) -> None:
        """Let go of copies, apart from those of these digests, that are older than what is kept at all."""
        ...

    def hold(self, *, root: str, project: str, commit: str, ref: str) -> None:
        """Bring a commit from the store into the repository under `ref` (below refs/ropewalk/).

        An empty commit lets go: the ref is removed, if it is there.
        """
        ...

    def commit(
        self, *, root: str, project: str, commit: str, parents: Sequence[str], message: str
    ) -> str:
        """The tree of `commit` (in the store) as a new commit by the person, in the person's repository.

        What lies between the first of `parents` and `commit` becomes the person's before it, one by one.
        Uses the person's name, e-mail, signing and commit-msg hook; the hook may change the message or
        refuse (Refused with the hook's words).
        """
        ...

    def move(
        self, *, root: str, branch: str, old: str, new: str
    ) -> Literal["moved", "updated", "already"]:
        """Move a branch from `old` to `new` by compare-and-swap.

        `updated`: the branch is checked out and its files followed; refused (with what is in the way)
        if that would lose uncommitted work. `already`: the branch was at `new`. Refused if it is neither
        at `old` nor at `new`.
        """
        ...

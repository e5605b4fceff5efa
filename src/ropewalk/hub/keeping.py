"""Who needs what on the disk: one verdict for each thing, from what the hub knows. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ropewalk.core.state import Attempt, Task
from ropewalk.ports import Usage

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """Attempts and tasks, closed ones too, by id; and the commits of which workspaces may be wanted.

    `runs` says of each run that is here why its spool stays (empty: it need not); `before`: what was decided
    earlier is over (seconds since the epoch).
    """

    attempts: Mapping[str, Attempt]
    tasks: Mapping[str, Task]
    commits: frozenset[tuple[str, str]]
    runs: Mapping[str, str] = field(default_factory=dict[str, str])
    before: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether something may go for good (`after`: once something else has gone), else why it stays."""

    frees: bool
    why: str = ""
    after: bool = False
    name: str = ""
    state: str = ""
    unmerged: bool = False


def judge(usages: Sequence[Usage], known: Known) -> dict[Key, Verdict]:
    """The verdict on each, by kind and id. What lives stays, whatever it is."""
    kinds = ("base", "versions")
    found = {(one.kind, one.id): _of(one, known) for one in usages if one.kind not in kinds}
    found |= _versions(usages, known)
    found |= _bases([one for one in usages if one.kind == "base"], usages, known)
    return found


def _of(usage: Usage, known: Known) -> Verdict:
    if usage.kind == "store":
        return Verdict(frees=False, why="holds every version; never removed by itself")
    if usage.kind == "spools":
        why = known.runs.get(usage.id, "it is not known what runs there")
        return Verdict(frees=not why, why=why)
    if usage.kind == "objects":
        return Verdict(frees=True)
    attempt = known.attempts.get(usage.attempt)
    if attempt is None:
        why = "" if usage.kind == "trash" else "no attempt here is known to work in it"
        return Verdict(frees=usage.kind == "trash", why=why, state="unknown")
    task = known.tasks[attempt.task]
    name = f"{task.number}.{attempt.number}"
    unmerged = attempt.decision != "merged" and bool(attempt.versions)
    state = _state(attempt)
    if usage.kind == "workspace":
        why = "its attempt lives: drop or merge it"
        return Verdict(frees=False, why=why, name=name, state=state, unmerged=unmerged)
    if attempt.decision not in ("dropped", "merged"):
        why = "it is on its way back"
        return Verdict(frees=False, why=why, name=name, state=state, unmerged=unmerged)
    return Verdict(frees=True, name=name, state=state, unmerged=unmerged)


def _versions(usages: Sequence[Usage], known: Known) -> dict[Key, Verdict]:
    """The versions of what was dropped long ago go, once nothing of it is anywhere else and nothing goes on from it."""
    there = {one.attempt for one in usages if one.kind in ("workspace", "trash")}
    origins = {one.fork.attempt for one in known.attempts.values() if one.fork and not one.gone}
    return {
        ("versions", one.id): Verdict(
            frees=one.attempt not in there | origins and _is_over(one, known)
        )
        for one in usages
        if one.kind == "versions"
    }


def _is_over(usage: Usage, known: Known) -> bool:
    """Whether an attempt was dropped, and that and all its versions are older than what is kept."""
    attempt = known.attempts.get(usage.attempt)
    if attempt is None or attempt.decision != "dropped" or not known.tasks[attempt.task].closed:
        return False
    return max(attempt.decided_at, usage.since) < known.before


def _state(attempt: Attempt) -> str:
    if attempt.decision != "none":
        return attempt.decision
    return "working" if attempt.state != "ended" else str(attempt.outcome or "ended")


def _bases(bases: Sequence[Usage], usages: Sequence[Usage], known: Known) -> dict[Key, Verdict]:
    """Bases go when nothing stands on them; the one of each project that was used last stays warm."""
    warm = _warm(bases)
    going = _going(usages, known)
    found: dict[Key, Verdict] = {}
    left = list(bases)
    while left:
        free = [one for one in left if _may_go(one, warm, known) and going.issuperset(one.used_by)]
        if not free:
            break
        for one in free:
            found["base", one.id] = Verdict(frees=True, after=bool(one.used_by))
        going |= {one.id for one in free}
        left = [one for one in left if one not in free]
    return found | {
        ("base", one.id): Verdict(frees=False, why=_why(one, warm, known)) for one in left
    }


def _going(usages: Sequence[Usage], known: Known) -> set[str]:
    """The ids of all workspaces that may go, in the trash, and are nowhere else."""
    stay = {one.attempt for one in usages if one.kind == "workspace"}
    trash = [one for one in usages if one.kind == "trash"]
    stay |= {one.attempt for one in trash if not _of(one, known).frees}
    return {one.attempt for one in trash} - stay


def _warm(bases: Sequence[Usage]) -> set[str]:
    newest = {
        one.project: one.id
        for one in sorted(bases, key=lambda x: x.since)
        if not one.private and not one.spare
    }
    return set(newest.values())


def _may_go(base: Usage, warm: set[str], known: Known) -> bool:
    wanted = not base.spare and (base.project, base.commit) in known.commits
    return base.id not in warm and not wanted


def _why(base: Usage, warm: set[str], known: Known) -> str:
    return next(_reasons(base, warm, known), "")


def _reasons(base: Usage, warm: set[str], known: Known) -> Iterator[str]:
    if base.used_by:
        many = len(base.used_by)
        yield (
            "1 workspace or base stands on it"
            if many == 1
            else f"{many} workspaces or bases stand on it"
        )
    if not base.spare and (base.project, base.commit) in known.commits:
        yield "an open task begins from it"
    if base.id in warm:
        yield "the project's newest, kept for the next task"

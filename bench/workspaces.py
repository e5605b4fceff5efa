"""How soon a workspace is ready, what it weighs, and what keeping an eye on a hundred of them costs.

A workspace counts as ready when a process that was started in it the way an agent is (host daemon, runner, init) has
run `git status`, and a Python beside it has begun an import from the dependencies: the start of that Python counts.
No workspace is made in advance. Everything is measured a second time as a user without privileges; the bases of both
are built at the same time.
"""

import argparse
import asyncio
import json
import os
import pwd
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, cast

from bench import files
from bench.crowd import Crowd, Moments, disk_kb
from bench.idle import Idle, idle
from bench.nobody import PREPARED, nobody
from bench.rivals import Rivals, rivals
from bench.table import Row, report
from ropewalk.workspace.changes import changed
from ropewalk.workspace.leaving import finish
from ropewalk.workspace.trash import trash_stamp

EACH = 30
MANY = 100
CHANGES = 30
SMALL = 500
LIMIT_S = 3600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How many files, how long nothing happens (seconds)."""

    tracked: int
    dependencies: int
    idle_s: float
    quick: bool
    rivals: int
    """How often each of them is measured."""

    @property
    def words(self) -> list[str]:
        """How the command line asks for it."""
        return ["--quick"] if self.quick else []


FULL = Plan(tracked=80_000, dependencies=100_000, idle_s=30, quick=False, rivals=1)
QUICK = Plan(tracked=8_000, dependencies=10_000, idle_s=1, quick=True, rivals=1)


@dataclass(frozen=True, slots=True)
class Found:
    """What one user measured."""

    moments: dict[int, list[Moments]]
    """By how many workspaces there are in all."""
    small: list[Moments]
    remove_ms: list[float]
    reclaim_ms: float
    reclaim_kb: float
    list_ms: float
    checkpoints: list[float]
    idle: Idle
    base_s: float
    delta_s: float

    def figures(self) -> dict[str, float | int]:
        """By the names under which they are known."""
        ready = {n: median([one.ready for one in made]) for n, made in self.moments.items()}
        create = {n: median([one.running for one in made]) for n, made in self.moments.items()}
        every = [one for made in self.moments.values() for one in made]
        return {
            **{f"ready_ms_n{n}": one for n, one in ready.items()},
            **{f"create_ms_n{n}": one for n, one in create.items()},
            "prepare_ms": median([one.prepared for one in every]),
            "disk_kb_each": median([one.disk_kb for one in every]),
            "remove_ms": median(self.remove_ms),
            "reclaim_ms": self.reclaim_ms,
            "reclaim_kb": self.reclaim_kb,
            "flatness": ready[1] / median([one.ready for one in self.small]),
            "list100_ms": self.list_ms,
            "checkpoint_ms": median(self.checkpoints),
            "idle_forks": self.idle.forks,
            "idle_cpu_percent": self.idle.cpu_percent,
            "base_s": self.base_s,
            "base_delta_s": self.delta_s,
        }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the files")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--beside", metavar="FIXTURE", help=argparse.SUPPRESS)
    args = parser.parse_args()
    plan = QUICK if args.quick else FULL
    if args.beside:
        print(json.dumps(asyncio.run(measured(Path(args.beside), plan, told)).figures()))
    elif args.inside:
        everything(plan)
    else:
        sys.exit(alone())


def alone() -> int:
    """Run this very program in a pid namespace of its own, so that the newest pid tells what was started."""
    argv = [sys.executable, "-m", "bench.workspaces", *sys.argv[1:], "--inside"]
    user = [] if os.geteuid() == 0 else ["--user", "--map-current-user", "--keep-caps"]
    namespace = ["unshare", *user, "--pid", "--fork", "--kill-child", "--mount-proc"]
    return subprocess.run([*namespace, *argv], check=False, timeout=LIMIT_S).returncode


def everything(plan: Plan) -> None:
    """Both users, and the rivals."""
    load = os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="ropewalk-bench-"))
    folder.chmod(0o755)
    try:
        files.repository(folder / "repository", plan.tracked)
        files.repository(folder / "small", SMALL)
        files.dependencies(folder / "dependencies" / files.IGNORED, plan.dependencies)
        side = rivals(folder / "repository", folder / "dependencies", plan.rivals)
        with nobody("bench.workspaces", "--beside", str(folder), *plan.words) as other_user:
            own = asyncio.run(measured(folder, plan, other_user.prepared)).figures()
            other = other_user.figures()
    finally:
        remove(folder)
    own["ratio"] = side.worktree_add_ms / own["ready_ms_n1"]
    figures = {**own, **side.figures()}
    if other:
        other["ratio"] = side.worktree_add_ms / other["ready_ms_n1"]
        figures |= {f"rootless_{name}": one for name, one in other.items()}
    title = f"bench.workspaces ({plan.tracked} tracked files, {plan.dependencies} of dependencies)"
    report(title, rows(own, other, side, plan, load), figures)


def told() -> None:
    """Say that all is prepared, and wait until it is our turn."""
    print(PREPARED, flush=True)
    sys.stdin.readline()


def remove(folder: Path) -> None:
    """All of it, faster than Python does."""
    subprocess.run(["rm", "-rf", str(folder)], timeout=LIMIT_S, check=False)


async def measured(fixture: Path, plan: Plan, prepared: Callable[[], None]) -> Found:
    """All figures of this user, on a home of its own; `prepared` returns when nobody else is at work."""
    home = Path(tempfile.mkdtemp(prefix="ropewalk-home-"))
    crowd = Crowd(home, "large")
    few = Crowd(home, "few")
    try:
        repository = home / "repository"  # one of this user's own, with a commit more later
        files.git(home, "clone", "-q", "--shared", "--no-checkout",
                  str(fixture / "repository"), str(repository))  # fmt: skip
        await few.base(fixture / "small", SMALL)
        base_s = await crowd.base(repository, plan.dependencies)
        prepared()
        small = [(await one_more(few))[0] for _ in range(EACH)]
        await few.host.close()
        return await on_base(crowd, plan, repository, small, base_s)
    finally:
        await crowd.leave()
        await crowd.host.stop()
        remove(home)


async def on_base(
    crowd: Crowd, plan: Plan, repository: Path, small: list[Moments], base_s: float
) -> Found:
    """What is measured on a base that is there."""
    moments: dict[int, list[Moments]] = {}
    removals: list[float] = []
    for many in (1, 10, MANY):
        await crowd.stay(many - 1 - len(crowd.ids), edited=True)
        found = [await one_more(crowd) for _ in range(EACH)]
        moments[many] = [one for one, _ in found]
        removals += [one for _, one in found]
    await crowd.stay(MANY - len(crowd.ids), edited=True)
    list_ms = listed(crowd)
    checkpoints = [await checkpoint(crowd, one) for one in crowd.ids[:EACH]]
    still = await idle(plan.idle_s)
    await crowd.leave()
    reclaim_ms, reclaim_kb = reclaimed(crowd)
    files.move_on(repository, 20)
    return Found(
        moments=moments,
        small=small,
        remove_ms=removals,
        reclaim_ms=reclaim_ms,
        reclaim_kb=reclaim_kb,
        list_ms=list_ms,
        checkpoints=checkpoints,
        idle=still,
        base_s=base_s,
        delta_s=await crowd.base(repository, plan.dependencies),
    )


async def one_more(crowd: Crowd) -> tuple[Moments, float]:
    """Make a workspace and remove it."""
    name, made = await crowd.ready()
    return made, await crowd.remove(name)


def listed(crowd: Crowd) -> float:
    """Milliseconds for the changes of all workspaces, one after the other."""
    plans = [cast("dict[str, Any]", crowd.ours.plan(one)) for one in crowd.ids]
    began = time.perf_counter()
    counts = [
        len(changed([Path(one) for one in plan["lower"]], Path(plan["upper"]))) for plan in plans
    ]
    took = (time.perf_counter() - began) * 1000
    if counts != [CHANGES] * MANY:
        raise RuntimeError(f"{CHANGES} changes each were to be found: {counts}")
    return took


async def checkpoint(crowd: Crowd, workspace: str) -> float:
    """Milliseconds for a snapshot of one workspace."""
    began = time.perf_counter()
    made = await crowd.host.snapshot(
        id=workspace,
        project=crowd.project,
        base=crowd.commit,
        parent=crowd.commit,
        ref=f"refs/ropewalk/turns/{workspace}",
        message="a turn",
    )
    took = (time.perf_counter() - began) * 1000
    if made.files != CHANGES:
        raise RuntimeError(f"{CHANGES} changes were to be recorded: {made.files}")
    return took


def reclaimed(crowd: Crowd) -> tuple[float, float]:
    """Milliseconds and kilobytes of one workspace in the trash whose time is over, the mean of all."""
    trash = crowd.ours.trashed
    every = trash.content()
    size = sum(disk_kb(path) for _, path, _ in every)
    began = time.perf_counter()
    for name, _, mark in every:
        finish(trash.take_out(name, trash_stamp(mark)))
    took = (time.perf_counter() - began) * 1000
    return took / len(every), size / len(every)


def rows(
    own: dict[str, float | int],
    other: dict[str, float | int],
    side: Rivals,
    plan: Plan,
    load: float,
) -> list[Row]:
    """For a person: what, this user's figure, the other user's."""
    who = pwd.getpwuid(os.geteuid()).pw_name

    def row(words: str, name: str, unit: str, digits: int = 0) -> Row:
        beside = f"{other[name]:.{digits}f} {unit}".strip() if other else ""
        return (words, f"{own[name]:.{digits}f} {unit}".strip(), beside)

    return [
        ("", who, "without privileges" if other else ""),
        *(row(f"ready, {n} there", f"ready_ms_n{n}", "ms") for n in (1, 10, MANY)),
        *(row(f"  until it runs, {n} there", f"create_ms_n{n}", "ms") for n in (1, 10, MANY)),
        row("    its files", "prepare_ms", "ms"),
        row(f"ready, against {SMALL} files", "flatness", "times", 2),
        row("git worktree add, against ready", "ratio", "times"),
        row("disk each", "disk_kb_each", "KB"),
        row("removal", "remove_ms", "ms", 1),
        row("reclaiming each, later", "reclaim_ms", "ms", 1),
        row("  gives back", "reclaim_kb", "KB"),
        row(f"changes of {MANY}, {CHANGES} each", "list100_ms", "ms"),
        row(f"checkpoint of {CHANGES} changes", "checkpoint_ms", "ms"),
        row("processes started idle", "idle_forks", ""),
        row(f"processor idle, {plan.idle_s:g} s", "idle_cpu_percent", "%", 2),
        row("first base", "base_s", "s", 1),
        row("base, 20 files differ", "base_delta_s", "s", 2),
        *side.rows(),
        ("load before", f"{load:.1f}", "of other programs" if load > 1 else ""),
    ]


if __name__ == "__main__":
    main()

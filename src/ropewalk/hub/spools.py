"""Spools: of which runs what they wrote is still to be read. Pure."""

from collections.abc import Mapping

from ropewalk.core.state import Attempt, World
from ropewalk.hub.serving import PREFIX


def still_read(world: World, run: str, closed: Mapping[str, Attempt]) -> str:
    """Why the spool of a run that ended stays, in words; empty: nobody will read it any more.

    `closed` are attempts that are not in memory.
    """
    if run.startswith("check-"):
        return "a check is not finished" if run in _checks(world) else ""
    if run.startswith(("setup-", "teardown-")):
        return "a workspace is being made or left" if sets_up(world) else ""
    if run.startswith("visit-"):
        return ""
    if run.startswith(PREFIX):
        return _of_server(world, run, closed)
    return _of_agent(world, run, closed)


def sets_up(world: World) -> bool:
    """Whether a set-up or the end of a workspace may be under way: then its runs are found again."""
    waits = any(
        one.state == "preparing"
        or one.workspace == "trashed"
        or (one.workspace == "ready" and one.decision in ("dropped", "merged"))
        for one in world.attempts.values()
        if not world.tasks[one.task].closed
    )
    return waits or any(not one.finished for one in world.evidence.values())


def check_run(key: str, again: int) -> str:
    """The name of a check's run and of its workspace."""
    return f"check-{key[:24]}-{again}"


def _checks(world: World) -> set[str]:
    return {check_run(one.key, one.again) for one in world.evidence.values() if not one.finished}


def _of_server(world: World, run: str, closed: Mapping[str, Attempt]) -> str:
    key = run.removeprefix(PREFIX).rpartition("-")[0]
    attempt = world.attempts.get(key) or closed.get(key)
    if attempt is None:
        return "no attempt here is known to have started it"
    server = attempt.server
    return "its end is not read yet" if server and server.live and server.run == run else ""


def _of_agent(world: World, run: str, closed: Mapping[str, Attempt]) -> str:
    key = run.rpartition("-")[0]
    attempt = world.attempts.get(key) or closed.get(key)
    if attempt is None:
        return "no attempt here is known to have started it"
    starts = attempt.state == "preparing" and run == f"{attempt.id}-{attempt.epoch}"
    follows = attempt.process == "alive" and attempt.run == run
    return "its end is not read yet" if starts or follows else ""


def attempt_of(run: str) -> str:
    """The id of the attempt that a run may be of."""
    return run.removeprefix(PREFIX).rpartition("-")[0]

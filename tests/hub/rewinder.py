"""A hub that dies at named points while a person rewinds: `python -m tests.hub.rewinder HOME REPO`.

As `tests.hub.victim`, but the points count from when there are two turns; HOME/armed says so. The person rewinds
to the first turn once, takes that back once, and lets a fork work.
"""

import asyncio
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from ropewalk.core.state import Attempt
from ropewalk.hosts.local import LocalHost
from ropewalk.hub.ask import Ask
from ropewalk.hub.forking import NewFork
from ropewalk.hub.hub import Hub
from ropewalk.hub.newtask import NewTask
from ropewalk.hub.parts import Identity
from ropewalk.store.database import Database
from tests.hub.harness import ANN, ENVIRONMENT, parts_for
from tests.hub.victim import Deadly, DeadlyStore, Death
from tests.inside import do_inside


class Armed(Death):
    """Dies only once there is something to go back to."""

    def __init__(self, home: Path) -> None:
        super().__init__(home / "points")
        self.armed = home / "armed"

    def at(self, *points: str) -> None:
        if self.armed.exists():
            super().at(*points)


async def person(hub: Hub, home: Path, repo: str) -> None:
    """Do the next thing until all is done."""
    while not await _all_done(hub, home, repo):
        await hub.ledger.moved_past(hub.ledger.durable, 0.1)


async def _all_done(hub: Hub, home: Path, repo: str) -> bool:
    attempts = list(hub.ledger.world.attempts.values())
    if not attempts:
        new = NewTask(directory=repo, brief="append b.txt first", agents=("scripted",),
                      environment=ENVIRONMENT, trust=True, consent=True, actor=ANN)  # fmt: skip
        await hub.tasks.create(new)
    elif not all(one.settled for one in attempts):
        return False
    elif attempts[0].turn == 1:
        await hub.actions.act("say", ["1.1"], Ask(actor=ANN, text="append b.txt second"))
    elif not (home / "armed").exists():
        await do_inside(LocalHost(home), attempts[0], "echo unsaved > mine.txt")
        (home / "armed").touch()
    else:
        return await _back(hub, attempts)
    return False


async def _back(hub: Hub, attempts: list[Attempt]) -> bool:
    one = attempts[0]
    if not one.rewinds:
        await hub.actions.act("rewind", ["1.1"], Ask(actor=ANN, to="1"))
    elif len(one.rewinds) == 1:
        await hub.journal.undo(one.project, one.rewinds[0].action, ANN)
    elif len(attempts) == 1:
        brief = "append b.txt third"
        await hub.forking.fork(NewFork(attempt="1.1", at="1", brief=brief, actor=ANN))
    else:
        return len(attempts[1].versions) == 2
    return False


async def main(home: Path, repo: str) -> None:
    death = Armed(home)
    host = LocalHost(home)
    parts = parts_for(home, host, Database(home / "hub" / "hub.db"))
    deadly = Deadly(host, death)
    parts = replace(
        parts,
        store=DeadlyStore(parts.store, death),
        runs=deadly,
        workspaces=deadly,
        repository=Deadly(parts.repository, death),
    )
    identity = Identity(version="test", pid=os.getpid(), home=str(home), started=time.time())
    hub = Hub(parts, identity)
    await hub.run(lambda: person(hub, home, repo))
    await host.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))

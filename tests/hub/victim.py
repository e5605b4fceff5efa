"""A hub that dies at named points, and a person who wants one task done: `python -m tests.hub.victim HOME REPO`.

HOME/points holds the points, one a line; each is used once: `append TAG` is right after an event of that kind
became durable (what is written in one transaction is one point), `after NAME` right after an effect (a call of
that name to host, git or run), before its event.
The person looks at what there is and does the next thing, so that it can be asked again after each death.
"""

import asyncio
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ropewalk.hosts.local import LocalHost
from ropewalk.hub.ask import Ask
from ropewalk.hub.hub import Hub
from ropewalk.hub.newtask import NewTask
from ropewalk.hub.parts import Identity
from ropewalk.store.database import Database
from tests.hub.harness import ANN, ENVIRONMENT, parts_for

BRIEF = "ask go on\nappend b.txt first"
MORE = "append b.txt second"


class Death:
    """Knows where to die."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.points = place.read_text().splitlines()

    def at(self, *points: str) -> None:
        """Die here, if one of these points, which are one moment, was not used yet."""
        if not set(points).isdisjoint(self.points):
            self.place.write_text("\n".join(one for one in self.points if one not in points))
            os.kill(os.getpid(), signal.SIGKILL)


class Deadly:
    """Calls go through; after some of them it is over."""

    def __init__(self, real: Any, death: Death) -> None:
        self._real, self._death = real, death

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if not callable(real):
            return real
        if not asyncio.iscoroutinefunction(real):

            def plain(*words: Any, **named: Any) -> Any:
                answer = real(*words, **named)
                self._death.at(f"after {name}")
                return answer

            return plain

        async def call(*words: Any, **named: Any) -> Any:
            answer = await real(*words, **named)
            key = words[0].id if name in ("start", "prepare") else str(named.get("id", ""))
            kind = next((f"{one} " for one in ("check", "setup") if key.startswith(f"{one}-")), "")
            self._death.at(f"after {kind}{name}")
            if name in ("write", "close_input"):
                self._death.at(f"after {name} {key.split(':')[0]}")
            return (answer[0], Deadly(answer[1], self._death)) if name == "dial" else answer

        return call


class DeadlyStore(Deadly):
    """As above, by the events that became durable; those of one transaction do so at one moment."""

    def append(self, commits: Any) -> None:
        self._real.append(commits)
        self._death.at(*(f"append {x.event.tag}" for one in commits for x in one.events))


async def person(hub: Hub, repo: str) -> None:
    """Want a task, answer, say more, merge, and wait until all is done."""
    store, world = hub.parts.store, hub.ledger.world
    if not store.tasks(limit=1):
        new = NewTask(
            directory=repo,
            brief=BRIEF,
            agents=("logged",),
            environment=ENVIRONMENT,
            trust=True,
            consent=True,
            actor=ANN,
        )
        await hub.tasks.create(new)
    while not store.tasks(limit=1)[0][0].closed:
        seen = hub.ledger.durable
        if verb := _next(hub):
            name, fields = verb
            attempt = next(iter(world.attempts))
            await hub.actions.act(name, [attempt], Ask(actor=ANN, **fields))
        await hub.ledger.moved_past(seen, 0.2)


def _next(hub: Hub) -> tuple[str, dict[str, str]] | None:
    one = next(iter(hub.ledger.world.attempts.values()), None)
    if one is None:
        return None
    task = hub.ledger.world.tasks[one.task]
    if one.questions and one.id in hub.processes.drivers:
        return "answer", {"option": "allow"}
    if not one.settled or one.inbox or one.decision != "none":
        return None
    if len(one.versions) == 1:
        return "say", {"text": MORE}
    over = len(one.versions) == 2 and hub.results.finished(task, one.versions[1].tree)
    return ("merge", {}) if over and one.merge is None else None


async def main(home: Path, repo: str) -> None:
    death = Death(home / "points")
    host = LocalHost(home)
    parts = parts_for(home, host, Database(home / "hub" / "hub.db"))
    deadly = Deadly(host, death)
    parts = replace(
        parts,
        store=DeadlyStore(parts.store, death),
        runs=deadly,
        workspaces=deadly,
        bases=deadly,
        repository=Deadly(parts.repository, death),
        checkout=Deadly(parts.checkout, death),
    )
    identity = Identity(version="test", pid=os.getpid(), home=str(home), started=time.time())
    hub = Hub(parts, identity)
    await hub.run(lambda: person(hub, repo))
    await host.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))

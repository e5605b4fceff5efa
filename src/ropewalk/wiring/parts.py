"""The adapters of an ordinary machine, put together for the hub."""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ropewalk.checks.judge import Judge
from ropewalk.core.errors import RopewalkError
from ropewalk.git.checkout import GitCheckout
from ropewalk.git.desk import GitDesks
from ropewalk.git.repository import GitRepository
from ropewalk.git.trial import GitTrials
from ropewalk.hosts.local import LocalHost
from ropewalk.hosts.place import HostFolder
from ropewalk.hub.parts import Parts
from ropewalk.ports import Store
from ropewalk.store.database import Database
from ropewalk.wiring import machine
from ropewalk.wiring.finders import find_agents, find_checks, find_setup
from ropewalk.wiring.launcher import Launcher
from ropewalk.wiring.machinefile import MachineFile
from ropewalk.wiring.person import before, limits, own_config, reader
from ropewalk.wiring.sandbox import lines as sandbox_lines
from ropewalk.wiring.sandbox import sandbox


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()


def open_store(home: Path, keep_from: float) -> Store:
    """The database of an instance, migrated, without the texts older than `keep_from`."""
    database = Database(home / "hub" / "hub.db")
    database.prune(keep_from)
    return database


def parts(home: Path, environ: dict[str, str]) -> Parts:
    """The adapters of an ordinary machine."""
    person = reader(home, environ)
    host = LocalHost(home)
    file = MachineFile()
    box = sandbox(home, file)
    return Parts(
        host=HostFolder(home).host_id(),
        store=open_store(home, before(person())),
        clock=SystemClock(),
        runs=host,
        workspaces=host,
        bases=host,
        disk=host,
        repository=GitRepository(home),
        checkout=GitCheckout(home, before(person())),
        desks=GitDesks(home),
        trials=GitTrials(home),
        launcher=Launcher(home / "hub" / "prompts"),
        judge=Judge(),
        agents=find_agents,
        checks=find_checks,
        setups=find_setup,
        person=person,
        environ=environ,
        leave=lambda: _leave(host),
        limits=lambda: limits(home, person()),
        before=lambda: before(person()),
        machine=lambda: [
            *sandbox_lines(box, own_config(person()), file),
            *machine.lines(home),
        ],
        sandbox=box,
        agents_found=lambda: machine.agents(person(), environ),
        checks_at_once=max(1, (os.cpu_count() or 2) // 2),
        keep_spools=environ.get("ROPEWALK_KEEP_SPOOLS") == "1",
        idle_s=float(environ.get("ROPEWALK_IDLE_S", "600")),
    )


async def _leave(host: LocalHost) -> None:
    """End the host daemon with the hub; runs go on, and the next hub starts it anew."""
    with suppress(RopewalkError):
        await host.leave()

"""Wiring: the only place where adapters are chosen and configuration is read.

`python -m ropewalk.wiring hub HOME` and `… host HOME` are the two long-lived processes.
"""

import asyncio
import fcntl
import logging
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ropewalk import __version__
from ropewalk.agents import argv as agent_argv
from ropewalk.agents.find import Here, choose, survey
from ropewalk.api.app import app
from ropewalk.api.server import listen, serve
from ropewalk.checks.discover import discover
from ropewalk.checks.judge import Judge
from ropewalk.core.admission import Room
from ropewalk.core.config import Config, merge, parse
from ropewalk.core.errors import Refused, RopewalkError
from ropewalk.core.records import Agent, Check
from ropewalk.core.setup import Setup
from ropewalk.git.checkout import GitCheckout
from ropewalk.git.desk import GitDesks
from ropewalk.git.repository import GitRepository
from ropewalk.git.trial import GitTrials
from ropewalk.hosts.daemon import serve as serve_host
from ropewalk.hosts.keepers import Keepers
from ropewalk.hosts.launch import probe
from ropewalk.hosts.local import LocalHost
from ropewalk.hosts.memory import give_back
from ropewalk.hosts.place import HostFolder, fitting
from ropewalk.hub.hub import Hub, Identity, Parts
from ropewalk.ports import Repository, Store
from ropewalk.setup.find import find_setup as setup_of
from ropewalk.store.database import Database
from ropewalk.wire.dialect import Dialect
from ropewalk.wire.loaders import loader
from ropewalk.workspace.ladder import WAYS, workspaces
from ropewalk.workspace.ladder import survey as engines

State = Literal["ok", "note", "problem"]
Line = tuple[str, State, str, str]

OPEN_FILES = 8192
"""How many files and connections hub and host daemon may have open; agents inherit it."""

ATTEMPTS_AT_ONCE = 16
"""How many attempts run side by side where no configuration says otherwise."""

MB = 1024 * 1024
DISK_KEEP_MB = 2048
"""How much disk stays free where no configuration says otherwise, and the disk is not a small one."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()


@dataclass(frozen=True, slots=True)
class Launcher:
    """Starts agents: their dialects, and their command lines."""

    prompts: Path

    def dialect(self, agent: Agent, state: str = "") -> Dialect:
        """As in hub.attempts.Launcher."""
        return loader(agent)(state)

    def ended(self, key: str) -> None:
        """As in hub.attempts.Launcher."""
        (self.prompts / f"{key}.txt").unlink(missing_ok=True)

    def argv(self, agent: Agent, *, prompt: str, resume: bool, key: str) -> tuple[str, ...]:
        """As in hub.attempts.Launcher."""
        file = ""
        if agent.kind == "command" and agent.prompt_by == "file":
            self.prompts.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self.prompts / f"{key}.txt"
            path.write_text(prompt, encoding="utf-8", errors="replace")
            file = str(path)
        return agent_argv.command(agent, prompt=prompt, file=file, again=resume)

    def carries(self, agent: Agent, prompt: str) -> None:
        """As in hub.attempts.Launcher."""
        agent_argv.command(agent, prompt=prompt, file="prompt.txt")


def find_agents(
    specs: Sequence[str], count: int | None, config: Config, *, path: str, directory: str
) -> Sequence[Agent]:
    """As in hub.tasks.AgentFinder."""
    return choose(specs, count, Here(config=config, path=path, directory=directory))


def find_checks(
    repository: Repository, project: str, commit: str, config: Config, path: str
) -> tuple[Check, ...]:
    """As in hub.tasks.CheckFinder."""
    if config.checks:
        return config.checks
    names = repository.names(project=project, commit=commit)

    def show(name: str) -> bytes | None:
        return repository.files(project=project, commit=commit, paths=[name])[name]

    return discover(show, names, has=lambda module: bool(shutil.which(module, path=path)))


def find_setup(
    repository: Repository,
    project: str,
    commit: str,
    config: Config,
    path: str,
    *,
    proposing: bool = False,
) -> Setup:
    """As in hub.tasks.SetupFinder."""
    names = repository.names(project=project, commit=commit)

    def show(name: str) -> bytes | None:
        return repository.files(project=project, commit=commit, paths=[name])[name]

    def which(program: str) -> bool:
        return bool(shutil.which(program, path=path))

    return setup_of(show, names, config, which, platform=sys.platform, proposing=proposing)


def person_config(home: Path, environ: dict[str, str]) -> Callable[[], str]:
    """Reads the person's configuration: HOME/config.toml, else the one below XDG_CONFIG_HOME."""
    places = [home / "config.toml"]
    if not environ.get("ROPEWALK_HOME"):
        base = environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        places.append(Path(base, "ropewalk", "config.toml"))

    def read() -> str:
        for place in places:
            with suppress(FileNotFoundError):
                return place.read_text(encoding="utf-8")
        return ""

    return read


def open_store(home: Path, before: float) -> Store:
    """The database of an instance, migrated, without the texts whose time is over."""
    database = Database(home / "hub" / "hub.db")
    database.prune(before)
    return database


def parts(home: Path, environ: dict[str, str]) -> Parts:
    """The adapters of an ordinary machine."""
    person = person_config(home, environ)
    host = LocalHost(home)
    return Parts(
        host=HostFolder(home).host_id(),
        store=open_store(home, _before(person())),
        clock=SystemClock(),
        runs=host,
        workspaces=host,
        bases=host,
        disk=host,
        repository=GitRepository(home),
        checkout=GitCheckout(home, _before(person())),
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
        limits=lambda: _limits(home, person()),
        before=lambda: _before(person()),
        machine=lambda: _machine(home),
        agents_found=lambda: _agents_found(person(), environ),
        checks_at_once=max(1, (os.cpu_count() or 2) // 2),
        keep_spools=environ.get("ROPEWALK_KEEP_SPOOLS") == "1",
        idle_s=float(environ.get("ROPEWALK_IDLE_S", "600")),
    )


async def _leave(host: LocalHost) -> None:
    """End the host daemon with the hub; runs go on, and the next hub starts it anew."""
    with suppress(RopewalkError):
        await host.leave()


def _own_config(text: str) -> Config:
    """The person's configuration alone; the defaults where it cannot be read (each new task says why)."""
    try:
        return merge(parse(text, name="your configuration"), parse("", name=""))
    except Refused:
        return Config()


def _before(text: str) -> float:
    """What is older than this is not kept any more."""
    return time.time() - _own_config(text).keep_days * 86_400.0


def _limits(home: Path, text: str) -> Room:
    """How many attempts, what memory shall stay free, and how much disk there is beyond what shall."""
    config = _own_config(text)
    disk = shutil.disk_usage(home)
    keep = config.disk_keep_mb or min(DISK_KEEP_MB, disk.total // MB // 20)
    return Room(
        attempts=config.attempts or ATTEMPTS_AT_ONCE,
        free_mb=config.memory_keep_mb,
        disk_mb=disk.free // MB - keep,
        budget_mb=config.disk_mb,
    )


def _machine(home: Path) -> list[Line]:
    kind = probe()
    survives: dict[str, tuple[State, str, str]] = {
        "pid-namespace": (
            "ok",
            "each run has a pid namespace: nothing of it survives its end or a crash.",
            "",
        ),
        "cgroup": (
            "ok",
            "each run has a cgroup: what is left of it is killed when its host notices.",
            "",
        ),
    }
    state, text, hint = survives.get(
        kind,
        (
            "problem",
            "runs are plain process groups: a process that left its group can survive its run.",
            "Allow user namespaces, or delegate a cgroup v2, to end whole trees.",
        ),
    )
    git = shutil.which("git")
    found = (
        ("git", "ok", f"{git}", "")
        if git
        else ("git", "problem", "git is missing.", "Install git 2.38 or newer.")
    )
    return [("containment", state, text, hint), *_engines(home), found]


def _engines(home: Path) -> list[Line]:
    """The engine for new workspaces, the others, and how root could make a better one possible."""
    wanted, rungs = os.environ.get("ROPEWALK_ENGINE", ""), engines(home)
    names = [one.name for one in rungs if one.offered and wanted in ("", one.name)]
    if not names:
        return [
            ("workspaces", "problem", f"{wanted} is not offered here.", "Unset ROPEWALK_ENGINE.")
        ]
    others = ", ".join(f"{one.name} {'yes' if one.offered else 'no'}" for one in rungs)
    refused = [one for one in rungs if one.remedy and not one.offered]
    return [
        ("workspaces", "ok", f"{names[0]}: {WAYS[names[0]]} Here: {others}.", ""),
        *((one.name, "note", f"not offered: {one.why}", one.remedy) for one in refused),
    ]


def _agents_found(text: str, environ: dict[str, str]) -> list[str]:
    here = Here(config=_own_config(text), path=environ.get("PATH", ""), directory=str(Path.home()))
    return [one.name for one in survey(here) if one.agent and not one.agent.scripted]


# --- processes -----------------------------------------------------------------------------------


def run_hub(home: Path) -> int:
    """Be the hub of a home directory until nothing needs it. 3: there is one already."""
    folder = home / "hub"
    for one in (home, folder):
        one.mkdir(mode=0o700, parents=True, exist_ok=True)
    _many_files()
    give_back()
    lock = os.open(folder / "hub.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _taken(lock):
        return 3
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    identity = Identity(version=__version__, pid=os.getpid(), home=str(home), started=time.time())
    try:
        asyncio.run(_hub(home, identity))
    except RopewalkError as error:
        print(f"{error.message}\n{error.hint}", file=sys.stderr)
        return 1
    finally:
        with suppress(Refused):
            fitting(folder / "hub.sock").unlink(missing_ok=True)
        (folder / "address").unlink(missing_ok=True)
    return 0


def _taken(lock: int) -> bool:
    """Take the lock; somebody may only be looking whether it is free, so more than one try."""
    for pause in (0.02, 0.05, 0.1, 0.0):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause)
        else:
            return True
    return False


def _many_files() -> None:
    """Room for thousands of open files, as far as it is granted: each follower and each run is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _hub(home: Path, identity: Identity) -> None:
    hub = Hub(parts(home, dict(os.environ)), identity)
    listener = listen(address(home))
    await hub.run(lambda: serve(app(hub), listener))


def address(home: Path) -> Path:
    """Where the hub listens: HOME/hub/hub.sock, or a short private path named in HOME/hub/address."""
    plain = home / "hub" / "hub.sock"
    path = fitting(plain)
    if path != plain:
        (home / "hub" / "address").write_text(str(path), encoding="utf-8")
    return path


def run_host(home: Path) -> int:
    """Be the host daemon of a home directory."""
    _many_files()
    give_back()
    keepers = Keepers(HostFolder(home).runs)
    wanted = os.environ.get("ROPEWALK_ENGINE", "")
    made = workspaces(home, wanted=wanted, entering=keepers.entering)
    serve_host(home, made, plan=made.plan, keepers=keepers, begin=made.mend)
    return 0


def main(arguments: Sequence[str]) -> int:
    """`hub HOME` or `host HOME`."""
    roles = {"hub": run_hub, "host": run_host}
    if len(arguments) != 2 or arguments[0] not in roles:
        print("usage: python -m ropewalk.wiring hub|host HOME", file=sys.stderr)
        return 2
    return roles[arguments[0]](Path(arguments[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

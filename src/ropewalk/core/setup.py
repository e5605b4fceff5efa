"""What makes a workspace ready: a record, its digest, and the variables of what runs in the workspace."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ropewalk.core.globs import among
from ropewalk.core.peers.variables import peer_variables
from ropewalk.core.placeholders import Filling, fill, is_own
from ropewalk.core.setuptable import LIMIT_S, PORTS, TEARDOWN_S, Command, Peer

VERSION = 1
"""Raise it when the same record leads to something else: every base is then set up anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is to be done, and what it came from.

    `commands` are argv lists, in order; the first `shared` of them know nothing of a single workspace and
    may run once for a base, the others run in every workspace. Commands, `run`, `teardown` and the values
    of `environment` may hold placeholders. `inputs` are globs of the files that decide what the commands
    do, `bring` lines as in a .gitignore, `peer` the tool whose variables the commands see as well.
    `limit_s` is for all commands together, `teardown_limit_s` for each of the teardown.
    `run` empty: there is nothing to serve.

    `source` says where the commands come from and `notes` what else was found, each for a person. `files`
    are the files of the base commit whose commands or variables are taken over, `locks` those that led to
    commands of ours, which run what the project depends on: both need trust.
    `brought_by` is the file that `bring` is from, if it counts by itself; `brought` the digest of the ignored
    files that were copied for the task (empty: none).
    """

    commands: tuple[Command, ...] = ()
    shared: int = 0
    environment: dict[str, str] = field(default_factory=dict[str, str])
    inputs: tuple[str, ...] = ()
    bring: tuple[str, ...] = ()
    run: Command = ()
    teardown: tuple[Command, ...] = ()
    ports: int = PORTS
    limit_s: float = LIMIT_S
    teardown_limit_s: float = TEARDOWN_S
    peer: Peer = ""
    brought: str = ""
    source: str = field(default="", compare=False)
    files: tuple[str, ...] = field(default=(), compare=False)
    locks: tuple[str, ...] = field(default=(), compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    brought_by: str = field(default="", compare=False)

    @property
    def found_in(self) -> str:
        """The files that were taken over, in words; else where the commands come from."""
        return ", ".join(self.files) or self.source

    @property
    def once(self) -> tuple[Command, ...]:
        """The commands that may run once for a base."""
        return self.commands[: self.shared]

    @property
    def each(self) -> tuple[Command, ...]:
        """The commands that run in every workspace, after the others."""
        return self.commands[self.shared :]


def setup_hash(setup: Setup, digests: Mapping[str, str]) -> str:
    """The digest of what a base's set-up does: 64 hexadecimal digits, stable over time and machines.

    `digests` holds a digest of the content (such as a blob id) of each file that
    `input_files` names. What runs in every workspace does not count.
    """
    shared = {name: one for name, one in setup.environment.items() if not is_own(one)}
    facts = {
        "version": VERSION,
        "commands": setup.once,
        "environment": shared,
        "peer": setup.peer,
        "inputs": dict(digests),
        **({"brought": setup.brought} if setup.brought else {}),
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def input_files(setup: Setup, names: Iterable[str]) -> list[str]:
    """Those of a commit's files that decide what the set-up does, sorted."""
    return sorted(among(names, setup.inputs))


def variables(setup: Setup, filling: Filling, *, root: str, name: str) -> dict[str, str]:
    """The set-up's variables for whatever runs in a workspace; those of the peer under those named.

    Without a port (a base is set up) there is none that tells one workspace from another. `root` is the
    person's checkout, `name` what the workspace is called.
    """
    peers = peer_variables(
        setup.peer, port=filling.port or None, path=filling.path, root=root, name=name
    )
    own = {
        key: fill(value, filling)
        for key, value in setup.environment.items()
        if filling.port or not is_own(value)
    }
    return {**peers, **own}


def inside(environment: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """A task's environment with the variables of a workspace; its virtual environment is active."""
    made = {**environment, **own}
    if "VIRTUAL_ENV" in own:
        made["PATH"] = f"{own['VIRTUAL_ENV']}/bin:{environment.get('PATH', '/usr/bin:/bin')}"
    return made


def filled(command: Command, filling: Filling) -> Command:
    """The command for one workspace."""
    return tuple(fill(one, filling) for one in command)

"""The gateway of a host: doors that lead out of sandboxes, keys, allowances, and what went through."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ropewalk.core.allowance import Allowance, Report

ProviderKind = Literal["anthropic", "openai", "gemini", "bedrock", "vertex", "azure", "compatible"]
Preset = Literal["none", "registries", "listed", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRules:
    """What a door lets through.

    `none`: nothing but `private`. `registries`: the package registries of `ecosystems`, and `allowed`. `listed`:
    `allowed`. `open`: every public server. A pattern is `host`, `*.domain` or either with `:port`; without one it
    means the ports 80 and 443. `refused` wins over all of it. `private` are `host:port` of servers with an address
    that is not public; it is the person's own word, never the project's. `providers` are the model providers that
    may be used.
    """

    preset: Preset = "none"
    ecosystems: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The one way out of the sandbox of an attempt's epoch; with another runner it takes the place of the one before.

    `attempt` is the key. A run beside the agent's (a set-up, a check) has a door of its own, under its own id.

    `token_digest` is the SHA-256, in hexadecimal, of the token that model requests must carry; empty: there are
    none. `runner` is the path of the socket of the run whose runner keeps the listening socket. `metered`: its
    model requests need an allowance.
    """

    person: str
    task: str
    attempt: str
    epoch: int
    rules: NetworkRules = NetworkRules()
    token_digest: str = ""
    runner: str = ""
    metered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySource:
    """Where a key is: exactly one of a value, the (service, user) of the system's keyring, or a command.

    What a command prints is used for `lives_s` seconds (a short-lived token), then it is run again.
    """

    value: str = field(default="", repr=False)
    keyring: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    lives_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A server of models, as the person's configuration has it.

    `kind` tells what may be asked and how it is read, and the address and the header of the key where those are
    not given. `headers` go with every request; `{key}` in them stands for the key. `base_url` may lead to a
    private address. A server that says nothing for `stall_s` seconds is noted as stalled.
    """

    name: str
    kind: ProviderKind
    person: str = ""
    base_url: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    key: KeySource | None = None
    stall_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the gateway's journal. `seq` grows by one; `at` is in seconds since the epoch."""

    seq: int
    at: float
    kind: str
    person: str = ""
    task: str = ""
    attempt: str = ""
    epoch: int = 0
    body: dict[str, Any] = field(default_factory=dict[str, Any])


class Doors(Protocol):
    """Opens and closes the ways out."""

    async def open(self, door: Door, *, listener: int = -1) -> int:
        """Open a door, or answer with the one that is open: the port that it listens on.

        `listener` is a descriptor of a listening socket; without one it is fetched from the runner.
        Refused: a later epoch of this attempt has a door.
        """
        ...

    async def rules(self, attempt: str, epoch: int, rules: NetworkRules) -> None:
        """Replace a door's rules; they hold from the next connection on. NotFound."""
        ...

    async def close(self, attempt: str, epoch: int) -> None:
        """Close a door and end what goes through it. One that is not open is closed."""
        ...

    async def doors(self) -> Sequence[Door]:
        """Those that are open."""
        ...


class Keys(Protocol):
    """Gives the gateway what never enters a sandbox. It is kept in memory only."""

    async def provide(self, provider: Provider) -> None:
        """Make a provider known, or replace the one of its name and person. Refused: it is malformed."""
        ...

    async def withdraw(self, name: str, *, person: str = "") -> None:
        """Forget a provider and its key at once."""
        ...


class Allowances(Protocol):
    """What attempts may use of models; see core/allowance.py."""

    async def grant(self, word: Allowance, *, ceiling: int | None = None) -> Report | None:
        """Tell what an epoch may spend in all. An older word changes nothing.

        `ceiling` is what a request of unknown price counts as, in micro-dollars; None: it is refused.
        """
        ...

    async def spent(self, attempt: str, epoch: int) -> Report | None:
        """What it has spent in all; None: nothing was ever granted."""
        ...

    async def prices(self, text: str) -> None:
        """The person's own prices (core/prices.py), which go before the known ones. Refused: malformed."""
        ...


class Journal(Protocol):
    """What went through, in the order of `seq`."""

    async def read(self, after: int, *, wait_s: float = 0.0) -> Sequence[Entry]:
        """Durable entries above `after`; waits so long for one. An entry that was trimmed does not come back."""
        ...

    async def trim(self, upto: int) -> None:
        """Entries up to this one need not be kept."""
        ...

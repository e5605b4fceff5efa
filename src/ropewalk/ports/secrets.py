"""Secrets that a person keeps for agents, under the names of the variables in which agents look for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What is known of a secret, without its value. `command` prints it whenever it is needed; empty: it is kept.

    `place` says in words where it is kept; `since` is when it was set, in seconds since the epoch.
    """

    name: str
    command: tuple[str, ...] = ()
    place: str
    since: float


class Secrets(Protocol):
    """Keeps secrets. Synchronous; `value`, `keep` and `forget` may wait for a keyring or a program."""

    def all(self) -> list[Secret]:
        """What there is, by name."""
        ...

    def value(self, name: str) -> str:
        """A secret itself. NotFound: there is none. Outside: its keyring is locked, its command fails."""
        ...

    def keep(self, name: str, value: str) -> Secret:
        """Keep a value; what was there under the name is replaced. Outside: it cannot be kept."""
        ...

    def ask(self, name: str, command: Sequence[str]) -> Secret:
        """Keep a command that prints the value (a short-lived token, another program's secret)."""
        ...

    def forget(self, name: str) -> None:
        """Let go of it. NotFound: there is none."""
        ...
